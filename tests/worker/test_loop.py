"""The worker: does what is due, goes on when one kind of work fails, stops when told."""

import threading

import pytest

from sooner.worker.loop import Chore, Worker


@pytest.mark.django_db
def test_one_failing_chore_never_stops_the_others() -> None:
    done: list[str] = []

    def fails() -> int:
        raise RuntimeError("a fault")

    def works() -> int:
        done.append("worked")
        return 0

    chores = [Chore("fails", 0, fails), Chore("works", 0, works)]
    worker = Worker(chores)
    worker.round()
    worker.round()
    assert done == ["worked", "worked"]
    assert chores[0].failures == 1, "a failing chore waits before it is tried again"


@pytest.mark.django_db(transaction=True)
def test_the_worker_stops_when_told() -> None:
    rounds: list[int] = []
    worker = Worker([Chore("counts", 0, lambda: rounds.append(1) or 0)], idle_seconds=0.01)
    thread = threading.Thread(target=worker.run)
    thread.start()
    worker.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()
