"""What opens a duty and what ends it: only the events that policy names, in the event's own transaction."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sooner.access.models import RestrictedThread
from sooner.duties import rules
from sooner.duties.models import Duty
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, Subject, unit_of_work
from sooner.policy.loader import get_policy
from tests.factories.access import a_user
from tests.factories.duties import a_duty, happens

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")


def open_keys(kind: str, pk: int) -> set[str]:
    rows = Duty.objects.filter(subject_kind=kind, subject_id=pk, discharged_at=None)
    return set(rows.values_list("key", flat=True))


def test_a_child_found_must_be_told_of_and_decided_on(noon: datetime) -> None:
    entry = happens("child.identified", 5, thread="referral:9", unit="CN", referral=9)
    told = Duty.objects.get(key="tell-social-care", subject_id=5)
    assert open_keys("child", 5) == {"tell-social-care", "confirm-child"}
    assert (told.due_at, told.first_due_at, told.opened_at) == (noon + timedelta(hours=1), told.due_at, noon)
    assert (told.unit, told.thread, told.opened_by) == ("CN", "referral:9", entry.entry_id)


def test_the_entry_says_what_it_opened_and_what_it_discharged(noon: datetime) -> None:
    happens("child.identified", 5)
    happens("child.ruled-out", 5)
    opened, ended = Entry.objects.order_by("pk")
    due = (noon + timedelta(hours=1)).isoformat()
    assert {"duty": "tell-social-care", "kind": "child", "id": 5, "due": due} in opened.effects
    assert {"duty": "tell-social-care", "kind": "child", "id": 5, "discharged": True} in ended.effects
    assert set(Duty.objects.values_list("discharged_by", flat=True)) == {ended.pk}


def test_one_event_about_several_children_ends_each_of_their_duties() -> None:
    for child in (1, 2, 3):
        happens("child.identified", child)
    happens("safeguarding-referral.sent", 70, child=[1, 2], authority="E09000007")
    assert "tell-social-care" not in open_keys("child", 1) | open_keys("child", 2)
    assert "tell-social-care" in open_keys("child", 3)


def test_the_same_event_twice_opens_one_duty_and_keeps_its_first_clock(noon: datetime) -> None:
    happens("child.identified", 5)
    with clock.standing_at(noon + timedelta(minutes=50)):
        happens("child.identified", 5)
    assert Duty.objects.get(key="tell-social-care", subject_id=5).due_at == noon + timedelta(hours=1)


def test_what_opens_and_ends_in_one_transaction_is_on_the_record_as_done() -> None:
    with unit_of_work(SYSTEM) as work:
        work.record("household.not-found", subject=Subject("referral", 8), thread="referral:8")
        work.record("household.found", subject=Subject("referral", 8), thread="referral:8")
    duty = Duty.objects.get(key="find-household")
    first, second = Entry.objects.order_by("pk")
    assert (duty.opened_by, duty.discharged_by, duty.next_tick_at) == (first.pk, second.pk, None)


def test_within_one_transaction_the_order_of_events_decides() -> None:
    with unit_of_work(SYSTEM) as work:
        for event in ("household.found", "household.not-found", "household.found", "household.not-found"):
            work.record(event, subject=Subject("referral", 8), thread="referral:8")
    assert open_keys("referral", 8) == {"find-household"}
    assert Duty.objects.filter(key="find-household").count() == 2


def test_what_ends_an_old_duty_and_opens_it_anew_in_one_transaction_starts_a_new_clock(
    noon: datetime,
) -> None:
    happens("household.not-found", 8)
    with clock.standing_at(noon + timedelta(hours=3)), unit_of_work(SYSTEM) as work:
        for event in ("household.found", "household.not-found"):
            work.record(event, subject=Subject("referral", 8), thread="referral:8")
    old, new = Duty.objects.order_by("pk")
    assert old.discharged_at == noon + timedelta(hours=3)
    assert (new.discharged_at, new.due_at) == (None, noon + timedelta(hours=27))


@pytest.mark.parametrize("key", sorted(get_policy().duties))
def test_every_row_of_policy_opens_by_its_event_and_ends_by_its_event(key: str) -> None:
    rule, soon = get_policy().duties[key], (clock.now() + timedelta(hours=5)).isoformat()
    user = a_user("investigator")
    said = {name: values[0] for name, values in {**rule.only_if, **rule.discharged_if}.items()}
    facts = {rule.subject: 6, rule.due.fact or "none": soon, "unit": "CN", "officer": user.pk, **said}
    times = {"not_later_than": soon, "expires_at": soon, "until": soon, "due_at": soon, "ends_at": soon}
    for opening in rule.opens_on:
        happens(opening, 6, **{**times, **facts})
        assert key in open_keys(rule.subject, 6), opening
        Duty.objects.all().delete()
    for ending in rule.discharged_by:
        happens(rule.opens_on[0], 6, **{**times, **facts})
        before = Duty.objects.get(key=key, subject_id=6)
        happens(ending, 6, **{**times, **facts})
        before.refresh_from_db()
        assert before.discharged_at is not None, ending
        Duty.objects.all().delete()


def test_a_condition_that_does_not_hold_opens_and_ends_nothing() -> None:
    happens("safeguarding-referral.decided", 3, child=5, section_47=False)
    assert "hold-strategy-discussion" not in open_keys("child", 5)
    happens("safeguarding-referral.decided", 3, child=5, section_47=True)
    assert "hold-strategy-discussion" in open_keys("child", 5)
    expires = (clock.now() + timedelta(hours=72)).isoformat()
    happens("police-protection.taken", 5, expires_at=expires)
    happens("police-protection.told", 5, who="parents")
    assert {"tell-authority-of-protection", "tell-child-of-protection"} <= open_keys("child", 5)
    happens("police-protection.told", 5, who="authority")
    assert "tell-authority-of-protection" not in open_keys("child", 5)


def test_what_an_event_leaves_unsaid_opens_what_must_be_done_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = get_policy().duties["find-household"]
    undone = replace(rule, only_if={"searched": (False,)}, discharged_if={"seen": (True, False)})
    policy = replace(get_policy(), duties={"find-household": undone})
    monkeypatch.setattr(rules, "get_policy", lambda: policy)
    happens("household.not-found", 1, searched=True)
    happens("household.not-found", 2, searched=False)
    happens("household.not-found", 3)
    assert [open_keys("referral", pk) for pk in (1, 2, 3)] == [set(), {"find-household"}, {"find-household"}]
    happens("household.found", 2)
    happens("household.found", 3, seen=False)
    assert [open_keys("referral", pk) for pk in (2, 3)] == [{"find-household"}, set()]


def test_a_time_that_the_event_gives_is_the_due_time(noon: datetime) -> None:
    happens("police-protection.taken", 5, expires_at="2026-06-06T11:00:00+01:00")
    duty = Duty.objects.get(key="end-police-protection")
    assert duty.due_at == datetime(2026, 6, 6, 10, tzinfo=UTC)


def test_an_hour_is_an_hour_when_the_clocks_go_back() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 01:30 in London, for the first time that night
    with clock.standing_at(before):
        happens("child.identified", 5)
    due = Duty.objects.get(key="tell-social-care").due_at
    assert due - before == timedelta(hours=1)
    assert due.astimezone(LONDON).hour == 1


def test_a_working_day_ends_at_local_midnight_in_summer_and_in_winter() -> None:
    for friday, monday in (
        (datetime(2026, 6, 5, 19), (2026, 6, 8)),
        (datetime(2026, 11, 6, 19), (2026, 11, 9)),
    ):
        with clock.standing_at(friday.replace(tzinfo=LONDON)):
            happens("safeguarding-referral.sent", friday.month, child=[], authority="E09000007")
        due = Duty.objects.get(key="decide-referral", subject_id=friday.month).due_at.astimezone(LONDON)
        assert (due.year, due.month, due.day) == monday
        assert (due.hour, due.minute) == (23, 59)


def test_whose_it_is_follows_the_rule_and_the_events_facts() -> None:
    officer = a_user("investigator")
    happens("safeguarding-referral.sent", 70, child=[1], authority="E09000007", unit="CN")
    by_key = {duty.key: duty for duty in Duty.objects.all()}
    assert (by_key["acknowledge-referral"].authority, by_key["acknowledge-referral"].unit) == (
        "E09000007",
        "",
    )
    assert (by_key["chase-social-care"].authority, by_key["chase-social-care"].unit) == ("", "CN")
    happens("victim.identified", 2, unit="CN", officer=officer.pk)
    assert Duty.objects.get(key="assess-victim-needs").officer == officer
    happens("investigation.opened", 2, unit="CN")
    assert Duty.objects.get(key="allocate-investigation").role == "supervisor"


def test_a_duty_of_a_restricted_compartment_is_restricted_though_the_event_does_not_say_so() -> None:
    RestrictedThread.objects.create(thread="investigation:4", since=clock.now())
    assert a_duty("victim.identified", thread="investigation:4").restricted
    assert not a_duty("victim.identified", thread="investigation:5").restricted
    assert a_duty("household.not-found", restricted=True).restricted


def test_the_review_of_an_emergency_sight_is_open_to_those_who_review() -> None:
    RestrictedThread.objects.create(thread="referral:4", since=clock.now())
    assert not a_duty("break-glass.used", thread="referral:4").restricted


def test_what_is_rolled_back_leaves_neither_entry_nor_duty() -> None:
    def breaks_off() -> None:
        with unit_of_work(SYSTEM) as work:
            work.record("household.not-found", subject=Subject("referral", 8), thread="referral:8")
            work.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks_off()
    assert not Duty.objects.exists()
    assert not Entry.objects.exists()


def test_a_hundred_referrals_in_one_transaction_ask_the_database_a_handful_of_times(
    django_assert_max_num_queries: object,
) -> None:
    def a_batch(first: int) -> None:
        with unit_of_work(SYSTEM) as work:
            for pk in range(first, first + 100):
                thread = f"referral:{pk}"
                work.record("household.not-found", subject=Subject("referral", pk), thread=thread)
                work.record("child.identified", subject=Subject("child", pk), thread=thread)
                work.record("household.found", subject=Subject("referral", pk), thread=thread)

    with django_assert_max_num_queries(20):  # type: ignore[operator]  # pytest-django's fixture
        a_batch(1)
    assert Duty.objects.count() == 300


EVENTS = ("household.not-found", "household.found", "children.none-found", "children.checked")
SCRIPTS = st.lists(
    st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(1, 3)), min_size=1, max_size=6), max_size=5
)


class NoClockIsQuietlyStopped(TestCase):
    """Invariant 2: whatever happens in whatever order, the open duties are those that plain reading of policy says."""

    @settings(max_examples=60, deadline=None)
    @given(SCRIPTS)
    def test_the_open_duties_are_those_of_a_plain_reading(self, script: list[list[tuple[str, int]]]) -> None:
        Duty.objects.all().delete()
        plain: dict[int, set[str]] = defaultdict(set)
        for transaction in script:
            with unit_of_work(SYSTEM) as work:
                for event, pk in transaction:
                    work.record(event, subject=Subject("referral", pk), thread=f"referral:{pk}")
                    _read_plainly(plain[pk], event)
        for pk, expected in plain.items():
            assert open_keys("referral", pk) == expected
        self._every_end_has_its_entry()

    def _every_end_has_its_entry(self) -> None:
        for duty in Duty.objects.exclude(discharged_at=None):
            ended = Entry.objects.get(pk=duty.discharged_by or 0)
            assert ended.event in get_policy().duties[duty.key].discharged_by
            assert {
                "duty": duty.key,
                "kind": "referral",
                "id": duty.subject_id,
                "discharged": True,
            } in ended.effects
            assert duty.opened_by < ended.pk


def _read_plainly(standing: set[str], event: str) -> None:
    for key, rule in get_policy().duties.items():
        if event in rule.discharged_by:
            standing.discard(key)
        if event in rule.opens_on:
            standing.add(key)
