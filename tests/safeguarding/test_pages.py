"""The safeguarding pages: what must happen now, for which child, why; and how to handle it said loudest."""

import re
from collections.abc import Iterable
from datetime import datetime

import pytest
from django.test import Client

from sooner.access.models import User
from sooner.ledger.models import Entry
from sooner.pipeline.run import run_pending
from sooner.safeguarding.commands.children import NewChild, add_child
from sooner.safeguarding.commands.protection import Taken, take_into_protection
from sooner.safeguarding.models import OvertAction, SafeguardingReferral, StrategyDiscussion
from tests.factories.access import a_key, a_user, signed_in
from tests.factories.intake import a_referral
from tests.factories.safeguarding import (
    CROYDON,
    HACKNEY,
    a_child,
    a_discussion,
    a_plan,
    a_position_of_trust,
    a_social_worker,
    a_told_child,
    open_duties,
)

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a[^>]* href="(/[^"#]*)"')
MAIN = re.compile(r"<main.*</main>", re.DOTALL)


@pytest.fixture
def inspector() -> User:
    return a_user("duty_inspector")


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, f"{path}: {response.status_code}"
    return response.content.decode()


def sent(client: Client, path: str, **answers: str) -> str:
    """Fill in a form; where it leads."""
    response = client.post(path, answers)
    assert response.status_code == 302, re.sub(r"\s+", " ", response.content.decode())[:3000]
    return str(response["Location"])


def links(page: str) -> Iterable[str]:
    main = MAIN.search(page)
    assert main is not None
    return dict.fromkeys(LINK.findall(main[0]))


def seen(page: str) -> int:
    return Entry.objects.filter(event="record.viewed", body__contains=f'"page":"{page}"').count()


# For police


def test_a_child_s_page_says_why_what_now_and_who_was_told(inspector: User, noon: datetime) -> None:
    row, _ = a_told_child()
    page = text(signed_in(inspector), f"/children/{row.child_id}/")
    for words in (
        "Amara Okafor, 8",
        "Why this child may be at risk",
        "daughter",
        "Decide whether this child is at risk",
        "Haringey",
        "told",
        "Confirm at risk",
        "Rule out",
        "Arrange a strategy discussion",
        "Record police protection",
    ):
        assert words in page, words
    assert page.count("<h1") == 1
    assert seen("child") == 1


def test_the_list_of_children_leads_to_each_and_puts_the_view_on_the_record(inspector: User) -> None:
    child = a_child()
    page = text(signed_in(inspector), "/children/")
    assert f"/children/{child.pk}/" in page
    assert "Not told yet" in page
    assert seen("children") == 1
    assert "Amara Okafor" not in text(signed_in(inspector), "/children/?state=ruled-out")


def test_a_child_is_confirmed_ruled_out_and_put_back_by_form(inspector: User) -> None:
    child, client = a_child(), signed_in(inspector)
    here = f"/children/{child.pk}/"
    assert sent(client, f"{here}confirm/", reason="Birth certificate.") == here
    assert "At risk: confirmed" in text(client, here)
    assert client.post(f"{here}rule-out/", {"reason": ""}).status_code == 200
    assert sent(client, f"{here}rule-out/", reason="Not the same person.") == here
    page = text(client, here)
    assert f"Ruled out by {inspector.name}" in page
    assert "Not the same person." in page
    assert sent(client, f"{here}put-back/", reason="A teacher says otherwise.") == here
    assert f"Put back by {inspector.name}" in text(client, here)


def test_what_a_rule_refuses_is_said_on_the_form(inspector: User) -> None:
    child, client = a_child(), signed_in(inspector)
    sent(client, f"/children/{child.pk}/confirm/")
    page = client.post(f"/children/{child.pk}/confirm/", {"reason": ""}).content.decode()
    assert "This child is confirmed already. Nothing changed." in page


