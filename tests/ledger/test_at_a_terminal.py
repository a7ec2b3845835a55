"""Verification as an inspector runs it at a terminal, after somebody has changed the database's own file."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.once


def sooner(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOONER_")}
    return subprocess.run(
        [sys.executable, "-m", "sooner.cli.main", *arguments],
        env={**kept, "SOONER_HOME": str(home), "COLUMNS": "300"},
        capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def change(home: Path, statement: str) -> None:
    """Change the file as an intruder with a copy of the schema does: triggers away, the change, triggers back."""
    database = next(path for path in home.iterdir() if path.is_file() and path.read_bytes()[:6] == b"SQLite")
    with closing(sqlite3.connect(database)) as connection, connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount == 1
        for _, sql in triggers:
            connection.execute(sql)


def test_a_change_beneath_the_program_is_named_and_the_partner_s_checkpoint_tells_of_a_cut_end(
    tmp_path: Path,
) -> None:
    home, kept = tmp_path / "home", tmp_path / "checkpoint"
    home.mkdir()
    assert sooner(home, "migrate").returncode == 0
    (tmp_path / "letter.txt").write_text("Dear colleague.")
    assert sooner(home, "receive", str(tmp_path / "letter.txt")).returncode == 0
    assert "sealed" in sooner(home, "ledger", "seal").stdout
    kept.write_text(sooner(home, "ledger", "checkpoint").stdout)
    whole = sooner(home, "ledger", "verify", "--checkpoint", str(kept))
    assert whole.returncode == 0, whole.stderr

    change(home, "UPDATE ledger_entry SET actor_label = actor_label || '!' WHERE leaf_index = 0")
    found = sooner(home, "ledger", "verify")
    assert found.returncode == 2
    assert "Entry 0 (document.received) was changed after it was sealed" in found.stderr
    assert "does NOT hold" in found.stdout
    change(home, "UPDATE ledger_entry SET actor_label = rtrim(actor_label, '!') WHERE leaf_index = 0")
    assert sooner(home, "ledger", "verify").returncode == 0, "what was put back holds again"

    size = int(kept.read_text().splitlines()[1])
    change(home, f"DELETE FROM ledger_entry WHERE leaf_index = {size - 1}")  # noqa: S608  # a number of our own
    cut = sooner(home, "ledger", "verify", "--checkpoint", str(kept))
    assert cut.returncode == 2
    assert "entries were removed" in cut.stderr
