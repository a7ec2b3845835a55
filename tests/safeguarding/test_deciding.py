"""Only a named person rules a child out, with a reason; and no order of decisions leaves a child out of sight."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sooner.access.models import User
from sooner.duties.models import Duty
from sooner.errors import AlreadyDone, NotAllowed, NotFound, Refused, SoonerError
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.pipeline.run import run_pending
from sooner.safeguarding.commands.authority import decide, record_sent_by_hand
from sooner.safeguarding.commands.children import (
    NewChild,
    add_child,
    choose_authority,
    confirm_child,
    record_children_checked,
    record_household,
    reinstate_child,
    rule_out_child,
)
from sooner.safeguarding.models import Child, SafeguardingReferral
from tests.factories.access import a_user
from tests.factories.intake import a_referral
from tests.factories.safeguarding import (
    CROYDON,
    HACKNEY,
    HARINGEY,
    a_child,
    a_social_worker,
    a_told_child,
    open_duties,
    times_recorded,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return a_user("duty_inspector")


def test_to_confirm_a_child_ends_the_duty_to_decide_and_no_other(officer: User) -> None:
    child = a_child()
    confirm_child(officer, child=child)
    child.refresh_from_db()
    assert (child.state, child.decided_by) == ("confirmed", officer.name)
    assert "confirm-child" not in open_duties("child", child.pk)
    assert "tell-social-care" in open_duties("child", child.pk)


def test_to_rule_a_child_out_needs_a_reason_and_a_person_s_name(officer: User) -> None:
    child = a_child()
    for empty in ("", "  \n"):
        with pytest.raises(Refused, match="Say why"):
            rule_out_child(officer, child=child, reason=empty)
    rule_out_child(officer, child=child, reason="The child is 19 years old: birth certificate seen.")
    child.refresh_from_db()
    assert (child.state, child.decided_by) == ("ruled-out", officer.name)
    entry = Entry.objects.get(event="child.ruled-out")
    assert (entry.actor_kind, entry.actor_id) == ("user", officer.pk)
    assert entry.facts["reason"].startswith("The child is 19")
    assert open_duties("child", child.pk) == set()


@pytest.mark.parametrize(
    "role", ["inspector_of_constabulary", "training_lead", "administrator", "social_worker"]
)
def test_roles_that_do_not_decide_about_children_do_not(role: str) -> None:
    child = a_child()
    with pytest.raises(NotAllowed):
        rule_out_child(a_user(role), child=child, reason="Seen.")
    with pytest.raises(NotAllowed):
        add_child(a_user(role), referral=child.referral, new=NewChild("Zoe", "Example", "A neighbour."))


def test_an_officer_of_another_unit_cannot_decide() -> None:
    child = a_child()
    other = a_user("investigator", unit="CE")
    assert child.referral.unit != "CE"
    with pytest.raises(NotFound):
        rule_out_child(other, child=child, reason="Seen.")


def test_a_child_that_is_put_back_is_told_about_if_nobody_was_told(officer: User) -> None:
    child = a_child()
    rule_out_child(officer, child=child, reason="Seen.")
    reinstate_child(officer, child=child, reason="A teacher says otherwise.")
    run_pending()
    assert "tell-social-care" in open_duties("child", child.pk)
    assert SafeguardingReferral.objects.filter(child=child).count() == 1


def test_a_child_that_is_put_back_is_not_told_about_twice(officer: User) -> None:
    row, _ = a_told_child()
    assert row.child is not None
    rule_out_child(officer, child=row.child, reason="Seen.")
    reinstate_child(officer, child=row.child, reason="A teacher says otherwise.")
    run_pending()
    assert SafeguardingReferral.objects.count() == 1
    assert "tell-social-care" not in open_duties("child", row.child.pk)


def test_a_child_that_is_ruled_out_is_put_back_before_it_is_confirmed(officer: User) -> None:
    child = a_child()
    rule_out_child(officer, child=child, reason="Seen.")
    with pytest.raises(Refused, match="Put the child back"):
        confirm_child(officer, child=child)
    assert "tell-social-care" not in open_duties("child", child.pk)


def test_to_decide_the_same_twice_changes_nothing(officer: User) -> None:
    child = a_child()
    confirm_child(officer, child=child)
    with pytest.raises(AlreadyDone):
        confirm_child(officer, child=child)
    with pytest.raises(AlreadyDone):
        reinstate_child(officer, child=child, reason="Again.")
    rule_out_child(officer, child=child, reason="Seen.")
    with pytest.raises(AlreadyDone):
        rule_out_child(officer, child=child, reason="Seen again.")
    assert times_recorded("child.confirmed") == times_recorded("child.ruled-out") == 1


def test_a_child_that_an_officer_adds_is_told_about_like_any_other(officer: User) -> None:
    a_social_worker(HACKNEY)
    referral = a_referral()
    new = NewChild("Zoe", "Example", "A neighbour said so.", line1="3 Mill Lane", postcode="E8 1AA")
    child = add_child(officer, referral=referral, new=new)
    run_pending()
    row = SafeguardingReferral.objects.get(child=child)
    assert (row.authority, row.sent_at is not None) == (HACKNEY, True)
    assert child.ways[-1]["source"] == f"Added by {officer.name}"
    found = Entry.objects.get(event="child.identified", subject_id=child.pk)
    assert found.facts["how"] == "added-by-officer"
    assert found.actor_id == officer.pk


def test_a_child_added_without_an_address_goes_to_the_suspect_s_authority_or_is_somebody_s_duty(
    officer: User,
) -> None:
    referral = a_referral()
    child = add_child(officer, referral=referral, new=NewChild("Zoe", "", "Seen in the garden."))
    run_pending()
    child.refresh_from_db()
    assert child.authority == HARINGEY or "find-authority" in open_duties("child", child.pk)
    assert "tell-social-care" in open_duties("child", child.pk)


def test_to_add_a_child_needs_a_name_and_how_it_was_found(officer: User) -> None:
    referral = a_referral()
    for new in (NewChild("", " ", "Seen."), NewChild("Zoe", "Example", "  ")):
        with pytest.raises(Refused, match="how the child was found"):
            add_child(officer, referral=referral, new=new)
    assert not Child.objects.exists()


def test_to_add_a_child_that_was_ruled_out_puts_it_back_under_the_name_of_who_added_it(officer: User) -> None:
    child = a_child()
    rule_out_child(a_user("duty_inspector", name="Somebody Else"), child=child, reason="Seen.")
    known = NewChild(
        "Amara", "Okafor", "A teacher says so.", dob=child.person.dob, line1="12 Orchard Road", postcode="N8 7AB"
    )  # fmt: skip
    again = add_child(officer, referral=child.referral, new=known)
    assert (again.pk, again.state, again.decided_by) == (child.pk, "at-risk", officer.name)
    assert "tell-social-care" in open_duties("child", child.pk)


def test_the_same_child_is_not_added_twice(officer: User) -> None:
    child = a_child()
    known = NewChild(
        "Amara", "Okafor", "A teacher says so.", dob=child.person.dob, line1="12 Orchard Road", postcode="N8 7AB"
    )  # fmt: skip
    with pytest.raises(AlreadyDone):
        add_child(officer, referral=child.referral, new=known)


def test_that_nobody_was_found_is_recorded_with_who_was_asked(officer: User) -> None:
    referral = a_referral()
    assert "check-for-children" in open_duties("referral", referral.pk)
    with pytest.raises(Refused):
        record_children_checked(officer, referral=referral, who_was_asked="School census", answer=" ")
    record_children_checked(officer, referral=referral, who_was_asked="School census", answer="No child.")
    assert "check-for-children" not in open_duties("referral", referral.pk)
    assert Entry.objects.get(event="children.checked").facts["reason"] == "School census: No child."


def test_a_household_that_a_person_found_is_searched_at_once(officer: User) -> None:
    other = a_child(reference="T-0", suspect_name="Alan Marsden", suspect_date_of_birth="01/02/1990")
    referral = a_referral(suspect_address_line_1="", suspect_town="", suspect_postcode="")
    assert "find-household" in open_duties("referral", referral.pk)
    record_household(
        officer, referral=referral, line1="12 Orchard Road", postcode="N8 7AB", how="Voters' register."
    )
    run_pending()
    assert "find-household" not in open_duties("referral", referral.pk)
    assert Child.objects.get(referral=referral).person == other.person


def test_the_chosen_authority_is_told_at_once(officer: User) -> None:
    a_social_worker(CROYDON)
    child = a_child(
        child_postcode="", child_address="", suspect_postcode="", suspect_address_line_1="", suspect_town=""
    )
    assert "find-authority" in open_duties("child", child.pk)
    with pytest.raises(Refused, match="no such authority"):
        choose_authority(officer, child=child, authority="E00000000", reason="Seen.")
    with pytest.raises(Refused, match="how you know"):
        choose_authority(officer, child=child, authority=CROYDON, reason="")
    choose_authority(officer, child=child, authority=CROYDON, reason="The school told us.")
    run_pending()
    assert {"find-authority", "tell-social-care"} & open_duties("child", child.pk) == set()
    assert SafeguardingReferral.objects.get(child=child).authority == CROYDON


STEPS = st.lists(
    st.sampled_from(["confirm", "rule-out", "rule-out without a reason", "put-back", "add", "by hand", "run"]), max_size=9
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, reachable=st.booleans())
def test_no_order_of_decisions_drops_a_child(steps: list[str], reachable: bool, noon: datetime) -> None:
    """Invariants 1 and 7: unless a named person ruled it out with a reason, a child is told about or is a duty."""
    officer = a_user("duty_inspector")
    worker = a_social_worker() if reachable else None
    child = a_child(reference=f"T-{officer.pk}", child_name=f"Child{officer.pk} Okafor")
    for step in steps:
        with suppress(SoonerError):
            _take(step, officer, child)
        child.refresh_from_db()
        told = child.safeguarding_referrals.filter(sent_at__isnull=False).exists()
        if child.state != "ruled-out":
            assert told or "tell-social-care" in open_duties("child", child.pk), step
        else:
            assert child.reason
            assert child.decided_by == officer.name
    run_pending()
    assert child.safeguarding_referrals.count() == 1
    if worker is not None:
        worker.is_active = False
        worker.save()


def _take(step: str, officer: User, child: Child) -> None:
    given_names, family_name = child.person.name.split()
    known = NewChild(
        given_names, family_name, "A teacher.", dob=child.person.dob, line1="12 Orchard Road", postcode="N8 7AB"
    )  # fmt: skip
    unsent = child.safeguarding_referrals.filter(sent_at=None).first()
    match step:
        case "confirm":
            confirm_child(officer, child=child)
        case "rule-out":
            rule_out_child(officer, child=child, reason="Seen.")
        case "rule-out without a reason":
            rule_out_child(officer, child=child, reason="")
        case "put-back":
            reinstate_child(officer, child=child, reason="Seen.")
        case "add":
            add_child(officer, referral=child.referral, new=known)
        case "by hand" if unsent is not None:
            record_sent_by_hand(officer, row=unsent, to_whom="Duty team", how="020 7946 0001")
        case "run":
            run_pending()


@pytest.mark.parametrize("key", ["confirm-child", "hold-strategy-discussion", "complete-assessment"])
def test_a_child_put_back_has_the_clocks_that_the_ruling_out_ended(
    officer: User, noon: datetime, key: str
) -> None:
    row, worker = a_told_child()
    child = row.child
    assert child is not None
    decide(worker, row=row, decision="strategy-discussion", reason="Significant harm.")
    before = Duty.objects.get(subject_kind="child", subject_id=child.pk, key=key, discharged_at=None)
    rule_out_child(officer, child=child, reason="Another family.")
    assert key not in open_duties("child", child.pk)
    with clock.standing_at(noon + timedelta(hours=5)):
        reinstate_child(officer, child=child, reason="The same family after all.")
    after = Duty.objects.get(subject_kind="child", subject_id=child.pk, key=key, discharged_at=None)
    assert (after.due_at, after.pk == before.pk) == (before.due_at, False)


def test_what_was_done_is_not_to_be_done_again_because_a_child_is_put_back(officer: User) -> None:
    child = a_child()
    confirm_child(officer, child=child)
    rule_out_child(officer, child=child, reason="Another family.")
    reinstate_child(officer, child=child, reason="The same family after all.")
    assert "confirm-child" not in open_duties("child", child.pk)
