"""A private PostgreSQL for the time of a benchmark or a test run: its own folder, its own port on loopback, ended with it."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


class NoPostgres(RuntimeError):
    """PostgreSQL's server programs are not on this machine."""


@contextlib.contextmanager
def private_cluster(*, database: str = "sooner") -> Iterator[str]:
    """The URL of a fresh database of a private cluster. As root, the server runs as the user `postgres`."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="sooner-pg-"))
    owner = _server_user(folder)
    port = _free_port()
    _call(
        owner,
        [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "sooner",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ],
    )
    options = ["-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
    server = subprocess.Popen(
        [str(programs / "postgres"), "-D", str(folder / "data"), *options, "-c", "shared_buffers=256MB"],
        user=owner, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    try:
        _wait(programs, port, server)
        _call(owner, [programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "sooner", database])
        yield f"postgresql://sooner@127.0.0.1:{port}/{database}"
    finally:
        server.terminate()
        server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    raise NoPostgres(
        "PostgreSQL is not installed: run 'make system' as root, or install the package postgresql."
    )


def _server_user(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return "postgres"


def _call(owner: str | None, command: list[object]) -> None:
    subprocess.run(
        [str(part) for part in command], user=owner, check=True, stdout=subprocess.DEVNULL, cwd="/"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(programs: Path, port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise NoPostgres("the private PostgreSQL ended at once; look whether its folder can be written")
        ready = subprocess.run(
            [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False
        )
        if ready.returncode == 0:
            return
        time.sleep(0.1)
    raise NoPostgres("the private PostgreSQL did not answer in 30 seconds")
