"""Two processes at the same moment: a clock is found late once, and none is lost between an end and a new beginning."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from time import sleep

import pytest
from django.db import connection, connections

from sooner.duties.commands import tick
from sooner.duties.models import Duty
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, Subject, unit_of_work
from tests.factories.duties import a_duty, happens

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_find_each_late_duty_once() -> None:
    for _ in range(60):
        a_duty()
    later = clock.now() + timedelta(days=3)

    def work() -> int:
        with clock.standing_at(later):
            return sum(tick(limit=7).became_late for _ in range(12))

    assert sum(at_once([work, work])) == 60
    assert Entry.objects.filter(event="duty.became-late").count() == 60
    assert Entry.objects.filter(event="duty.escalated").count() == 120
    assert not Duty.objects.filter(late_at=None).exists()


def test_of_two_that_open_the_same_duty_one_stands() -> None:
    def opens() -> int:
        try:
            happens("household.not-found", 5)
        except Exception:  # the database refuses the second, and the step is run again
            happens("household.not-found", 5)
        return 1

    assert sum(at_once([opens, opens])) == 2
    assert Duty.objects.filter(key="find-household", discharged_at=None).count() == 1
    assert Entry.objects.filter(event="household.not-found").count() == 2


def test_what_begins_anew_while_its_old_duty_is_being_ended_is_not_taken_for_open() -> None:
    happens("household.not-found", 5)
    ending = Event()

    def ends() -> int:
        with unit_of_work(SYSTEM) as work:
            work.record("household.found", subject=Subject("referral", 5), thread="referral:5")
            work.flush()
            ending.set()
            sleep(0.3)  # not committed yet: to others the old duty still looks open
        return 1

    def begins() -> int:
        ending.wait(timeout=10)
        happens("household.not-found", 5)
        return 1

    at_once([ends, begins])
    assert Duty.objects.filter(key="find-household").count() == 2
    assert Duty.objects.filter(key="find-household", discharged_at=None).count() == 1


def at_once(tasks: Sequence[Callable[[], int]]) -> list[int]:
    """Side by side where the database allows two writers; SQLite lets one write at a time by itself."""
    if connection.vendor == "sqlite":
        return [task() for task in tasks]
    together = Barrier(len(tasks))

    def one(task: Callable[[], int]) -> int:
        try:
            together.wait(timeout=10)
            return task()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(one, tasks))
