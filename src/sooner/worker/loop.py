"""The worker: finishes what a crash left, delivers, watches the clocks, seals the ledger, looks into the watched folder.

Several may run at once. Each round's work is safe to run twice; an error in one kind of work never stops the others.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import close_old_connections

log = logging.getLogger("sooner.worker")


@dataclass(slots=True)
class Chore:
    """One kind of work: what runs, how often at most (seconds), and how much it did last time."""

    name: str
    every: float
    run: Callable[[], int]
    due: float = 0.0
    failures: int = 0


class Worker:
    """Runs chores until told to stop; `stop` is safe from a signal handler or another thread."""

    def __init__(self, chores: Sequence[Chore], *, idle_seconds: float = 0.5) -> None:
        self.chores = chores
        self.idle_seconds = idle_seconds
        self._stopping = threading.Event()
        self._parent = os.getppid()

    def stop(self) -> None:
        self._stopping.set()

    def run(self, *, with_parent: bool = False) -> None:
        """Work until stopped; `with_parent` also ends when the process that started this one is gone."""
        while not self._stopping.is_set():
            if with_parent and os.getppid() != self._parent:
                return
            if not self.round():
                self._stopping.wait(self.idle_seconds)

    def round(self) -> int:
        """Every chore that is due, once. Returns how much was done."""
        return sum(self._do(chore) for chore in self.chores if time.monotonic() >= chore.due)

    def _do(self, chore: Chore) -> int:
        close_old_connections()
        try:
            done = chore.run()
        except Exception:
            chore.failures += 1
            log.exception("%s failed; it is tried again", chore.name)
            chore.due = time.monotonic() + min(60.0, 2.0**chore.failures)
            return 0
        chore.failures = 0
        chore.due = time.monotonic() + (0.0 if done else chore.every)
        return done


def stop_on_signals(worker: Worker) -> None:
    """Ctrl-C and a polite kill end the worker after the transaction at hand."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
