"""From a referral to a protected child, as each role lives it, in a real browser."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sooner.access.models import User
from sooner.duties.commands import tick
from sooner.duties.models import Duty
from sooner.intake.models import Referral
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.sealing import seal
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child, OvertAction, SafeguardingReferral
from sooner.workforce.models import Staff
from tests.factories.access import PASSWORD, a_user
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


def in_the_force_s_zone(moment: datetime) -> str:
    return moment.astimezone(get_policy().force.zone).strftime("%Y-%m-%dT%H:%M")


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
    supervisor.get_by_label("When it was held").fill(in_the_force_s_zone(clock.now()))
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


def test_the_investigator_records_warrant_arrest_risk_and_bail(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    received(a_referral_file(tmp_path).read_bytes())
    one = Investigation.objects.get()
    Investigation.objects.filter(pk=one.pk).update(lead=people["investigator"], allocated_at=clock.now())
    ivan = signed_in(people["investigator"])
    ivan.goto(f"/investigations/{one.pk}/")
    now = clock.now()
    record(ivan, "Warrant applied for", at=now - timedelta(hours=6))
    record(ivan, "Warrant granted", at=now - timedelta(hours=5))
    record(ivan, "Warrant executed", at=now - timedelta(hours=4))
    record(ivan, "Suspect arrested", at=now - timedelta(hours=4))
    expect(ivan.get_by_text("Suspect arrested").first).to_be_visible()
    assert Duty.objects.filter(key="assess-suicide-risk-arrest", discharged_at=None).exists()
    ivan.get_by_role("link", name="Record an assessment").click()
    ivan.get_by_label("Occasion").select_option("Arrest")
    ivan.get_by_label("The suspect was seen in person").check()
    ivan.get_by_label("Risk", exact=True).select_option("Raised")
    ivan.get_by_label("What was done").fill("The custody nurse saw him.")
    ivan.get_by_role("button", name="Record").click()
    expect(ivan.get_by_text("The custody nurse saw him.")).to_be_visible()
    assert not Duty.objects.filter(key="assess-suicide-risk-arrest", discharged_at=None).exists()
    record(ivan, "Suspect bailed", at=now - timedelta(hours=1), until=now + timedelta(days=400))
    expect(ivan.locator(".govuk-error-summary")).to_contain_text("at most 3 months")
    ivan.get_by_label("Until when").fill(in_the_force_s_zone(now + timedelta(days=28)))
    ivan.get_by_role("button", name="Record").click()
    expect(ivan.get_by_role("definition").filter(has_text="Suspect bailed")).to_contain_text("until")


def record(page: Page, step: str, *, at: datetime, until: datetime | None = None) -> None:
    """Record a step from the page of the investigation."""
    page.get_by_role("button", name="Record what was done").click()
    page.get_by_label("What happened").select_option(step)
    page.get_by_label("When it happened").fill(in_the_force_s_zone(at))
    if until:
        page.get_by_label("Until when").fill(in_the_force_s_zone(until))
        page.get_by_label("On whose authority").select_option("Custody officer")
    page.get_by_role("button", name="Record").click()


def test_a_late_duty_is_loud_to_supervisor_and_duty_inspector_and_says_who_heard(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    with clock.standing_at(clock.now() - timedelta(days=3)):
        received(a_referral_file(tmp_path).read_bytes())
    tick()
    for name in ("supervisor", "inspector"):
        page = signed_in(people[name])
        page.get_by_role("link", name="Late", exact=True).click()
        page.get_by_role("link", name="Decide whether this child is at risk").first.click()
        expect(page.get_by_text("Late", exact=True).first).to_be_visible()
        told = page.locator(".sooner-timeline__item").filter(has_text="Late duty escalated")
        expect(told.filter(has_text="Supervisor").first).to_be_visible()
    assert Duty.objects.get(key="confirm-child").late_at is not None


def test_the_inspector_reads_without_names_and_checks_a_proof_by_the_page_alone(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    receive(signed_in(people["officer"]), a_referral_file(tmp_path))
    while seal():
        continue
    hope = signed_in(people["hmi"])
    hope.goto(f"/children/{Child.objects.get().pk}/")
    expect(hope.get_by_role("heading", name="Why this child may be at risk")).to_be_visible()
    expect(hope.get_by_text("Amara")).to_have_count(0)
    hope.get_by_role("link", name="Ledger").click()
    hope.get_by_label("What happened").select_option("Children's social care told")
    hope.get_by_role("button", name="Show").click()
    hope.get_by_role("link", name="Children's social care told").click()
    leads = hope.get_by_text("This is leaf").inner_text()
    index, size = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", leads)[:2])
    hope.get_by_text("The proof", exact=True).click()
    said = {
        row.locator("dt").inner_text(): row.locator("dd")
        for row in hope.locator("details div > dl > div").all()
    }
    path = [bytes.fromhex(one) for one in said["Hashes on the way"].locator("li").all_inner_texts()]
    leaf = sha256(b"\x00" + (said["Text that is hashed"].text_content() or "").encode()).digest()
    assert leaf.hex() == said["Its hash"].inner_text()
    assert rfc_9162_root(leaf, index=index, size=size, path=path).hex() == said["Root"].inner_text()


def rfc_9162_root(leaf: bytes, *, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a proof leads to, as a stranger computes it: RFC 9162 section 2.1.3.2."""
    here, last, root = index, size - 1, leaf
    for other in path:
        assert last, "the proof is longer than the tree is high"
        if here & 1 or here == last:
            root = sha256(b"\x01" + other + root).digest()
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            root = sha256(b"\x01" + root + other).digest()
        here, last = here >> 1, last >> 1
    assert not last, "the proof is shorter than the tree is high"
    return root


