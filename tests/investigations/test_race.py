"""Two processes that meet a new suspect at the same moment open one investigation between them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from sooner.intake.commands.resolve import resolve_people
from sooner.investigations.commands.open import open_for
from sooner.investigations.models import Investigation, JoinedReferral
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, unit_of_work
from tests.factories.investigations import a_referral, a_suspect

NAMES = ("Ada", "Bea", "Cleo", "Dot", "Eve", "Fay", "Gus", "Hal")


@pytest.mark.django_db(transaction=True)
def test_two_processes_open_one_investigation_per_new_suspect() -> None:
    suspects = [a_suspect(f"{name} Invented") for name in NAMES]
    batches = [[a_referral(suspect).pk for suspect in suspects] for _ in range(2)]
    with unit_of_work(SYSTEM) as work:
        resolve_people(work, [pk for batch in batches for pk in batch])
    _at_once(batches)
    assert Investigation.objects.count() == len(NAMES)
    assert JoinedReferral.objects.count() == 2 * len(NAMES)
    assert Entry.objects.filter(event="investigation.opened").count() == len(NAMES)
    assert Entry.objects.filter(event="investigation.joined").count() == len(NAMES)


def _at_once(batches: Sequence[Sequence[int]]) -> None:
    """Side by side where the database allows two writers; SQLite lets one write at a time by itself."""
    if connection.vendor == "sqlite":
        for batch in batches:
            _open(batch)
        return
    together = Barrier(len(batches))
    with ThreadPoolExecutor(len(batches)) as pool:
        list(pool.map(lambda batch: _open_in_thread(batch, together), batches))


def _open_in_thread(batch: Sequence[int], together: Barrier) -> None:
    try:
        together.wait(timeout=10)
        _open(batch)
    finally:
        connections.close_all()


def _open(batch: Sequence[int]) -> None:
    with unit_of_work(SYSTEM) as work:
        open_for(work, batch)