def test_a_child_is_added_and_told_about_by_form(inspector: User) -> None:
    a_social_worker(HACKNEY)
    referral, client = a_referral(), signed_in(inspector)
    where = sent(
        client, f"/referrals/{referral.pk}/add-child/", given_names="Zoe", family_name="Example", line1="3 Mill Lane",
        postcode="E8 1AA", how_found="A neighbour said so.", dob="2016-05-01",
    )  # fmt: skip
    page = text(client, where)
    assert "Zoe Example" in page
    assert SafeguardingReferral.objects.get().authority == HACKNEY


def test_that_nobody_was_found_and_where_the_suspect_lives_are_recorded_by_form(inspector: User) -> None:
    referral = a_referral(suspect_address_line_1="", suspect_town="", suspect_postcode="")
    client, here = signed_in(inspector), f"/referrals/{referral.pk}/"
    assert sent(client, f"{here}checked/", who_was_asked="School census", answer="Nobody.") == here
    assert "check-for-children" not in open_duties("referral", referral.pk)
    assert (
        sent(client, f"{here}household/", line1="12 Orchard Road", postcode="N8 7AB", how="Voters.") == here
    )
    assert open_duties("referral", referral.pk) == {"check-for-children"}, "the new home was searched in vain"


def test_police_see_what_was_told_and_how_it_travelled(inspector: User, noon: datetime) -> None:
    row, _ = a_told_child()
    page = text(signed_in(inspector), f"/social-care/{row.pk}/")
    for words in (
        row.reference,
        "Handling instruction",
        "Do not contact the child, the family",
        "What the authority was told",
        "Delivered",
        "Amara Okafor",
        "Chase",
    ):
        assert words in page, words


def test_an_authority_that_must_be_told_by_hand_is_said_so_loudly_until_it_is_recorded(
    inspector: User,
) -> None:
    row = SafeguardingReferral.objects.get(child=a_child())
    client, here = signed_in(inspector), f"/social-care/{row.pk}/"
    assert "The authority has not been told yet." in text(client, here)
    assert sent(client, f"{here}told/", to_whom="Duty team", how="020 7946 0001") == here
    assert "020 7946 0001, to Duty team" in text(client, here)
    assert sent(client, f"{here}chase/", spoke_to="Duty team", answer="Today.") == here


def test_the_authority_is_chosen_by_form(inspector: User) -> None:
    a_social_worker(CROYDON)
    child, client = a_child(), signed_in(inspector)
    sent(client, f"/children/{child.pk}/authority/", authority=CROYDON, reason="The school told us.")
    assert "Croydon" in text(client, f"/children/{child.pk}/")
    assert child.safeguarding_referrals.filter(authority=CROYDON, sent_at__isnull=False).exists()


def test_a_discussion_is_arranged_recorded_and_its_plan_taken_by_form(
    inspector: User, noon: datetime
) -> None:
    child, client = a_child(), signed_in(inspector)
    sent(client, f"/children/{child.pk}/discussion/", arranged_for="2026-06-03T15:00", place="Call")
    held = StrategyDiscussion.objects.get()
    assert "3 June 2026 at 3pm" in text(client, f"/discussions/{held.pk}/"), "times are London's"
    answers = {
        "police": "Sue Example", "social_care": "Wendy Example", "decisions": "Act together.", "section_47": "yes",
        "family_told": "Nothing yet.", "plan": "Search and arrest", "not_later_than": "2026-06-03T20:00",
        "held_at": "2026-06-03T13:00",
    }  # fmt: skip
    without = {name: given for name, given in answers.items() if name != "plan"}
    page = client.post(f"/discussions/{held.pk}/record/", without).content.decode()
    assert "Say what the overt action is that is taken by that time." in page
    half = {name: given for name, given in answers.items() if name != "not_later_than"}
    page = client.post(f"/discussions/{held.pk}/record/", half).content.decode()
    assert "Give the time by which the overt action is taken." in page
    sent(client, f"/discussions/{held.pk}/record/", **answers)
    page = text(client, f"/discussions/{held.pk}/")
    assert "Not there: health" in page
    plan = OvertAction.objects.get()
    assert plan.not_later_than.isoformat() == "2026-06-03T19:00:00+00:00"
    assert "Search and arrest" in text(client, f"/plans/{plan.pk}/")
    sent(client, f"/plans/{plan.pk}/taken/", what_happened="Arrested at 19:10.")
    assert "Taken" in text(client, f"/plans/{plan.pk}/")


