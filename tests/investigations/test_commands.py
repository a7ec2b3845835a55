"""What people do in an investigation: allocate, record, lower, restrict, close; and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sooner.access.commands import break_glass
from sooner.access.decide import visible
from sooner.access.models import User
from sooner.access.threads import Thread
from sooner.duties.models import Duty
from sooner.errors import AlreadyDone, NotAllowed, NotFound, Refused
from sooner.intake.models import Referral
from sooner.investigations import queries
from sooner.investigations.commands import decide, record
from sooner.investigations.commands.allocate import allocate, review_exception, suggestions
from sooner.investigations.commands.open import reprioritise_for
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, unit_of_work
from sooner.safeguarding.models import Child
from tests.factories.access import a_user
from tests.factories.investigations import (
    LEADING,
    a_child,
    a_lead,
    a_new_version,
    a_supervisor,
    a_suspect,
    an_investigation,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with clock.standing_at(NOON):
        yield


def last(event: str) -> Entry:
    return Entry.objects.filter(event=event).latest("pk")


def open_keys(one: Investigation) -> set[str]:
    return set(Duty.objects.filter(thread=one.thread, discharged_at=None).values_list("key", flat=True))


def step(user: User, one: Investigation, kind: str, **facts: object) -> None:
    said = {"at": clock.now(), "detail": "As the log says.", **facts}
    record.record_step(user, investigation=one, facts=record.StepFacts(kind=kind, **said))  # type: ignore[arg-type]


def rule_out(one: Investigation) -> None:
    """As far as investigations see: a named person ruled every child out."""
    Child.objects.filter(referral__joined__investigation=one).update(state="ruled-out")


def done_with(one: Investigation) -> None:
    """Every duty was done, as the other rooms would have it."""
    Duty.objects.filter(discharged_at=None).update(discharged_at=clock.now())


class TestAllocating:
    def test_a_trained_person_with_room_leads_and_owns_the_duties(self) -> None:
        one, lead = an_investigation(), a_lead(*LEADING)
        allocate(a_supervisor(), investigation=one, person=lead)
        one.refresh_from_db()
        assert one.lead == lead
        assert last("investigation.allocated").facts["officer"] == lead.pk
        assert "allocate-investigation" not in open_keys(one)
        threads = [one.thread, *(f"referral:{pk}" for pk in one.joined.values_list("referral", flat=True))]
        owned = Duty.objects.filter(thread__in=threads, discharged_at=None, role="", authority="")
        assert owned.exists()
        assert set(owned.values_list("officer", flat=True)) == {lead.pk}

    @pytest.mark.parametrize(
        ("skills", "capacity", "words"),
        [
            (("pip2",), 12, "does not hold Specialist Child Abuse"),
            ((), 12, "does not hold PIP level 2 investigator and does not hold"),
            (LEADING, 0, "capacity for 0"),
        ],
    )
    def test_without_skill_or_room_it_is_refused_in_words(
        self, skills: tuple[str, ...], capacity: int, words: str
    ) -> None:
        one, person = an_investigation(), a_lead(*skills, capacity=capacity)
        with pytest.raises(Refused, match=words):
            allocate(a_supervisor(), investigation=one, person=person)
        one.refresh_from_db()
        assert one.lead is None

    def test_an_exception_needs_a_reason_and_opens_a_review(self) -> None:
        one, person, supervisor = an_investigation(), a_lead(), a_supervisor()
        allocate(supervisor, investigation=one, person=person, exception_reason="Nobody else is on duty.")
        assert last("allocation.excepted").facts["reason"] == "Nobody else is on duty."
        assert "review-allocation-exception" in open_keys(one)
        review_exception(supervisor, investigation=one, finding="Trained since.")
        assert "review-allocation-exception" not in open_keys(one)
        with pytest.raises(Refused, match="no allocation by exception"):
            review_exception(supervisor, investigation=one, finding="Again.")

    def test_who_is_in_another_team_is_never_an_exception(self) -> None:
        one, person = an_investigation(), a_lead(*LEADING, unit="NE")
        with pytest.raises(Refused, match="another team"):
            allocate(a_supervisor(), investigation=one, person=person, exception_reason="I insist.")

    def test_who_cannot_lead_by_role_is_refused(self) -> None:
        one = an_investigation()
        with pytest.raises(Refused, match="cannot lead"):
            allocate(a_supervisor(), investigation=one, person=a_user("examiner", unit="CN"))

    def test_the_central_team_needs_the_central_skill(self) -> None:
        one = an_investigation(a_suspect(), flags=("liveStreaming",))
        person = a_lead(*LEADING, unit="CENTRAL")
        with pytest.raises(Refused, match="Complex online investigations"):
            allocate(a_supervisor("CENTRAL"), investigation=one, person=person)

    def test_the_fitting_stand_first_each_with_what_is_in_the_way(self) -> None:
        one = an_investigation()
        untrained, trained = a_lead(name="Ula Untrained"), a_lead(*LEADING, name="Tia Trained")
        fits = {fit.member.person.pk: fit for fit in suggestions(one)}
        assert next(iter(fits)) == trained.pk
        assert fits[trained.pk].fits
        assert len(fits[untrained.pk].problems) == 2

    def test_an_investigator_cannot_allocate(self) -> None:
        one, person = an_investigation(), a_lead(*LEADING)
        with pytest.raises(NotAllowed):
            allocate(person, investigation=one, person=person)

    def test_allocating_twice_changes_nothing(self) -> None:
        one, person, supervisor = an_investigation(), a_lead(*LEADING), a_supervisor()
        allocate(supervisor, investigation=one, person=person)
        before = Entry.objects.count()
        with pytest.raises(AlreadyDone):
            allocate(supervisor, investigation=one, person=person)
        assert Entry.objects.count() == before


class TestRecording:
    def test_bail_opens_a_duty_that_is_due_when_bail_ends(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        step(officer, one, "suspect.arrested")
        until = NOON + timedelta(days=60)
        step(officer, one, "suspect.bailed", until=until, authority="custody-officer")
        assert Duty.objects.get(thread=one.thread, key="bail-ends", discharged_at=None).due_at == until
        assert queries.picture_of(one).on_bail

    def test_an_extension_moves_the_end_only_on_the_right_authority(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        step(officer, one, "suspect.arrested")
        step(officer, one, "suspect.bailed", until=NOON + timedelta(days=60), authority="custody-officer")
        further = NOON + timedelta(days=150)
        with pytest.raises(Refused, match="cannot extend"):
            step(officer, one, "bail.extended", until=further, authority="custody-officer")
        step(officer, one, "bail.extended", until=further, authority="inspector")
        assert Duty.objects.get(thread=one.thread, key="bail-ends", discharged_at=None).due_at == further

    def test_a_warrant_that_was_not_granted_is_not_executed(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        step(officer, one, "warrant.applied")
        with pytest.raises(Refused, match="not granted"):
            step(officer, one, "warrant.executed")
        step(officer, one, "warrant.granted")
        assert "execute-warrant" in open_keys(one)
        step(officer, one, "warrant.executed")
        assert "execute-warrant" not in open_keys(one)

    def test_release_under_investigation_near_a_child_is_loud(self) -> None:
        one, officer = an_investigation(with_child=True), a_supervisor()
        step(officer, one, "suspect.arrested")
        step(officer, one, "suspect.released-under-investigation")
        assert last("suspect.released-under-investigation").facts["child_near"] is True
        assert "review-release-near-child" in open_keys(one)
        assert queries.picture_of(one).loud

    @pytest.mark.parametrize("how", ["bail.ended", "suspect.no-further-action"])
    def test_what_protects_a_child_is_reviewed_when_bail_ends_or_nothing_follows(self, how: str) -> None:
        one, officer = an_investigation(with_child=True), a_supervisor()
        step(officer, one, "suspect.arrested")
        until = NOON + timedelta(days=60)
        step(officer, one, "suspect.bailed", until=until, authority="custody-officer")
        step(officer, one, how)
        assert "review-release-near-child" in open_keys(one)
        with pytest.raises(Refused, match="with whom in children's social care"):
            step(officer, one, "release.reviewed", detail=" ")
        step(officer, one, "release.reviewed", detail="With the child's social worker: he lives elsewhere.")
        assert "review-release-near-child" not in open_keys(one)

    def test_bail_anew_after_a_release_under_investigation_does_not_begin_the_months_again(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        first = NOON - timedelta(days=80)
        step(officer, one, "suspect.arrested", at=first)
        step(officer, one, "suspect.bailed", at=first, until=NOON, authority="custody-officer")
        step(officer, one, "suspect.released-under-investigation", at=NOON - timedelta(days=1))
        again = {"until": NOON + timedelta(days=60)}
        with pytest.raises(Refused, match="at most 3 months from its"):
            step(officer, one, "suspect.bailed", authority="custody-officer", **again)
        step(officer, one, "suspect.bailed", authority="inspector", **again)

    def test_the_suspects_own_risk_is_due_from_the_arrest_not_from_its_record(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        arrested = NOON - timedelta(hours=47)
        step(officer, one, "suspect.arrested", at=arrested)
        due = {d.key: d.due_at for d in Duty.objects.filter(thread=one.thread, discharged_at=None)}
        assert due["review-suicide-risk-after-arrest"] == arrested + timedelta(hours=48)
        assert due["assess-suicide-risk-arrest"] == arrested + timedelta(hours=2)

    @pytest.mark.parametrize(
        ("occasion", "key"),
        [("review", "review-suicide-risk-after-arrest"), ("arrest", "assess-suicide-risk-arrest")],
    )
    def test_an_assessment_of_before_the_arrest_says_nothing_of_the_risk_after_it(
        self, occasion: str, key: str
    ) -> None:
        one, officer = an_investigation(), a_supervisor()
        step(officer, one, "suspect.arrested", at=NOON - timedelta(hours=1))
        old = record.RiskFacts(occasion, True, "low", "Seen then.", NOON - timedelta(days=400))
        record.assess_suicide_risk(officer, investigation=one, facts=old)
        assert key in open_keys(one)
        record.assess_suicide_risk(officer, investigation=one, facts=replace(old, assessed_at=NOON))
        assert key not in open_keys(one)

    def test_no_enforcement_is_called_for_against_who_was_arrested_already(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        step(officer, one, "suspect.arrested")
        facts = record.KiratFacts("very-high", "3", "Invented Assessor", NOON)
        record.record_kirat(officer, investigation=one, facts=facts)
        assert "enforce-very-high" not in open_keys(one)

    def test_release_with_no_child_near_is_not(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        step(officer, one, "suspect.arrested")
        step(officer, one, "suspect.released-under-investigation")
        assert "review-release-near-child" not in open_keys(one)
        assert not queries.picture_of(one).loud

    def test_a_suspect_who_is_a_child_is_not_near_themselves(self) -> None:
        one = an_investigation(a_suspect(born=NOON.date().replace(year=2011)))
        officer = a_supervisor()
        assert one.band == "child-at-risk"
        step(officer, one, "suspect.arrested")
        step(officer, one, "suspect.released-under-investigation")
        assert last("suspect.released-under-investigation").facts["child_near"] is False

    def test_nobody_known_as_suspect_cannot_be_arrested(self) -> None:
        one = an_investigation(a_child())
        with pytest.raises(Refused, match="Nobody is known"):
            step(a_supervisor(), one, "suspect.arrested")

    def test_the_future_is_not_recorded(self) -> None:
        one = an_investigation()
        with pytest.raises(Refused, match="future"):
            step(a_supervisor(), one, "warrant.applied", at=NOON + timedelta(minutes=1))

    def test_no_further_action_needs_its_reason(self) -> None:
        one = an_investigation()
        with pytest.raises(Refused, match="Give the reason"):
            step(a_supervisor(), one, "suspect.no-further-action", detail=" ")

    def test_kirat_is_recorded_beside_and_starts_its_clock(self) -> None:
        one = an_investigation()
        before = (one.band, one.score)
        facts = record.KiratFacts("very-high", "3", "Invented Assessor", NOON)
        record.record_kirat(a_supervisor(), investigation=one, facts=facts)
        one.refresh_from_db()
        assert (one.band, one.score) == before
        assert "enforce-very-high" in open_keys(one)
        assert "record-kirat" not in open_keys(one)

    def test_arrest_opens_the_suspects_own_risk_which_only_a_meeting_in_person_answers(self) -> None:
        one, officer = an_investigation(), a_supervisor()
        step(officer, one, "suspect.arrested")
        assert {"assess-suicide-risk-arrest", "review-suicide-risk-after-arrest"} <= open_keys(one)
        by_telephone = record.RiskFacts("arrest", False, "raised", "Spoke by telephone.", NOON)
        with pytest.raises(Refused, match="in person"):
            record.assess_suicide_risk(officer, investigation=one, facts=by_telephone)
        seen = record.RiskFacts("arrest", True, "raised", "Nurse told; family called.", NOON)
        record.assess_suicide_risk(officer, investigation=one, facts=seen)
        assert "assess-suicide-risk-arrest" not in open_keys(one)
        assert "review-suicide-risk-after-arrest" in open_keys(one)

    def test_an_action_is_its_owners_duty_until_it_has_a_result(self) -> None:
        one, officer, owner = an_investigation(), a_supervisor(), a_lead()
        due = NOON + timedelta(days=3)
        action = record.add_action(
            officer, investigation=one, title="Ask the provider", owner=owner, due_at=due
        )
        duty = Duty.objects.get(key="complete-action")
        assert (duty.subject_id, duty.officer, duty.due_at) == (action.pk, owner, due)
        record.complete_action(owner, action=action, result="They answered.")
        duty.refresh_from_db()
        assert duty.discharged_at is not None
        with pytest.raises(AlreadyDone):
            record.complete_action(owner, action=action, result="Again.")

    def test_another_teams_officer_does_not_find_it(self) -> None:
        one = an_investigation()
        with pytest.raises(NotFound):
            step(a_lead(unit="NE"), one, "warrant.applied")


class TestDeciding:
    def test_a_priority_is_lowered_by_a_named_person_with_a_reason(self) -> None:
        one, supervisor = an_investigation(flags=("sextortion", "csamSolicitation")), a_supervisor()
        assert one.band in {"high", "very-high"}
        with pytest.raises(Refused, match="Give the reason"):
            decide.lower_priority(supervisor, investigation=one, band="standard", reason=" ")
        decide.lower_priority(
            supervisor, investigation=one, band="standard", reason="The sender withdrew it."
        )
        one.refresh_from_db()
        assert (one.band, one.decision["by"]) == ("standard", supervisor.name)
        assert last("investigation.prioritised").facts["reason"] == "The sender withdrew it."

    def test_what_was_weighed_does_not_raise_it_again_but_news_does(self) -> None:
        suspect = a_suspect()
        one, supervisor = an_investigation(suspect, flags=("sextortion", "csamSolicitation")), a_supervisor()
        referral = Referral.objects.get(joined__investigation=one)
        decide.lower_priority(
            supervisor, investigation=one, band="standard", reason="The sender withdrew it."
        )
        with unit_of_work(SYSTEM) as work:
            reprioritise_for(work, [referral.pk])
        one.refresh_from_db()
        assert one.band == "standard"
        a_new_version(referral, suspect, a_child(), flags=("sextortion",))
        one.refresh_from_db()
        assert one.band == "child-at-risk"

    def test_while_a_child_may_be_at_risk_it_cannot_be_lowered(self) -> None:
        one, supervisor = an_investigation(with_child=True), a_supervisor()
        with pytest.raises(Refused, match="above everything else"):
            decide.lower_priority(supervisor, investigation=one, band="standard", reason="I think not.")
        rule_out(one)
        assert queries.picture_of(one).could_be_lower
        decide.lower_priority(supervisor, investigation=one, band="standard", reason="Every child ruled out.")
        one.refresh_from_db()
        assert one.band == "standard"

    def test_lowering_is_not_raising(self) -> None:
        one = an_investigation()
        with pytest.raises(Refused, match="not lower"):
            decide.lower_priority(a_supervisor(), investigation=one, band="very-high", reason="Up.")

    def test_an_investigator_does_not_lower(self) -> None:
        one = an_investigation(flags=("sextortion",))
        with pytest.raises(NotAllowed):
            decide.lower_priority(a_lead(), investigation=one, band="standard", reason="Please.")

    def test_another_team_takes_its_duties_and_policy_does_not_send_it_back(self) -> None:
        one = an_investigation()
        inspector = a_user("duty_inspector")
        decide.reroute(inspector, investigation=one, unit="NE", reason="The suspect moved.")
        one.refresh_from_db()
        assert one.unit == "NE"
        assert set(
            Duty.objects.filter(thread=one.thread, discharged_at=None).values_list("unit", flat=True)
        ) == {"NE"}
        with unit_of_work(SYSTEM) as work:
            reprioritise_for(work, list(one.joined.values_list("referral", flat=True)))
        one.refresh_from_db()
        assert one.unit == "NE"

    def test_closing_is_refused_while_nobody_decided_about_a_child(self) -> None:
        one = an_investigation(with_child=True)
        done_with(one)
        with pytest.raises(Refused, match="nobody has decided"):
            decide.close(a_supervisor(), investigation=one, reason="Tired of it.")

    def test_closing_is_refused_while_a_duty_protects_somebody(self) -> None:
        one, supervisor = an_investigation(), a_supervisor()
        step(supervisor, one, "suspect.arrested")
        with pytest.raises(Refused, match="closing stops no clock"):
            decide.close(supervisor, investigation=one, reason="Tired of it.")

    def test_it_is_closed_and_opened_again_with_reasons(self) -> None:
        one, supervisor = an_investigation(), a_supervisor()
        done_with(one)
        decide.close(supervisor, investigation=one, reason="Sentenced.")
        with pytest.raises(Refused, match="is closed"):
            step(supervisor, one, "warrant.applied")
        decide.reopen(supervisor, investigation=one, reason="Appeal.")
        assert last("investigation.reopened").facts["reason"] == "Appeal."
        assert "allocate-investigation" in open_keys(one)

    def test_a_suspect_has_one_open_investigation(self) -> None:
        suspect = a_suspect()
        first, supervisor = an_investigation(suspect), a_supervisor()
        done_with(first)
        decide.close(supervisor, investigation=first, reason="Sentenced.")
        an_investigation(suspect)
        with pytest.raises(Refused, match="open about the same suspect"):
            decide.reopen(supervisor, investigation=first, reason="Appeal.")

    def test_restricting_leaves_named_people_only(self) -> None:
        one, supervisor, named, other = an_investigation(), a_supervisor(), a_lead(), a_lead()
        decide.restrict(supervisor, investigation=one, people=[named], reason="The suspect is an officer.")
        sees = {
            user.pk: visible(Investigation.objects.all(), user).exists()
            for user in (supervisor, named, other)
        }
        assert sees == {supervisor.pk: True, named.pk: True, other.pk: False}
        assert Referral.objects.get(joined__investigation=one).restricted
        assert visible(Referral.objects.all(), named).exists()
        assert not visible(Referral.objects.all(), other).exists()
        assert not visible(Duty.objects.all(), other).exists()
        assert visible(Duty.objects.all(), named).exists()
        assert last("referral.restricted").facts["reason"] == "The suspect is an officer."

    def test_a_later_report_about_its_suspect_is_kept_to_the_same_people(self) -> None:
        suspect = a_suspect()
        one, supervisor, named, other = an_investigation(suspect), a_supervisor(), a_lead(), a_lead()
        decide.restrict(supervisor, investigation=one, people=[named], reason="The suspect is an officer.")
        an_investigation(suspect)
        assert one.joined.count() == 2
        assert visible(Referral.objects.all(), named).count() == 2
        assert not visible(Referral.objects.all(), other).exists()
        assert not visible(Duty.objects.all(), other).exists()
        assert last("referral.restricted").facts["how"] == "policy"

    def test_a_restricted_investigation_is_allocated_to_somebody_who_then_sees_it(self) -> None:
        one, supervisor, lead = an_investigation(), a_supervisor(), a_lead(*LEADING)
        decide.restrict(supervisor, investigation=one, people=[], reason="The suspect is an officer.")
        allocate(supervisor, investigation=one, person=lead)
        assert visible(Referral.objects.all(), lead).exists()


def test_emergency_sight_of_an_investigation_opens_its_referrals_and_children_too() -> None:
    one, outsider = an_investigation(with_child=True), a_user("investigator", unit="AS")
    referral = Referral.objects.get(joined__investigation=one)
    child = Child.objects.get(referral=referral)
    assert not visible(Referral.objects.filter(pk=referral.pk), outsider).exists()
    break_glass(
        user=outsider,
        thread=Thread("investigation", one.pk),
        reason="A child is in danger tonight, and nobody answers.",
    )
    assert visible(Investigation.objects.filter(pk=one.pk), outsider).exists()
    assert visible(Referral.objects.filter(pk=referral.pk), outsider).exists()
    assert visible(Child.objects.filter(pk=child.pk), outsider).exists()
