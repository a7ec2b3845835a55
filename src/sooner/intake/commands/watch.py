"""The watched folder: each new file is received, then moved to `received` below it, with its receipt number in front."""

import os
import time
from pathlib import Path

from sooner.intake.commands.receive import receive_path
from sooner.ledger.work import Actor

WATCHER = Actor("system", None, "Watched folder")
QUIET_SECONDS = 2.0
DONE = "received"


def receive_from_folder(folder: Path) -> int:
    """Receive the files that have stopped growing. A crash between receipt and move only receives one again."""
    done = folder / DONE
    done.mkdir(exist_ok=True)
    count = 0
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file() or not _is_quiet(path):
            continue
        receipts = list(receive_path(WATCHER, path=path, via="folder"))
        number = receipts[0].document if receipts else 0
        os.replace(path, done / f"{number:08d}-{path.name}")
        count += 1
    return count


def _is_quiet(path: Path) -> bool:
    return time.time() - path.stat().st_mtime >= QUIET_SECONDS
