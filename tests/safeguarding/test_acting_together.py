"""Police and partners decide together; what they agreed is done by its time or decided again; protection ends in 72 hours."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sooner.access.models import User
from sooner.duties.commands import extend
from sooner.duties.models import Duty
from sooner.errors import AlreadyDone, NotAllowed, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands.authority import decide
from sooner.safeguarding.commands.overt_action import note_slipped, record_taken
from sooner.safeguarding.commands.protection import (
    Taken,
    end_protection,
    record_told,
    take_into_protection,
)
from sooner.safeguarding.commands.strategy import (
    Attendee,
    Outcome,
    Plan,
    arrange_discussion,
    record_discussion,
)
from sooner.safeguarding.models import Child, OvertAction, PoliceProtection
from tests.factories.access import a_user
from tests.factories.safeguarding import (
    HACKNEY,
    a_child,
    a_discussion,
    a_plan,
    a_social_worker,
    a_told_child,
    an_outcome,
    open_duties,
    times_recorded,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def inspector() -> User:
    return a_user("duty_inspector")


@pytest.fixture
def child(noon: datetime) -> Child:
    return a_child()


# Strategy discussions


def test_a_discussion_that_starts_section_47_opens_the_conference_for_each_child(
    inspector: User, noon: datetime
) -> None:
    row, worker = a_told_child()
    decide(worker, row=row, decision="strategy-discussion", reason="Significant harm.")
    assert row.child is not None
    assert "hold-strategy-discussion" in open_duties("child", row.child.pk)
    held = record_discussion(
        inspector, discussion=a_discussion(inspector, row.child), outcome=an_outcome(section_47=True)
    )
    assert (held.section_47, held.recorded_by, held.held_at) == (True, inspector.name, noon)
    open_now = open_duties("child", row.child.pk)
    assert "hold-conference" in open_now
    assert "hold-strategy-discussion" not in open_now
    conference = Duty.objects.get(key="hold-conference")
    assert conference.authority == row.authority
    assert conference.due_at.date().isoformat() == "2026-06-24", "15 working days from 3 June"


def test_a_discussion_is_no_discussion_before_it_is_held(inspector: User, noon: datetime) -> None:
    row, worker = a_told_child()
    decide(worker, row=row, decision="strategy-discussion", reason="Significant harm.")
    assert row.child is not None
    arrange_discussion(inspector, children=[row.child], arranged_for=noon + timedelta(days=30))
    duty = Duty.objects.get(key="hold-strategy-discussion")
    assert duty.discharged_at is None
    assert duty.due_at == duty.first_due_at, "arranging a late time moves no clock"


@pytest.mark.parametrize(
    ("agencies", "absent"),
    [("police social-care health", None), ("police social-care", ["health"])],
)  # fmt: skip
def test_an_agency_that_was_not_there_is_named_on_the_record(
    inspector: User, child: Child, agencies: str, absent: list[str] | None
) -> None:
    record_discussion(
        inspector, discussion=a_discussion(inspector, child), outcome=an_outcome(agencies=agencies)
    )
    assert Entry.objects.get(event="strategy-discussion.held").facts.get("absent") == absent


BOTH = [Attendee("Sue", "police"), Attendee("Wendy", "social-care")]


def test_a_discussion_cannot_be_recorded_before_it_was_held(
    inspector: User, child: Child, noon: datetime
) -> None:
    later = arrange_discussion(inspector, children=[child], arranged_for=noon + timedelta(hours=3))
    with pytest.raises(Refused, match="arranged for later"):
        record_discussion(inspector, discussion=later, outcome=an_outcome())
    for wrong in (noon - timedelta(hours=1), noon + timedelta(hours=1)):
        with pytest.raises(Refused, match="correct it"):
            record_discussion(inspector, discussion=later, outcome=replace(an_outcome(), held_at=wrong))
    held = record_discussion(inspector, discussion=later, outcome=replace(an_outcome(), held_at=noon))
    assert held.held_at == noon


def test_police_take_part_and_decisions_are_written_down(inspector: User, child: Child) -> None:
    held = a_discussion(inspector, child)
    for outcome, words in (
        (an_outcome(agencies="social-care health"), "must both take part"),
        (an_outcome(agencies="police"), "must both take part"),
        (an_outcome(agencies="police health"), "must both take part"),
        (an_outcome(agencies=""), "who took part"),
        (Outcome([Attendee(" ", "police")], "Act.", False, ""), "who took part"),
        (
            Outcome([Attendee(" ", "police"), Attendee("Wendy", "social-care")], "Act.", False, ""),
            "must both",
        ),
        (Outcome(BOTH, " ", False, ""), "what was decided"),
        (an_outcome(hours=-1), "has passed already"),
        (Outcome(BOTH, "Act.", False, "", Plan(" ", clock.now())), "overt action is"),
    ):
        with pytest.raises(Refused, match=words):
            record_discussion(inspector, discussion=held, outcome=outcome)
    assert times_recorded("strategy-discussion.held") == 0


def test_what_was_decided_is_not_written_over(inspector: User, child: Child) -> None:
    held = a_discussion(inspector, child)
    record_discussion(inspector, discussion=held, outcome=an_outcome(section_47=True))
    with pytest.raises(AlreadyDone, match="Arrange another"):
        record_discussion(inspector, discussion=held, outcome=an_outcome(section_47=False))


def test_the_authority_of_the_child_may_arrange_and_record_and_another_may_not(inspector: User) -> None:
    row, worker = a_told_child()
    assert row.child is not None
    held = a_discussion(worker, row.child)
    with pytest.raises(NotFound):
        record_discussion(a_social_worker(HACKNEY), discussion=held, outcome=an_outcome())
    with pytest.raises(NotAllowed):
        record_discussion(a_user("referral_officer"), discussion=held, outcome=an_outcome())
    assert record_discussion(worker, discussion=held, outcome=an_outcome()).held_at is not None


def test_a_discussion_is_about_children_of_one_referral(inspector: User, child: Child) -> None:
    other = a_child(reference="T-2", child_name="Ben Marsden", suspect_name="Alan Marsden")
    for children in ([], [child, other]):
        with pytest.raises(Refused, match="same referral"):
            arrange_discussion(inspector, children=children, arranged_for=clock.now())


# The joint plan


def test_the_plan_s_own_time_is_the_duty_s(inspector: User, child: Child, noon: datetime) -> None:
    plan = a_plan(inspector, child, hours=6)
    duty = Duty.objects.get(key="take-overt-action", subject_id=plan.pk)
    assert duty.due_at == noon + timedelta(hours=6)
    record_taken(inspector, plan=plan, what_happened="Search and arrest at 16:10.")
    assert open_duties("overt-action", plan.pk) == set()
    with pytest.raises(AlreadyDone):
        record_taken(inspector, plan=plan, what_happened="Again.")


def test_a_plan_that_slips_is_decided_again_and_its_time_never_moves(
    inspector: User, child: Child, noon: datetime
) -> None:
    plan = a_plan(inspector, child, hours=6)
    with clock.standing_at(noon + timedelta(hours=6)):
        assert note_slipped() == 0
    with clock.standing_at(noon + timedelta(hours=6, minutes=1)):
        assert (note_slipped(), note_slipped()) == (1, 0)
        assert open_duties("overt-action", plan.pk) == {"take-overt-action", "decide-plan-again"}
        held = a_discussion(inspector, child)
        record_discussion(inspector, discussion=held, outcome=an_outcome())
        assert "decide-plan-again" in open_duties("overt-action", plan.pk), (
            "talking without a plan decides none"
        )
        again = a_plan(inspector, child, hours=2)
    plan.refresh_from_db()
    assert (plan.state, plan.replaced_by) == ("replaced", again)
    assert plan.not_later_than == noon + timedelta(hours=6)
    assert plan.slipped_at == noon + timedelta(hours=6, minutes=1)
    assert open_duties("overt-action", plan.pk) == set()
    assert open_duties("overt-action", again.pk) == {"take-overt-action"}
    with pytest.raises(AlreadyDone):
        record_taken(inspector, plan=plan, what_happened="Too late for this one.")


def test_a_plan_that_was_taken_or_replaced_does_not_slip(
    inspector: User, child: Child, noon: datetime
) -> None:
    first = a_plan(inspector, child, hours=1)
    second = a_plan(inspector, child, hours=2)
    record_taken(inspector, plan=second, what_happened="Done.")
    with clock.standing_at(noon + timedelta(days=2)):
        assert note_slipped() == 0
    first.refresh_from_db()
    assert first.slipped_at is None


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(["plan", "taken", "wait", "talk"]), max_size=8))
def test_there_is_one_plan_at_most_and_a_slipped_one_is_always_a_duty(
    steps: list[str], inspector: User, child: Child, noon: datetime
) -> None:
    """Invariant 2: no order of events moves an agreed time or lets a slipped plan out of sight."""
    now, agreed = noon, dict(OvertAction.objects.values_list("pk", "not_later_than"))
    for step in steps:
        with clock.standing_at(now):
            current = OvertAction.objects.filter(state="planned").first()
            if step == "plan":
                made = a_plan(inspector, child, hours=3)
                agreed[made.pk] = made.not_later_than
            elif step == "talk":
                record_discussion(
                    inspector, discussion=a_discussion(inspector, child), outcome=an_outcome(section_47=False)
                )
            elif step == "taken" and current is not None:
                record_taken(inspector, plan=current, what_happened="Done.")
            elif step == "wait":
                now += timedelta(hours=4)
        with clock.standing_at(now):
            note_slipped()
        assert dict(OvertAction.objects.values_list("pk", "not_later_than")) == agreed
        planned = list(OvertAction.objects.filter(state="planned"))
        assert len(planned) <= 1
        for plan in planned:
            again = {"decide-plan-again"} if plan.not_later_than < now else set()
            assert open_duties("overt-action", plan.pk) == {"take-overt-action"} | again
    with clock.standing_at(now):
        for plan in OvertAction.objects.filter(state="planned"):
            record_taken(inspector, plan=plan, what_happened="Done.")


# Police protection


def test_to_tell_the_child_is_not_to_tell_the_parents(inspector: User, child: Child, noon: datetime) -> None:
    began = noon - timedelta(hours=1)
    made = take_into_protection(inspector, child=child, taken=Taken(began, "Likely harm.", "Hospital"))
    due = Duty.objects.get(key="tell-parents-of-protection").due_at
    assert due == began + timedelta(hours=2), "counted from when protection began, not from its record"
    record_told(inspector, protection=made, who="child")
    end_protection(inspector, protection=made, reason="To the authority.")
    assert "tell-parents-of-protection" in open_duties("child", child.pk)
    record_told(inspector, protection=made, who="parents")
    assert "tell-parents-of-protection" not in open_duties("child", child.pk)


def test_the_72_hours_run_from_when_protection_began_and_cannot_be_extended(
    inspector: User, child: Child, noon: datetime
) -> None:
    began = noon - timedelta(hours=3)
    made = take_into_protection(
        inspector, child=child, taken=Taken(began, "Likely significant harm.", "Hospital")
    )
    assert made.expires_at == began + timedelta(hours=72)
    duty = Duty.objects.get(key="end-police-protection")
    assert duty.due_at == made.expires_at
    assert {
        "tell-authority-of-protection",
        "tell-child-of-protection",
        "tell-parents-of-protection",
    } <= open_duties("child", child.pk)
    with pytest.raises(Refused):
        extend(inspector, duty=duty, until=duty.due_at + timedelta(hours=1), reason="More time.")
    with pytest.raises(AlreadyDone, match="cannot be extended"):
        take_into_protection(inspector, child=child, taken=Taken(noon, "Again.", "Hospital"))


@pytest.fixture
def two_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A policy whose law allows 48 hours."""
    text = files("sooner.policy").joinpath("data", "limits.toml").read_text(encoding="utf-8")
    (tmp_path / "limits.toml").write_text(text.replace("hours = 72", "hours = 48"), encoding="utf-8")
    monkeypatch.setenv("SOONER_POLICY_DIR", str(tmp_path))
    get_policy.cache_clear()
    yield
    monkeypatch.undo()
    get_policy.cache_clear()


