"""From a referral to a protected child, as each role lives it, in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sooner.access.models import User
from sooner.duties.commands import tick
from sooner.duties.models import Duty
from sooner.intake.models import Referral
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.sealing import seal
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child, OvertAction, SafeguardingReferral
from sooner.workforce.models import Staff
from tests.factories.access import a_user
from tests.factories.intake import CHILD, a_document, a_row, received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Page]
HARINGEY = "E09000014"


@pytest.fixture
def people() -> dict[str, User]:
    return {
        "officer": a_user("referral_officer", username="rosa", name="Rosa Officer"),
        "worker": a_user("social_worker", authority=HARINGEY, username="wendy", name="Wendy Worker"),
        "elsewhere": a_user("social_worker", authority="E09000012", username="walt", name="Walt Worker"),
        "supervisor": a_user("supervisor", unit="NA", username="sue", name="Sue Supervisor"),
        "investigator": a_user("investigator", unit="NA", username="ivan", name="Ivan Investigator"),
        "inspector": a_user("duty_inspector", username="dan", name="Dan Inspector"),
        "hmi": a_user("inspector_of_constabulary", username="hope", name="Hope Inspector"),
    }


def a_referral_file(tmp_path: Path, **facts: str) -> Path:
    path = tmp_path / "referral.csv"
    path.write_bytes(a_document(a_row(**CHILD, **facts)))
    return path


def receive(page: Page, path: Path) -> None:
    """Upload a document on the receive page and open the referral read from it."""
    page.get_by_role("link", name="Receive", exact=True).click()
    page.get_by_label("Documents").set_input_files(path)
    page.get_by_role("button", name="Receive").click()
    page.get_by_role("link", name="R-0").first.click()


def in_the_force_s_zone(moment: object) -> str:
    zone = get_policy().force.zone
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")  # type: ignore[attr-defined]  # a datetime


def test_from_a_referral_to_a_joint_plan(signed_in: Opened, people: dict[str, User], tmp_path: Path) -> None:
    officer = signed_in(people["officer"])
    receive(officer, a_referral_file(tmp_path))
    expect(officer.get_by_role("heading", name="Children at risk")).to_be_visible()
    expect(officer.get_by_role("link", name="Amara Okafor").first).to_be_visible()
    expect(officer.get_by_text("Haringey").first).to_be_visible()
    officer.get_by_role("link", name="Amara Okafor").first.click()
    expect(officer.get_by_role("heading", name="Why this child may be at risk")).to_be_visible()
    officer.get_by_role("link", name="Confirm at risk").or_(
        officer.get_by_role("button", name="Confirm at risk")
    ).click()
    officer.get_by_role("button", name="Confirm").click()
    expect(officer.get_by_text("At risk: confirmed").first).to_be_visible()

    worker = signed_in(people["worker"])
    worker.get_by_role("link", name="Inbox").click()
    worker.get_by_role("link", name="Amara Okafor").click()
    loudest = worker.locator("main h2").first
    expect(loudest).to_contain_text("Do not contact the household")
    worker.get_by_role("button", name="I have read this: acknowledge").click()
    expect(worker.get_by_text("Acknowledged").first).to_be_visible()
    worker.locator("a", has_text="Decide").get_by_text("Decide", exact=True).click()
    worker.get_by_label("Hold a strategy discussion").check()
    worker.get_by_label("Reasons").fill("Likely significant harm.")
    worker.get_by_role("button", name="Record the decision").click()
    expect(worker.get_by_text("Likely significant harm.")).to_be_visible()

    child = Child.objects.get()
    supervisor = signed_in(people["supervisor"])
    supervisor.goto(f"/children/{child.pk}/discussion/")
    supervisor.get_by_label("When").fill(in_the_force_s_zone(clock.now() + timedelta(hours=1)))
    supervisor.get_by_role("button", name="Arrange").click()
    supervisor.get_by_role("link", name="Arranged for").first.click()
    supervisor.get_by_text("Record what was decided").click()
    supervisor.get_by_label("Police: who took part").fill("Sue Supervisor")
    supervisor.get_by_label("Social care: who took part").fill("Wendy Worker")
    supervisor.get_by_label("Health: who took part").fill("A health visitor")
    supervisor.get_by_label("What was decided for the child").fill(
        "Section 47 enquiries; joint visit after the search."
    )
    supervisor.get_by_label("Yes").check()
    supervisor.get_by_label("The overt action agreed").fill("Search warrant and arrest")
    supervisor.get_by_label("Not later than").fill(in_the_force_s_zone(clock.now() + timedelta(hours=30)))
    supervisor.get_by_role("button", name="Record").click()
    supervisor.get_by_role("link", name="Search warrant and arrest").click()
    expect(supervisor.get_by_role("heading", name="Search warrant and arrest")).to_be_visible()
    plan = OvertAction.objects.get()
    assert Duty.objects.get(key="take-overt-action", subject_id=plan.pk).due_at == plan.not_later_than


def test_another_authority_sees_nothing_of_it(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    receive(signed_in(people["officer"]), a_referral_file(tmp_path))
    walt = signed_in(people["elsewhere"])
    walt.get_by_role("link", name="Inbox").click()
    expect(walt.get_by_text("Amara")).to_have_count(0)
    answer = walt.goto(f"/inbox/{SafeguardingReferral.objects.get().pk}/")
    assert answer is not None
    assert answer.status == 404


def test_the_investigation_is_allocated_to_somebody_trained(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    receive(signed_in(people["officer"]), a_referral_file(tmp_path))
    staff = Staff.objects.create(user=people["investigator"])
    today = clock.now().date()
    for skill in get_policy().skills.values():
        if "lead-investigation" in skill.needed_for:
            staff.competences.create(skill=skill.key, awarded_on=today - timedelta(days=30))
    supervisor = signed_in(people["supervisor"])
    one = Investigation.objects.get()
    supervisor.goto(f"/investigations/{one.pk}/")
    expect(supervisor.get_by_text("A child is at risk").first).to_be_visible()
    supervisor.goto(f"/investigations/{one.pk}/allocate/")
    expect(supervisor.get_by_text("Ivan Investigator").first).to_be_visible()
    supervisor.get_by_label("Lead").select_option(label="Ivan Investigator")
    supervisor.get_by_role("button", name="Allocate").click()
    one.refresh_from_db()
    assert one.lead == people["investigator"]
    ivan = signed_in(people["investigator"])
    ivan.goto(f"/investigations/{one.pk}/")
    expect(ivan.get_by_role("heading", level=1)).to_be_visible()


def test_a_late_duty_is_loud_to_supervisor_and_duty_inspector(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    with clock.standing_at(clock.now() - timedelta(days=3)):
        received(a_referral_file(tmp_path).read_bytes())
    tick()
    assert Entry.objects.filter(event="duty.escalated").exists()
    for name in ("supervisor", "inspector"):
        page = signed_in(people[name])
        page.get_by_role("link", name="Late", exact=True).click()
        page.get_by_role("link", name="Decide whether this child is at risk").first.click()
        expect(page.get_by_text("Late").first).to_be_visible()


def test_the_inspector_reads_without_names_and_checks_a_proof(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    receive(signed_in(people["officer"]), a_referral_file(tmp_path))
    while seal():
        continue
    hope = signed_in(people["hmi"])
    hope.goto(f"/children/{Child.objects.get().pk}/")
    expect(hope.get_by_text("Amara")).to_have_count(0)
    entry = Entry.objects.filter(event="safeguarding-referral.sent").get()
    hope.goto(f"/ledger/entries/{entry.pk}/")
    expect(hope.get_by_text("Children's social care told").first).to_be_visible()
    expect(hope.get_by_text("root").first).to_be_visible()


def test_a_referral_is_received_by_keyboard_without_scripts_on_a_phone(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    page = signed_in(people["officer"], width=390, scripts=False)
    page.goto("/receive/")
    page.get_by_label("Documents").set_input_files(a_referral_file(tmp_path))
    page.get_by_role("button", name="Receive").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="R-0").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Children at risk")).to_be_visible()
    assert Referral.objects.count() == 1
