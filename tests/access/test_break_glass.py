"""Restricted records: need-to-know, and the emergency that is loud and reviewed."""

from datetime import timedelta

import pytest

from sooner.access import commands, queries
from sooner.access.decide import Reader
from sooner.access.models import BreakGlass
from sooner.access.threads import Thread, read_reference
from sooner.duties.models import Duty
from sooner.errors import AlreadyDone, NotAllowed, Refused
from sooner.ledger import clock
from sooner.ledger.models import Entry
from tests.factories.access import a_user, signed_in

pytestmark = pytest.mark.django_db
RECORD = Thread("referral", 12)
REASON = "A child is said to be with the suspect tonight."


def test_breaking_the_glass_gives_sight_at_once_and_for_a_limited_time() -> None:
    officer = a_user("investigator")
    assert "referral:12" not in Reader(officer).known_threads
    used = commands.break_glass(user=officer, thread=RECORD, reason=REASON)
    assert Reader(officer).known_ids("referral") == [12]
    with clock.standing_at(used.expires_at + timedelta(seconds=1)):
        assert Reader(officer).known_ids("referral") == []


def test_breaking_the_glass_is_on_the_record_with_its_reason() -> None:
    officer = a_user("investigator")
    used = commands.break_glass(user=officer, thread=RECORD, reason=REASON)
    entry = Entry.objects.get(event="break-glass.used")
    assert (entry.subject_kind, entry.subject_id, entry.thread) == ("break-glass", used.pk, "referral:12")
    assert entry.facts["reason"] == REASON
    assert entry.actor_id == officer.pk


def test_breaking_the_glass_opens_a_duty_to_review_it_and_the_review_ends_it() -> None:
    used = commands.break_glass(user=a_user("investigator"), thread=RECORD, reason=REASON)
    duty = Duty.objects.get(key="review-break-glass", subject_id=used.pk)
    assert (duty.role, duty.discharged_at) == ("duty_inspector", None)
    reviewer = a_user("duty_inspector")
    commands.review_break_glass(reviewer=reviewer, pk=used.pk, justified=True, finding="A child was there.")
    duty.refresh_from_db()
    assert duty.discharged_at is not None


def test_a_second_use_while_the_first_lasts_is_the_first() -> None:
    officer = a_user("investigator")
    first = commands.break_glass(user=officer, thread=RECORD, reason=REASON)
    assert commands.break_glass(user=officer, thread=RECORD, reason=REASON) == first
    assert Entry.objects.filter(event="break-glass.used").count() == 1


@pytest.mark.parametrize("reason", ["", "   ", "urgent"])
def test_the_glass_does_not_break_without_a_reason(reason: str) -> None:
    officer = a_user("investigator")
    with pytest.raises(Refused, match="why"):
        commands.break_glass(user=officer, thread=RECORD, reason=reason)
    assert not BreakGlass.objects.exists()


@pytest.mark.parametrize(
    "role", ["administrator", "inspector_of_constabulary", "social_worker", "training_lead"]
)
def test_roles_without_the_capability_cannot_break_the_glass(role: str) -> None:
    with pytest.raises(NotAllowed):
        commands.break_glass(user=a_user(role), thread=RECORD, reason=REASON)


def test_the_use_waits_for_a_review_by_somebody_else() -> None:
    officer, inspector = a_user("investigator"), a_user("duty_inspector")
    used = commands.break_glass(user=officer, thread=RECORD, reason=REASON)
    assert list(queries.break_glass_list(inspector, reviewed=False)) == [used]
    commands.review_break_glass(
        reviewer=inspector, pk=used.pk, justified=False, finding="It could have waited."
    )
    assert list(queries.break_glass_list(inspector, reviewed=False)) == []
    entry = Entry.objects.get(event="break-glass.reviewed")
    assert entry.facts == {"justified": False, "reason": "It could have waited."}


def test_nobody_reviews_their_own_use_and_nothing_is_reviewed_twice() -> None:
    inspector, other = a_user("duty_inspector"), a_user("duty_inspector")
    used = commands.break_glass(user=inspector, thread=RECORD, reason=REASON)
    with pytest.raises(NotAllowed, match="own"):
        commands.review_break_glass(reviewer=inspector, pk=used.pk, justified=True, finding="Mine.")
    commands.review_break_glass(reviewer=other, pk=used.pk, justified=True, finding="Right.")
    with pytest.raises(AlreadyDone):
        commands.review_break_glass(reviewer=other, pk=used.pk, justified=False, finding="Changed my mind.")


def test_need_to_know_is_given_by_one_who_has_it_and_ends_when_withdrawn() -> None:
    inspector, supervisor, officer = a_user("duty_inspector"), a_user("supervisor"), a_user("investigator")
    with pytest.raises(NotAllowed):
        commands.grant_need_to_know(by=supervisor, user=officer, thread=RECORD, reason="Leads the case.")
    commands.grant_need_to_know(by=inspector, user=supervisor, thread=RECORD, reason="Runs the unit.")
    grant = commands.grant_need_to_know(by=supervisor, user=officer, thread=RECORD, reason="Leads the case.")
    assert commands.grant_need_to_know(by=inspector, user=officer, thread=RECORD, reason="Again.") == grant
    assert Reader(officer).known_ids("referral") == [12]
    for _ in range(2):
        commands.withdraw_need_to_know(by=supervisor, pk=grant.pk, thread=RECORD)
    assert Reader(officer).known_ids("referral") == []
    assert Entry.objects.filter(event="need-to-know.granted", thread="referral:12").count() == 2
    assert Entry.objects.filter(event="need-to-know.withdrawn").count() == 1


@pytest.mark.parametrize(
    "text", ["", "X-12", "R-0", "R-12; drop", "12", "R-999999999999999999999999", "referral:0"]
)
def test_a_reference_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(Refused):
        read_reference(text)


def test_a_reference_without_a_record_breaks_no_glass() -> None:
    browser = signed_in(a_user("investigator"))
    page = browser.post("/break-glass/", {"reference": "R-000999", "reason": REASON})
    assert b"There is no record R-000999" in page.content
    assert not BreakGlass.objects.exists()


def test_the_review_page_shows_the_reason_and_records_the_finding() -> None:
    used = commands.break_glass(user=a_user("investigator"), thread=RECORD, reason=REASON)
    browser = signed_in(a_user("duty_inspector"))
    assert REASON.encode() in browser.get("/break-glass/reviews/").content
    answer = browser.post(
        f"/break-glass/reviews/{used.pk}/", {"justified": "yes", "finding": "A child was there."}
    )
    assert answer.status_code == 302
    used.refresh_from_db()
    assert (used.justified, used.finding) == (True, "A child was there.")