@pytest.mark.usefixtures("two_days")
def test_the_length_of_protection_is_the_policy_s(inspector: User, child: Child, noon: datetime) -> None:
    too_long_ago = Taken(noon - timedelta(hours=48), "Harm.", "Hospital")
    with pytest.raises(Refused, match="last 48 hours"):
        take_into_protection(inspector, child=child, taken=too_long_ago)
    made = take_into_protection(inspector, child=child, taken=Taken(noon, "Harm.", "Hospital"))
    assert made.expires_at == noon + timedelta(hours=48)


def test_each_who_must_be_told_is_recorded_for_itself(inspector: User, child: Child, noon: datetime) -> None:
    made = take_into_protection(inspector, child=child, taken=Taken(noon, "Harm.", "Hospital"))
    record_told(inspector, protection=made, who="authority")
    assert "tell-authority-of-protection" not in open_duties("child", child.pk)
    assert "tell-child-of-protection" in open_duties("child", child.pk)
    record_told(inspector, protection=made, who="child")
    assert "tell-child-of-protection" not in open_duties("child", child.pk)
    with pytest.raises(AlreadyDone):
        record_told(inspector, protection=made, who="child")
    with pytest.raises(Refused):
        record_told(inspector, protection=made, who="neighbour")


def test_protection_ends_once_with_a_reason(inspector: User, child: Child, noon: datetime) -> None:
    made = take_into_protection(inspector, child=child, taken=Taken(noon, "Harm.", "Hospital"))
    with pytest.raises(Refused):
        end_protection(inspector, protection=made, reason=" ")
    end_protection(inspector, protection=made, reason="Emergency protection order.")
    assert "end-police-protection" not in open_duties("child", child.pk)
    with pytest.raises(AlreadyDone):
        end_protection(inspector, protection=made, reason="Again.")
    made.refresh_from_db()
    assert made.expires_at == noon + timedelta(hours=72)


@pytest.mark.parametrize("hours", [0.1, -72, -100])
def test_a_beginning_in_the_future_or_too_long_ago_is_refused(
    inspector: User, child: Child, noon: datetime, hours: float
) -> None:
    taken = Taken(noon + timedelta(hours=hours), "Harm.", "Hospital")
    with pytest.raises(Refused, match="72 hours"):
        take_into_protection(inspector, child=child, taken=taken)
    assert not PoliceProtection.objects.exists()


def test_grounds_and_place_are_given_by_somebody_who_may(
    inspector: User, child: Child, noon: datetime
) -> None:
    for grounds, place in (("", "Hospital"), ("Harm.", " ")):
        with pytest.raises(Refused, match="grounds"):
            take_into_protection(inspector, child=child, taken=Taken(noon, grounds, place))
    with pytest.raises(NotAllowed):
        take_into_protection(a_social_worker(), child=child, taken=Taken(noon, "Harm.", "Hospital"))
    with pytest.raises(NotFound):
        take_into_protection(
            a_user("investigator", unit="CE"), child=child, taken=Taken(noon, "Harm.", "Hospital")
        )