def test_police_protection_is_recorded_with_its_clock_by_form(inspector: User, noon: datetime) -> None:
    child, client = a_child(), signed_in(inspector)
    here = f"/children/{child.pk}/"
    sent(client, f"{here}protection/", at="2026-06-03T11:30", grounds="Likely harm.", place="Hospital")
    page = text(client, here)
    assert "6 June 2026 at 11:30am" in page
    assert "It cannot be extended." in page
    made = child.police_protections.get()
    sent(client, f"/protections/{made.pk}/told/", who="authority")
    sent(client, f"/protections/{made.pk}/end/", reason="With foster carers.")
    assert "Ended" in text(client, here)


def test_every_link_on_a_police_page_can_be_opened_by_its_reader(inspector: User, noon: datetime) -> None:
    row, _ = a_told_child()
    assert row.child is not None
    plan = a_plan(inspector, row.child)
    take_into_protection(inspector, child=row.child, taken=Taken(noon, "Harm.", "Hospital"))
    client = signed_in(inspector)
    for path in (
        "/children/", f"/children/{row.child_id}/", f"/social-care/{row.pk}/", f"/discussions/{plan.discussion_id}/",
        f"/plans/{plan.pk}/",
    ):  # fmt: skip
        for link in links(text(client, path)):
            text(client, link)


def test_the_inspector_of_constabulary_sees_no_names(noon: datetime, inspector: User) -> None:
    row, _ = a_told_child()
    assert row.child is not None
    plan = a_plan(inspector, row.child)
    client = signed_in(a_user("inspector_of_constabulary"))
    for path in (
        "/children/", f"/children/{row.child_id}/", f"/social-care/{row.pk}/", f"/discussions/{plan.discussion_id}/",
        f"/plans/{plan.pk}/",
    ):  # fmt: skip
        page = text(client, path)
        assert "Okafor" not in page, path
        assert "Orchard" not in page, path


# For social workers


def test_the_inbox_says_what_to_do_now_and_how_to_handle_it(noon: datetime) -> None:
    row, worker = a_told_child()
    page = text(signed_in(worker), "/inbox/")
    for words in ("Referrals from police", "Amara Okafor", "Acknowledge", "Do not contact the household"):
        assert words in page, words
    assert f"/inbox/{row.pk}/" in page
    assert seen("inbox") == 1


def test_how_to_handle_it_comes_before_everything_else_on_the_authority_s_page(noon: datetime) -> None:
    row, worker = a_told_child()
    page = text(signed_in(worker), f"/inbox/{row.pk}/")
    handling = page.index("Do not contact the child, the family or anybody at the address")
    for later in ("I have read this: acknowledge", "The concern", "12 Orchard Road", "What you must do now"):
        assert handling < page.index(later), later
    assert page.count("<h1") == 1


def test_a_social_worker_acknowledges_decides_and_goes_on_by_form(noon: datetime) -> None:
    row, worker = a_told_child()
    client, here = signed_in(worker), f"/inbox/{row.pk}/"
    assert sent(client, f"{here}acknowledge/") == here
    page = text(client, f"{here}decide/")
    for option in ("section 47", "section 17", "Immediate protection", "Early help", "No further action"):
        assert option in page, option
    assert sent(client, f"{here}decide/", decision="strategy-discussion", reason="Significant harm.") == here
    assert "Significant harm." in text(client, here)
    sent(client, f"{here}discussion/", arranged_for="2026-06-03T15:00")
    held = StrategyDiscussion.objects.get()
    sent(
        client, f"/discussions/{held.pk}/record/", police="Sue", social_care="Wendy", decisions="Act.", section_47="yes",
        held_at="2026-06-03T13:00",
    )  # fmt: skip
    sent(client, f"{here}conference/", reason="Held; protection plan.")
    sent(client, f"{here}assessment/", reason="Complete.")
    assert row.child_id is not None
    assert {"hold-conference", "complete-assessment"} & open_duties("child", row.child_id) == set()


