"""The one command, as a user at a terminal sees it: in a home of its own, on SQLite, errors in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.intake import a_document

pytestmark = pytest.mark.once
PACKAGED = Path(__file__).resolve().parents[2] / "src/sooner/policy/data"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    assert sooner(folder, "migrate").returncode == 0
    return folder


def sooner(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOONER_")}
    return subprocess.run(
        [sys.executable, "-m", "sooner.cli.main", *arguments],
        env={**kept, "SOONER_HOME": str(home), **environment},
        capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_help_names_every_command(home: Path) -> None:
    said = sooner(home, "--help").stdout
    for command in (
        "receive",
        "serve",
        "worker",
        "demo",
        "ledger",
        "policy",
        "load",
        "migrate",
        "user",
        "token",
    ):
        assert command in said


def test_receiving_a_folder_says_what_became_of_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(a_document())
    (tmp_path / "b.txt").write_text("Dear colleague.")
    done = sooner(home, "receive", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Received 2 new" in done.stdout
    again = sooner(home, "receive", str(tmp_path))
    assert "2 known before" in again.stdout
    assert "b.txt" in done.stderr
    assert "1 must be looked at by a person" in done.stdout


def test_the_ledger_seals_and_verifies_and_a_partner_s_checkpoint_agrees(home: Path, tmp_path: Path) -> None:
    (tmp_path / "referral.csv").write_bytes(a_document())
    assert sooner(home, "receive", str(tmp_path / "referral.csv")).returncode == 0
    assert sooner(home, "ledger", "seal").returncode == 0
    kept, key = tmp_path / "checkpoint", tmp_path / "key.pem"
    kept.write_text(sooner(home, "ledger", "checkpoint").stdout)
    key.write_text(sooner(home, "ledger", "key").stdout)
    done = sooner(home, "ledger", "verify", "--checkpoint", str(kept), "--key", str(key))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The history holds" in done.stdout
    kept.write_text(kept.read_text().replace("\n1", "\n2", 1) + "x")
    assert sooner(home, "ledger", "verify", "--checkpoint", str(kept)).returncode == 2


def test_a_broken_policy_is_told_with_file_row_and_field(home: Path, tmp_path: Path) -> None:
    shutil.copy(PACKAGED / "duties.toml", tmp_path / "duties.toml")
    text = (tmp_path / "duties.toml").read_text()
    (tmp_path / "duties.toml").write_text(text.replace("harm = 1", 'harm = "very"', 1))
    done = sooner(home, "policy", "check", str(tmp_path))
    assert done.returncode == 1
    assert "duties.toml, row" in done.stderr
    assert "harm" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["receive", "no-such-file.xml"], {}),
        (["load", "extract", "no-such-mapping", __file__], {}),
        (["token", "nobody", "--label", "x"], {}),
        (["user", "ann", "--name", "Ann", "--role", "no-such-role"], {}),
        (["policy", "check"], {"SOONER_POLICY_DIR": "/no/such/folder"}),
        (["worker", "--once", "--watch", "/no/such/folder"], {}),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    home: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    done = sooner(home, *arguments, **environment)
    assert done.returncode != 0
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named", "command"),
    [
        (["nonsense"], "No such command 'nonsense'", "sooner"),
        (["receive"], "Missing argument 'files'", "sooner receive"),
        (["receive", "--wrong", "x"], "No such option: --wrong", "sooner receive"),
        (["serve", "--port", "abc"], "Invalid value for '--port'", "sooner serve"),
        (["worker", "--watch"], "'--watch' requires an argument", "sooner worker"),
        (["token", "ann"], "Missing option '--label'", "sooner token"),
        (["ledger"], "Missing command", "sooner ledger"),
        (["ledger", "verifi"], "Did you mean 'verify'?", "sooner ledger"),
        (["ledger", "verify", "--key"], "'--key' requires an argument", "sooner ledger verify"),
    ],
)
def test_what_is_typed_wrongly_is_said_in_one_line_that_names_it_and_says_where_to_look(
    home: Path, arguments: list[str], named: str, command: str
) -> None:
    done = sooner(home, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("sooner: ")
    assert named in line
    assert line.endswith(f"See '{command} --help'.")


def test_a_name_that_looks_like_markup_is_said_as_it_stands(home: Path) -> None:
    done = sooner(home, "receive", "[/red].xml")
    assert done.returncode == 1
    assert "[/red].xml does not exist" in done.stderr


def test_a_home_that_was_not_migrated_says_what_to_run(tmp_path: Path) -> None:
    done = sooner(tmp_path, "worker", "--once")
    assert done.returncode == 1
    assert "sooner migrate" in done.stderr


def test_the_tables_are_as_the_models_say(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
        env={**os.environ, "SOONER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "sooner.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
