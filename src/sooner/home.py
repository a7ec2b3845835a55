"""Where an installation keeps its files, its secrets and its database. Never logs a secret."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def home() -> Path:
    """The installation's folder: `SOONER_HOME`, else `var` below the current folder."""
    folder = Path(os.environ.get("SOONER_HOME", "var")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret(path: Path) -> str:
    """The secret kept in `path`, made on first use and readable by the owner only."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(draft, path)  # atomic: of several processes that start together, one wins
        except FileExistsError:
            return path.read_text(encoding="ascii")
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")


def database_from_url(url: str, *, home: Path) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name`, or SQLite in `home` when empty."""
    if not url:
        return sqlite_settings(home / "sooner.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite_settings(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SystemExit(
            f"SOONER_DATABASE_URL: the scheme {parts.scheme!r} is not known;"
            " write postgresql://user@host/name or sqlite:///path."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or dict(parse_qsl(parts.query)).get("host", "")),
        "PORT": str(parts.port or dict(parse_qsl(parts.query)).get("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


def sqlite_settings(path: Path) -> dict[str, Any]:
    """SQLite that loses nothing it acknowledged: WAL with a full sync, one writer at a time."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                " PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;"
            ),
        },
        "TEST": {"NAME": None},
    }


DEMONSTRATION = "demonstration"


def is_demonstration(folder: Path) -> bool:
    """True when SOONER_DEMO is set to anything but 0, or the home was made by `sooner demo`."""
    said = os.environ.get("SOONER_DEMO")
    return said not in {"", "0"} if said is not None else (folder / DEMONSTRATION).exists()
