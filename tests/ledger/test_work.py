"""The unit of work: a change and its entry stand or fall together (invariant 4)."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sooner.access.models import RestrictedThread
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, Actor, Subject, UnknownEvent, record_view, unit_of_work
from tests.factories.duties import happens

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_did_what_to_which_record_when(noon: datetime) -> None:
    actor = Actor("partner", None, "Camden Council")
    with unit_of_work(actor) as work:
        work.record(
            "child.confirmed",
            subject=Subject("child", 5),
            thread="referral:2",
            reason="Seen at home",
            none=None,
        )
    entry = Entry.objects.get()
    assert (entry.at, entry.event, entry.subject_kind, entry.subject_id) == (
        noon,
        "child.confirmed",
        "child",
        5,
    )
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == ("partner", None, "Camden Council")
    assert entry.facts == {"reason": "Seen at home"}


def test_an_event_that_nobody_declared_is_refused_and_so_is_one_about_another_kind() -> None:
    for event, kind in (("child.vanished", "child"), ("child.confirmed", "referral")):
        with pytest.raises(UnknownEvent), unit_of_work(SYSTEM) as work:
            work.record(event, subject=Subject(kind, 1), thread="force")
    assert not Entry.objects.exists()


def test_a_view_is_on_the_record() -> None:
    record_view(SYSTEM, subject=Subject("person", 4), thread="referral:1", page="person")
    entry = Entry.objects.get(event="record.viewed")
    assert (entry.subject_kind, entry.subject_id, entry.facts) == ("person", 4, {"page": "person"})


def test_facts_are_written_in_one_way_whatever_order_they_are_said_in() -> None:
    one, other = happens("child.confirmed", 1, b=2, a=1), happens("child.confirmed", 1, a=1, b=2)
    bodies = set(Entry.objects.filter(pk__in=[one.entry_id, other.entry_id]).values_list("body", flat=True))
    assert bodies == {'{"effects":[],"facts":{"a":1,"b":2}}'}


def test_the_clock_is_kept_in_utc() -> None:
    with clock.standing_at(datetime(2026, 7, 1, 13, tzinfo=timezone(timedelta(hours=1)))):
        assert clock.now() == datetime(2026, 7, 1, 12, tzinfo=UTC)
        assert clock.now().tzinfo == UTC


class _BrokenOffError(Exception):
    pass


# Each step: (how deep it stands in other units, whether its unit breaks off).
STEPS = st.recursive(
    st.booleans(), lambda inner: st.tuples(st.booleans(), st.lists(inner, max_size=3)), max_leaves=8
)


class EverythingIsOnTheRecord(TestCase):
    """Invariant 4: after any nesting of units that hold or break off, each change that stands has its entry and no other."""

    @settings(max_examples=80, deadline=None)
    @given(st.lists(STEPS, max_size=4))
    def test_changes_and_entries_stand_or_fall_together(self, script: list[object]) -> None:
        RestrictedThread.objects.all().delete()
        before = set(Entry.objects.values_list("pk", flat=True))
        self.number = 0
        for step in script:
            try:
                self._run(step)
            except _BrokenOffError:
                continue
        changed = set(RestrictedThread.objects.values_list("thread", flat=True))
        told = list(Entry.objects.exclude(pk__in=before).values_list("thread", flat=True))
        assert sorted(changed) == sorted(told)

    def _run(self, step: object) -> None:
        breaks, inner = step if isinstance(step, tuple) else (step, [])
        with unit_of_work(SYSTEM) as work:
            self.number += 1
            thread = f"referral:{self.number}"
            RestrictedThread.objects.create(thread=thread, since=clock.now())
            work.record("referral.restricted", subject=Subject("referral", self.number), thread=thread)
            for one in inner:
                try:
                    self._run(one)
                except _BrokenOffError:
                    continue
            if breaks:
                raise _BrokenOffError


def test_a_body_is_json_that_any_program_reads() -> None:
    happens("child.confirmed", 1, reason='Über "quotes"\nand lines')
    assert json.loads(Entry.objects.get().body)["facts"]["reason"] == 'Über "quotes"\nand lines'
