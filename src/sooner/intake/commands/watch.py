"""The watched folder: each new file is received, then moved to `received` below it, with its receipt number in front."""

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from sooner.intake.commands.receive import Receipt, receive_path, refuse
from sooner.ledger.work import Actor

_log = logging.getLogger(__name__)
WATCHER = Actor("system", None, "Watched folder")
QUIET_SECONDS = 2.0
DONE = "received"


def receive_from_folder(folder: Path) -> int:
    """Receive the files that have stopped growing. A crash between receipt and move only receives one again."""
    done = folder / DONE
    done.mkdir(exist_ok=True)
    count = 0
    for path in _waiting(folder, done):
        try:
            if not path.is_symlink() and not _is_quiet(path):
                continue
            receipts = list(_received(path, folder))
            number = receipts[0].document if receipts else 0
            os.replace(path, done / f"{number:08d}-{'-'.join(path.relative_to(folder).parts)}")
        except (
            OSError
        ) as error:  # one file that is gone or cannot be read or moved does not hold up the others
            _log.warning(
                "The watched folder: %s was not received: %s. Check who may read and move it.",
                path,
                error.strerror,
            )
            continue
        count += 1
    return count


def _waiting(folder: Path, done: Path) -> list[Path]:
    """The files of the folder and of those in it, links as themselves; what was received and hidden files are left out."""
    found = []
    for where, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [one for one in folders if not one.startswith(".") and Path(where, one) != done]
        found += [Path(where, one) for one in files if not one.startswith(".")]
        found += [Path(where, one) for one in folders if Path(where, one).is_symlink()]
    return sorted(found)


def _received(path: Path, folder: Path) -> Iterator[Receipt]:
    """A link is not followed: it would bring in what lies elsewhere. It goes before a person."""
    name = str(path.relative_to(folder))
    if path.is_symlink():
        return refuse(
            WATCHER, name=name, reason="It is a link to another place, which is not followed.", via="folder"
        )
    if not path.is_file():
        return refuse(WATCHER, name=name, reason="It is not an ordinary file.", via="folder")
    return receive_path(WATCHER, path=path, via="folder")


def _is_quiet(path: Path) -> bool:
    return time.time() - path.stat().st_mtime >= QUIET_SECONDS
