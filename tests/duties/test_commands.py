"""What people and the clock may do to a duty, and what nobody may."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sooner.access.models import User
from sooner.duties.commands import Ticked, extend, own_thread, reassign, restrict_thread, tick
from sooner.duties.models import Duty, Extension
from sooner.duties.queries import late, late_counts
from sooner.errors import NotAllowed, Refused
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, unit_of_work
from tests.factories.access import a_user
from tests.factories.duties import a_duty, happens, to_acknowledge

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_an_extension_moves_the_due_time_and_is_on_the_record(noon: datetime) -> None:
    duty, by = a_duty(), a_user("supervisor")
    until = duty.due_at + 12 * HOUR
    extend(by, duty=duty, until=until, reason="The registry is closed until the morning.")
    held = Duty.objects.get(pk=duty.pk)
    assert (held.due_at, held.next_tick_at, held.first_due_at) == (until, until, duty.due_at)
    made = Extension.objects.get(duty=duty)
    assert (made.by, made.from_due_at, made.until) == (by, duty.due_at, until)
    entry = Entry.objects.get(event="duty.extended")
    assert (entry.subject_id, entry.thread, entry.actor_id) == (duty.pk, duty.thread, by.pk)
    assert entry.facts["reason"] == made.reason


def test_telling_social_care_can_never_be_extended() -> None:
    duty = a_duty("child.identified", key="tell-social-care")
    for role in ("supervisor", "duty_inspector"):
        with pytest.raises(Refused, match="never be extended"):
            extend(a_user(role), duty=duty, until=duty.due_at + HOUR, reason="Not to be given.")
    assert Duty.objects.get(pk=duty.pk).due_at == duty.due_at


def test_the_maximum_counts_from_the_first_due_time_however_often_it_is_moved() -> None:
    duty, by = a_duty(), a_user("supervisor")  # policy: 48 hours at most
    extend(by, duty=duty, until=duty.first_due_at + 30 * HOUR, reason="First.")
    with pytest.raises(Refused, match="latest time"):
        extend(by, duty=duty, until=duty.first_due_at + 48 * HOUR + timedelta(seconds=1), reason="Too far.")
    extend(by, duty=duty, until=duty.first_due_at + 48 * HOUR, reason="To the end.")
    assert Extension.objects.filter(duty=duty).count() == 2


def test_the_maximum_is_elapsed_time_when_the_clocks_go_back() -> None:
    with clock.standing_at(datetime(2026, 10, 24, 12, tzinfo=UTC)):
        duty, by = a_duty(), a_user("supervisor")
        limit = duty.first_due_at + 48 * HOUR
        with pytest.raises(Refused):
            extend(by, duty=duty, until=limit + HOUR, reason="The hour that happens twice is no gift.")
        extend(by, duty=duty, until=limit, reason="To the end.")


@pytest.mark.parametrize(
    "role", ["investigator", "social_worker", "administrator", "inspector_of_constabulary"]
)
def test_roles_without_the_capability_cannot_extend(role: str) -> None:
    duty = a_duty()
    with pytest.raises(NotAllowed):
        extend(a_user(role), duty=duty, until=duty.due_at + HOUR, reason="No.")


def test_a_role_that_policy_does_not_name_for_this_duty_cannot_extend_it() -> None:
    duty = a_duty(
        "safeguarding-referral.sent", key="chase-social-care", child=[1]
    )  # a supervisor's to extend
    with pytest.raises(Refused, match="may be extended by: Supervisor"):
        extend(a_user("duty_inspector"), duty=duty, until=duty.due_at + HOUR, reason="No.")


@pytest.mark.parametrize("hours", [-30, -1, 0])
def test_a_due_time_is_never_moved_back_or_left_where_it_is(hours: int) -> None:
    duty = a_duty()
    with pytest.raises(Refused, match="later than the due time"):
        extend(a_user("supervisor"), duty=duty, until=duty.due_at + hours * HOUR, reason="No.")


def test_an_extension_needs_its_reason_and_an_open_duty() -> None:
    duty, by = a_duty(), a_user("supervisor")
    with pytest.raises(Refused, match="reason"):
        extend(by, duty=duty, until=duty.due_at + HOUR, reason="  ")
    happens("household.found", duty.subject_id)
    with pytest.raises(Refused, match="done"):
        extend(by, duty=duty, until=duty.due_at + HOUR, reason="Late thought.")


def test_an_extension_never_takes_a_lateness_back(noon: datetime) -> None:
    duty, by = a_duty(), a_user("supervisor")
    found = duty.due_at + HOUR
    with clock.standing_at(found):
        tick()
        extend(by, duty=duty, until=duty.due_at + 5 * HOUR, reason="The address is being searched.")
        assert tick() == Ticked(0, 0)
        assert [row.duty.pk for row in late(by).rows] == [duty.pk]
        assert [count.count for count in late_counts(by)] == ["1"]
    assert Duty.objects.get(pk=duty.pk).late_at == found
    assert Entry.objects.get(event="duty.extended").facts["late_since"] == found.isoformat()


def test_a_duty_that_is_late_again_after_an_extension_is_recorded_again_and_late_since_the_first_time(
    noon: datetime,
) -> None:
    duty, by = a_duty(), a_user("supervisor")
    found, until = duty.due_at + HOUR, duty.due_at + 5 * HOUR
    with clock.standing_at(found):
        tick()
        extend(by, duty=duty, until=until, reason="The address is being searched.")
    with clock.standing_at(until + HOUR):
        assert (tick().became_late, tick().became_late) == (1, 0)
    entries = Entry.objects.filter(event="duty.became-late", subject_id=duty.pk).order_by("pk")
    assert [one.facts["due"] for one in entries] == [duty.due_at.isoformat(), until.isoformat()]
    assert Duty.objects.get(pk=duty.pk).late_at == found


def test_a_late_duty_is_marked_late_even_when_it_is_extended_before_the_tick_comes_by(noon: datetime) -> None:
    duty, by = a_duty(), a_user("supervisor")
    found = duty.due_at + HOUR
    with clock.standing_at(found):
        extend(by, duty=duty, until=duty.due_at + 5 * HOUR, reason="Just before the tick.")
    assert Duty.objects.get(pk=duty.pk).late_at == found
    assert Entry.objects.get(event="duty.became-late", subject_id=duty.pk).actor_kind == "system"


def test_handing_on_keeps_the_clock_and_is_on_the_record() -> None:
    duty, by, officer = a_duty(), a_user("supervisor"), a_user("investigator", unit="AS")
    reassign(by, duty=duty, officer=officer, reason="She knows the family.")
    held = Duty.objects.get(pk=duty.pk)
    assert (held.officer, held.unit, held.due_at) == (officer, "AS", duty.due_at)
    assert Entry.objects.get(event="duty.reassigned").facts["officer"] == officer.pk


def test_a_roles_duty_handed_to_an_officer_is_the_officers() -> None:
    duty = a_duty("investigation.opened", key="allocate-investigation")
    reassign(a_user("supervisor"), duty=duty, unit="AS", reason="Their area.")
    assert Duty.objects.get(pk=duty.pk).role == "supervisor"
    officer = a_user("investigator")
    reassign(a_user("supervisor"), duty=duty, officer=officer, reason="Acting for the supervisor.")
    held = Duty.objects.get(pk=duty.pk)
    assert (held.role, held.officer) == ("", officer)


def test_police_cannot_hand_on_what_is_the_authoritys() -> None:
    duty = to_acknowledge()
    with pytest.raises(Refused, match="local authority's"):
        reassign(a_user("duty_inspector"), duty=duty, unit="CN", reason="No.")


def test_a_duty_is_handed_to_open_police_accounts_and_known_units_only() -> None:
    duty, by = a_duty(), a_user("supervisor")
    with pytest.raises(Refused, match="police account"):
        reassign(by, duty=duty, officer=a_user("social_worker"), reason="No.")
    with pytest.raises(Refused, match="no unit"):
        reassign(by, duty=duty, unit="nowhere", reason="No.")
    with pytest.raises(Refused, match="Choose"):
        reassign(by, duty=duty, reason="No.")


def test_allocation_gives_the_police_duties_of_a_thread_to_its_lead() -> None:
    mine = a_duty(thread="investigation:3")
    theirs = to_acknowledge(thread="investigation:3")
    other, lead = a_duty(thread="investigation:4"), a_user("investigator")
    with unit_of_work(SYSTEM) as work:
        own_thread(work, threads=["investigation:3"], unit="AS", officer=lead.pk)
    for duty in (mine, theirs, other):
        duty.refresh_from_db()
    assert (mine.unit, mine.officer) == ("AS", lead)
    assert theirs.officer is None
    assert other.officer is None


def test_restricting_a_thread_hides_police_duties_and_leaves_what_an_authority_was_told() -> None:
    mine = a_duty(thread="referral:3")
    theirs = to_acknowledge(thread="referral:3")
    with unit_of_work(SYSTEM) as work:
        restrict_thread(work, threads=["referral:3"])
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.restricted, theirs.restricted) == (True, False)


def test_a_duty_becomes_late_once_and_is_told_to_each_role_in_turn(noon: datetime) -> None:
    duty = a_duty("child.identified", key="tell-social-care")
    told = []
    for minutes in (59, 60, 61, 61, 89, 90, 600):
        with clock.standing_at(noon + timedelta(minutes=minutes)):
            tick()
        facts = [
            e.facts for e in Entry.objects.filter(event="duty.escalated", subject_id=duty.pk).order_by("pk")
        ]
        told.append([one["to"] for one in facts])
    both = ["supervisor", "duty_inspector"]
    assert told == [[], [], ["supervisor"], ["supervisor"], ["supervisor"], both, both]
    late = Entry.objects.get(event="duty.became-late", subject_id=duty.pk)
    assert late.facts["about"] == duty.subject_id
    assert late.facts["duty"] == "tell-social-care"


def test_a_worker_that_stood_still_catches_up_and_says_when_it_found_it(noon: datetime) -> None:
    duty = a_duty("child.identified", key="tell-social-care")
    with clock.standing_at(noon + timedelta(days=3)):
        assert tick(limit=1).escalated == 2
    assert Duty.objects.get(pk=duty.pk).late_at == noon + timedelta(days=3)


def test_a_tick_takes_no_more_than_it_is_asked_and_the_next_goes_on(noon: datetime) -> None:
    for _ in range(5):
        a_duty()
    with clock.standing_at(noon + timedelta(hours=24)):
        assert [tick(limit=2).became_late for _ in range(4)] == [2, 2, 1, 0]


def test_what_is_done_is_never_late(noon: datetime) -> None:
    duty = a_duty()
    happens("household.found", duty.subject_id)
    with clock.standing_at(noon + timedelta(days=9)):
        assert tick() == Ticked(0, 0)


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("extend"), st.integers(-3, 60)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
        st.tuples(st.just("tick"), st.just(0)),
        st.tuples(st.just("found"), st.just(0)),
        st.tuples(st.just("reassign"), st.just(0)),
    ),
    max_size=12,
)


class NoClockIsQuietlyStopped(TestCase):
    """Invariant 2 over everything that may be done to a duty."""

    by: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.by = a_user("supervisor")

    @settings(max_examples=60, deadline=None)
    @given(MOVES)
    def test_a_clock_moves_only_by_recorded_extensions_and_ends_only_by_its_event(
        self, moves: list[tuple[str, int]]
    ) -> None:
        now = datetime(2026, 6, 3, 12, tzinfo=UTC)
        with clock.standing_at(now):
            duty = a_duty()
        for move, hours in moves:
            now += timedelta(hours=hours) if move == "wait" else timedelta(0)
            with clock.standing_at(now):
                self._do(move, hours, duty)
            self._holds(duty, now)

    def _do(self, move: str, hours: int, duty: Duty) -> None:
        held = Duty.objects.get(pk=duty.pk)
        try:
            if move == "extend":
                extend(self.by, duty=held, until=held.due_at + hours * HOUR, reason="Because.")
            elif move == "reassign":
                reassign(self.by, duty=held, unit="AS", reason="Because.")
        except Refused:
            return
        if move == "found":
            happens("household.found", duty.subject_id)
        elif move == "tick":
            tick()

    def _holds(self, duty: Duty, now: datetime) -> None:
        held = Duty.objects.get(pk=duty.pk)
        moved = list(Extension.objects.filter(duty=duty).order_by("pk"))
        chain = [duty.first_due_at, *(one.until for one in moved)]
        assert held.due_at == chain[-1] <= duty.first_due_at + 48 * HOUR
        assert chain == sorted(set(chain))
        recorded = Entry.objects.filter(event="duty.extended", subject_id=duty.pk)
        assert [one.facts["until"] for one in recorded.order_by("pk")] == [m.until.isoformat() for m in moved]
        if held.discharged_at is not None:
            assert Entry.objects.get(pk=held.discharged_by or 0).event == "household.found"
        elif held.next_tick_at is None:
            assert held.escalations == 2, "an open duty is watched until everybody was told"
        assert held.late_at is None or held.late_at <= now
        found = Entry.objects.filter(event="duty.became-late", subject_id=duty.pk).order_by("pk").first()
        assert held.late_at == (found.at if found else None), "a lateness that was found is never taken back"