def test_a_referral_is_received_with_the_keyboard_alone(
    opened: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    page = opened()
    tab_to(page, "Username")
    page.keyboard.type(people["officer"].username)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    follow(page, "Receive")
    tab_to(page, "Documents", kind="input")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(a_referral_file(tmp_path))
    follow(page, "Receive", kind="button")
    follow(page, Referral.objects.get().reference)
    follow(page, "Amara Okafor")
    follow(page, "Confirm at risk")
    follow(page, "Confirm", kind="button")
    expect(page.get_by_text("At risk: confirmed").first).to_be_visible()
    assert Child.objects.get().state == "confirmed"


FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const label = one.labels && one.labels.length ? one.labels[0].innerText : one.innerText;
  const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return [one.tagName.toLowerCase(), (label || "").trim(), seen];
}"""


def tab_to(page: Page, words: str, *, kind: str = "") -> None:
    """Press Tab until what begins with these words has the focus, which every stop on the way shows."""
    passed = []
    for _ in range(80):
        page.keyboard.press("Tab")
        tag, label, seen = page.evaluate(FOCUSED)
        assert seen or tag == "body", f"nothing shows that {label or tag!r} has the focus"
        if label.startswith(words) and kind in ("", tag):
            return
        passed.append(label)
    raise AssertionError(f"Tab never came to {words!r}, only to {passed}")


def follow(page: Page, words: str, *, kind: str = "a") -> None:
    """Go to a link or a button by Tab, press Enter, and wait for the page that follows."""
    tab_to(page, words, kind=kind)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_authority_answers_without_scripts(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    received(a_referral_file(tmp_path).read_bytes())
    page = signed_in(people["worker"], scripts=False)
    page.get_by_role("link", name="Inbox").click()
    page.get_by_role("link", name="Amara Okafor").click()
    page.get_by_role("button", name="I have read this: acknowledge").click()
    page.get_by_text("Decide", exact=True).click()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a decision.")
    page.get_by_label("Hold a strategy discussion").check()
    page.get_by_label("Reasons").fill("Likely significant harm.")
    page.get_by_role("button", name="Record the decision").click()
    told = SafeguardingReferral.objects.get()
    assert (told.acknowledged_by, told.decision) == ("Wendy Worker", "strategy-discussion")


def test_a_duty_inspector_finds_what_is_late_on_a_phone(
    signed_in: Opened, people: dict[str, User], tmp_path: Path
) -> None:
    with clock.standing_at(clock.now() - timedelta(days=3)):
        received(a_referral_file(tmp_path).read_bytes())
    tick()
    page = signed_in(people["inspector"], width=390)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Late", exact=True).click()
    row = page.get_by_role("row").filter(has_text="Decide whether this child is at risk")
    expect(row).to_contain_text("late")
    row.get_by_role("link", name=re.compile("^Amara Okafor")).click()
    page.get_by_role("button", name="Confirm at risk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that this child is at risk")