def test_a_social_worker_passes_on_by_form(noon: datetime) -> None:
    right = a_social_worker(CROYDON)
    row, worker = a_told_child()
    sent(signed_in(worker), f"/inbox/{row.pk}/pass-on/", authority=CROYDON, reason="Moved there.")
    assert "Passed on to Croydon" in text(signed_in(worker), f"/inbox/{row.pk}/")
    assert "Amara Okafor" in text(signed_in(right), "/inbox/")


def test_a_designated_officer_s_referral_can_be_acknowledged_and_nothing_breaks_on_it(noon: datetime) -> None:
    worker = a_social_worker()
    row, client = a_position_of_trust(), signed_in(worker)
    here = f"/inbox/{row.pk}/"
    page = text(client, here)
    assert "For the designated officer" in page
    assert "Coaches under-11s" in page
    for step in ("assessment", "conference"):
        assert "not about that child" in client.post(f"{here}{step}/", {"reason": "Seen."}).content.decode()
    assert sent(client, f"{here}acknowledge/") == here


def test_a_social_worker_reaches_no_police_page_and_no_other_authority(
    inspector: User, noon: datetime
) -> None:
    row, worker = a_told_child()
    assert row.child is not None
    held = a_discussion(inspector, row.child)
    client, other = signed_in(worker), signed_in(a_social_worker(HACKNEY))
    for path in (
        "/children/",
        f"/children/{row.child_id}/",
        f"/social-care/{row.pk}/",
        f"/referrals/{row.referral_id}/",
    ):
        text(client, path, status=403)
    for path in (f"/inbox/{row.pk}/", f"/inbox/{row.pk}/decide/", f"/discussions/{held.pk}/"):
        text(client, path)
        text(other, path, status=404)
    assert "Nothing is waiting" in text(other, "/inbox/")


def test_every_link_on_a_social_worker_s_pages_can_be_opened_by_its_reader(
    inspector: User, noon: datetime
) -> None:
    row, worker = a_told_child()
    assert row.child is not None
    plan = a_plan(inspector, row.child)
    client = signed_in(worker)
    for path in (
        "/",
        "/inbox/",
        f"/inbox/{row.pk}/",
        f"/discussions/{plan.discussion_id}/",
        f"/plans/{plan.pk}/",
    ):
        for link in links(text(client, path)):
            text(client, link)


# Over the API


def test_a_discussion_over_the_api_names_to_an_authority_its_own_children_only(inspector: User) -> None:
    worker, other = a_social_worker(), a_social_worker(HACKNEY)
    first = a_child()
    new = NewChild("Zoe", "Example", "Seen.", line1="3 Mill Lane", postcode="E8 1AA")
    second = add_child(inspector, referral=first.referral, new=new)
    run_pending()
    held = a_discussion(inspector, first, second)
    for user, children in ((worker, [first.pk]), (other, [second.pk]), (inspector, [first.pk, second.pk])):
        answer = Client().get(
            f"/api/discussions/{held.pk}", headers={"Authorization": f"Bearer {a_key(user)}"}
        )
        assert answer.status_code == 200
        assert answer.json()["children"] == children


def test_a_plan_read_over_the_api_is_on_the_record(inspector: User) -> None:
    plan = a_plan(inspector, a_child())
    answer = Client().get(f"/api/plans/{plan.pk}", headers={"Authorization": f"Bearer {a_key(inspector)}"})
    assert answer.json()["what"] == "Search and arrest"
    assert seen("api-overt-action") == 1


def test_an_address_that_only_takes_a_button_says_so_when_it_is_typed(noon: datetime) -> None:
    row, worker = a_told_child()
    answer = signed_in(worker).get(f"/inbox/{row.pk}/acknowledge/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Go back to the page that has the button" in answer.content.decode()
    row.refresh_from_db()
    assert row.acknowledged_at is None
