"""An authority sees what it was told and nothing else; it acknowledges, decides, or passes on without a child being lost."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sooner.access.decide import visible
from sooner.access.models import User
from sooner.duties import queries as duties
from sooner.duties.models import Duty
from sooner.errors import AlreadyDone, NotAllowed, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract
from sooner.pipeline.run import run_pending
from sooner.safeguarding import queries
from sooner.safeguarding.commands import authority as side
from sooner.safeguarding.commands.children import NewChild, add_child, rule_out_child
from sooner.safeguarding.commands.strategy import record_discussion
from sooner.safeguarding.models import Child, OvertAction, SafeguardingReferral, StrategyDiscussion
from sooner.safeguarding.scopes import child_labels, referral_labels
from tests.factories.access import a_user
from tests.factories.safeguarding import (
    CROYDON,
    HACKNEY,
    HARINGEY,
    a_child,
    a_discussion,
    a_plan,
    a_position_of_trust,
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


def a_restricted_referral(tmp_path: Path) -> SafeguardingReferral:
    """The suspect works for Haringey itself: only its named managers are told."""
    path = tmp_path / "staff.csv"
    path.write_text(
        "staff_ref,full_name,born,home_addr,home_postcode,role,organisation,la_code,works_with_children\n"
        "T1,Obi Okafor,1988-05-06,12 Orchard Road,N8 7AB,Social worker,Haringey Council,E09000014,yes\n",
        encoding="utf-8",
    )
    load_extract(SYSTEM, mapping="staff-positions", path=path)
    return SafeguardingReferral.objects.get(child=a_child(), kind="social-care")


# What it sees


def test_an_authority_sees_its_own_referrals_and_nothing_else(inspector: User) -> None:
    row, worker = a_told_child()
    other = a_social_worker(HACKNEY)
    assert list(visible(SafeguardingReferral.objects.all(), worker)) == [row]
    assert not visible(SafeguardingReferral.objects.all(), other).exists()
    assert not visible(Child.objects.all(), worker).exists(), "the police record is not the authority's"
    for command in (
        lambda: side.acknowledge(other, row=row),
        lambda: side.decide(other, row=row, decision="section-17", reason="Seen."),
        lambda: side.pass_on(other, row=row, authority=CROYDON, reason="Seen."),
        lambda: side.record_assessment(other, child=row.child, row=row, words="Seen."),
    ):
        with pytest.raises(NotFound):
            command()
    with pytest.raises(NotFound):
        queries.inbox_item(other, row.pk)


def test_what_was_not_sent_yet_is_not_in_the_inbox() -> None:
    child = a_child()
    worker = a_social_worker()
    assert SafeguardingReferral.objects.get(child=child).sent_at is None
    assert queries.inbox(worker).rows == []


def test_the_inbox_shows_what_was_sent_whatever_police_change_later() -> None:
    row, worker = a_told_child()
    assert row.child is not None
    person = row.child.person
    person.name = "A Name Learned Later"
    person.save()
    assert queries.inbox_item(worker, row.pk).about == "Amara Okafor"
    assert queries.child_row(a_user("duty_inspector"), row.child).name.startswith("A Name Learned Later")


def test_a_restricted_referral_is_seen_by_the_named_managers_only(tmp_path: Path) -> None:
    manager = a_social_worker(named_manager=True)
    worker, other = a_social_worker(), a_social_worker(HACKNEY, named_manager=True)
    row = a_restricted_referral(tmp_path)
    assert row.sent_at is not None, "restricted, and told at once all the same"
    assert queries.inbox_item(manager, row.pk).row == row
    for user in (worker, other):
        assert row not in visible(SafeguardingReferral.objects.all(), user)
        about = Duty.objects.filter(subject_kind="safeguarding-referral", subject_id=row.pk)
        assert not visible(about, user).exists()
    mine = visible(Duty.objects.filter(authority=HARINGEY), manager).values_list("key", flat=True)
    assert {"acknowledge-referral", "decide-referral", "complete-assessment"} <= set(mine)


def test_later_duties_about_a_restricted_referral_are_the_named_managers_too(
    tmp_path: Path, inspector: User
) -> None:
    manager, worker = a_social_worker(named_manager=True), a_social_worker()
    row = a_restricted_referral(tmp_path)
    assert row.child is not None
    held = a_discussion(inspector, row.child)
    record_discussion(inspector, discussion=held, outcome=an_outcome(section_47=True, hours=5))
    conference = Duty.objects.get(key="hold-conference")
    assert conference in visible(Duty.objects.all(), manager)
    assert conference not in visible(Duty.objects.all(), worker)
    for model in (StrategyDiscussion, OvertAction):
        assert visible(model._default_manager.all(), manager).exists()
        assert not visible(model._default_manager.all(), worker).exists()


def test_a_discussion_about_several_authorities_children_names_to_each_its_own(inspector: User) -> None:
    worker, other = a_social_worker(), a_social_worker(HACKNEY)
    first = a_child()
    second = add_child(
        inspector, referral=first.referral, new=NewChild("Zoe", "Example", "Seen.", line1="3 Mill Lane", postcode="E8 1AA")
    )  # fmt: skip
    run_pending()
    held = a_discussion(inspector, first, second)
    assert [pk for pk, _ in queries.names_of(worker, held)] == [first.pk]
    assert [pk for pk, _ in queries.names_of(other, held)] == [second.pk]
    assert [pk for pk, _ in queries.names_of(inspector, held)] == [first.pk, second.pk]


def test_my_work_says_to_the_authority_which_child_it_is_about(noon: datetime) -> None:
    row, worker = a_told_child()
    rows = duties.my_work(worker).rows
    abouts = {item.duty.key: item.about for item in rows}
    for key in ("acknowledge-referral", "decide-referral", "complete-assessment"):
        assert abouts[key] == f"Amara Okafor, 8 ({row.reference})"


def test_a_list_names_no_child_to_a_reader_who_sees_no_names_or_does_not_see_it(noon: datetime) -> None:
    row, _ = a_told_child()
    assert row.child_id is not None
    hidden = (
        a_user("inspector_of_constabulary"),
        a_user("investigator", unit="CE"),
        a_social_worker(HACKNEY),
    )
    for user in hidden:
        labels = [*child_labels([row.child_id], user).values(), *referral_labels([row.pk], user).values()]
        assert not any("Okafor" in label for label in labels)
    seen = a_user("duty_inspector")
    assert child_labels([row.child_id], seen)[row.child_id] == "Amara Okafor, 8"
    assert referral_labels([row.pk], seen)[row.pk] == f"Amara Okafor, 8 ({row.reference})"


# What it does


def test_to_acknowledge_ends_that_duty_and_is_the_reader_s_own() -> None:
    row, worker = a_told_child()
    side.acknowledge(worker, row=row)
    with pytest.raises(AlreadyDone, match=worker.name):
        side.acknowledge(a_social_worker(), row=row)
    assert "acknowledge-referral" not in open_duties("safeguarding-referral", row.pk)
    assert "decide-referral" in open_duties("safeguarding-referral", row.pk)
    with pytest.raises(NotAllowed):
        side.acknowledge(a_user("duty_inspector"), row=row)


@pytest.mark.parametrize(
    ("decision", "discussion"),
    [("strategy-discussion", True), ("immediate-protection", True), ("section-17", False), ("early-help", False),
     ("already-open", False), ("no-further-action", False)],
)  # fmt: skip
def test_each_statutory_decision_opens_what_follows_from_it(decision: str, discussion: bool) -> None:
    row, worker = a_told_child()
    side.decide(worker, row=row, decision=decision, reason="Seen.")
    row.refresh_from_db()
    assert (row.decision, row.acknowledged_by, row.decided_by) == (decision, worker.name, worker.name)
    assert row.child_id is not None
    assert ("hold-strategy-discussion" in open_duties("child", row.child_id)) == discussion
    assert open_duties("safeguarding-referral", row.pk) == set()


def test_a_decision_needs_reasons_and_is_one_that_the_law_knows() -> None:
    row, worker = a_told_child()
    with pytest.raises(Refused, match="reasons"):
        side.decide(worker, row=row, decision="section-17", reason=" ")
    with pytest.raises(Refused, match="not a decision"):
        side.decide(worker, row=row, decision="care-and-support", reason="Seen.")
    assert "decide-referral" in open_duties("safeguarding-referral", row.pk)


def test_wales_decides_by_its_own_law() -> None:
    assert "care-and-support" in side.options_for("W06000015")
    assert "section-17" not in side.options_for("W06000015")


def test_a_referral_to_the_wrong_authority_is_with_the_right_one_at_once() -> None:
    right = a_social_worker(CROYDON)
    row, worker = a_told_child()
    made = side.pass_on(worker, row=row, authority=CROYDON, reason="Moved there in May.")
    row.refresh_from_db()
    assert row.rerouted_to == made
    assert made.sent_at is not None
    assert queries.inbox_item(right, made.pk).about == "Amara Okafor"
    assert {"acknowledge-referral", "decide-referral"} <= open_duties("safeguarding-referral", made.pk)
    assert "decide-referral" not in open_duties("safeguarding-referral", row.pk)
    child = Child.objects.get()
    assert (child.authority, child.authority_how) == (CROYDON, "authority")
    for again in (
        lambda: side.pass_on(worker, row=row, authority=HACKNEY, reason="Or there."),
        lambda: side.decide(worker, row=row, decision="section-17", reason="Seen."),
        lambda: side.record_assessment(worker, child=row.child, row=row, words="Done."),
    ):
        with pytest.raises(Refused):
            again()


def test_an_authority_that_passed_a_child_on_sees_nothing_of_what_follows(inspector: User) -> None:
    a_social_worker(CROYDON)
    row, worker = a_told_child()
    side.pass_on(worker, row=row, authority=CROYDON, reason="Moved there in May.")
    assert row.child is not None
    a_plan(inspector, row.child)
    assert not visible(StrategyDiscussion.objects.all(), worker).exists()
    assert not visible(OvertAction.objects.all(), worker).exists()


def test_a_referral_may_come_back_to_the_authority_that_passed_it_on() -> None:
    croydon = a_social_worker(CROYDON)
    row, worker = a_told_child()
    there = side.pass_on(worker, row=row, authority=CROYDON, reason="Moved there.")
    back = side.pass_on(croydon, row=there, authority=HARINGEY, reason="Moved back.")
    assert back.pk not in (row.pk, there.pk)
    assert back.sent_at is not None
    assert back.authority == HARINGEY


def test_a_child_that_police_ruled_out_meanwhile_is_not_passed_on(inspector: User) -> None:
    row, worker = a_told_child()
    assert row.child is not None
    rule_out_child(inspector, child=row.child, reason="Seen.")
    with pytest.raises(Refused, match="no longer count"):
        side.pass_on(worker, row=row, authority=CROYDON, reason="Moved there.")


def test_later_steps_end_their_duties() -> None:
    row, worker = a_told_child()
    assert row.child is not None
    side.record_assessment(worker, child=row.child, row=row, words="Child in need plan.")
    assert "complete-assessment" not in open_duties("child", row.child.pk)
    side.record_conference(worker, child=row.child, row=row, words="Held.")
    assert times_recorded("child-protection-conference.held") == 1
    with pytest.raises(Refused):
        side.record_conference(worker, child=row.child, row=row, words=" ")


def test_a_position_of_trust_is_acknowledged_and_neither_decided_nor_passed_on() -> None:
    worker = a_social_worker()
    row = a_position_of_trust()
    for command in (
        lambda: side.decide(worker, row=row, decision="section-17", reason="Seen."),
        lambda: side.pass_on(worker, row=row, authority=CROYDON, reason="Seen."),
        lambda: side.record_assessment(worker, child=row.child, row=row, words="Seen."),
        lambda: side.record_conference(worker, child=row.child, row=row, words="Seen."),
    ):
        with pytest.raises(Refused):
            command()
    side.acknowledge(worker, row=row)
    assert open_duties("safeguarding-referral", row.pk) == set()
    assert queries.inbox(worker).rows == []


# What police do beside it


def test_an_authority_that_was_told_by_telephone_was_told(inspector: User, noon: datetime) -> None:
    child = a_child()
    row = SafeguardingReferral.objects.get(child=child)
    with pytest.raises(Refused):
        side.record_sent_by_hand(inspector, row=row, to_whom="", how="020 7946 0001")
    side.record_sent_by_hand(inspector, row=row, to_whom="Duty team", how="020 7946 0001")
    row.refresh_from_db()
    assert (row.sent_at, row.sent_how) == (noon, "020 7946 0001, to Duty team")
    assert row.deliveries.get().state == "delivered"
    assert "tell-social-care" not in open_duties("child", child.pk)
    with pytest.raises(AlreadyDone):
        side.record_sent_by_hand(inspector, row=row, to_whom="Duty team", how="020 7946 0001")


def test_a_chase_is_recorded_with_who_said_what(inspector: User) -> None:
    row, _ = a_told_child()
    assert "chase-social-care" in open_duties("safeguarding-referral", row.pk)
    with pytest.raises(Refused):
        side.chase(inspector, row=row, spoke_to="Duty team", answer="")
    side.chase(inspector, row=row, spoke_to="Duty team", answer="They look at it today.")
    assert "chase-social-care" not in open_duties("safeguarding-referral", row.pk)
    entry = Entry.objects.get(event="safeguarding-referral.chased")
    assert entry.facts["reason"] == "Duty team: They look at it today."


def test_a_position_of_trust_can_be_chased_too(inspector: User) -> None:
    a_social_worker()
    side.chase(inspector, row=a_position_of_trust(), spoke_to="Duty officer", answer="Today.")
    assert times_recorded("safeguarding-referral.chased") == 1


# The list


def test_the_inbox_leads_with_what_is_urgent_and_hides_nothing_behind_a_page(
    noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    worker = a_social_worker()
    for number in range(7):
        with clock.standing_at(noon + timedelta(minutes=number)):
            a_child(
                reference=f"T-{number}", child_name=f"Child{number} Okafor", priority="E" if number in (3, 5, 6) else ""
            )  # fmt: skip
    order = list(SafeguardingReferral.objects.order_by("-urgent", "pk").values_list("pk", flat=True))
    assert walked(worker) == order
    assert SafeguardingReferral.objects.filter(urgent=True).count() == 3
    first = queries.inbox(worker)
    for item in first.rows:
        assert isinstance(item, queries.InboxItem)
        side.decide(worker, row=item.row, decision="section-17", reason="Seen.")
    assert walked(worker, after=first.after) == order[2:], "what was decided meanwhile hides nothing"
    assert walked(worker) == order[2:]
    assert walked(worker, state="all") == sorted(order, reverse=True)


def walked(worker: User, *, after: int | None = None, state: str = "open") -> list[int]:
    found: list[int] = []
    for _ in range(9):
        page = queries.inbox(worker, after=after, state=state)
        found += [item.row.pk for item in page.rows if isinstance(item, queries.InboxItem)]
        after = page.after
        if after is None:
            return found
    raise AssertionError("the list does not end")
