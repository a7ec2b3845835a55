"""Every page that a role can walk to: accessible by axe (WCAG 2.2 AA), one heading, a title, no wider than its window."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.factories.world import a_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROLES = (
    "duty_inspector", "supervisor", "investigator", "referral_officer", "social_worker", "inspector_of_constabulary",
    "training_lead", "administrator", "examiner",
)  # fmt: skip
TAGS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
NO_PAGE = r"/api/|bytes|download|template|/key/?$|/static/|/ledger/checkpoints/[0-9]"  # files, not pages
ENOUGH = 60  # kinds of page that a walk must at least have seen, or it saw too little to say anything


def kind_of(path: str) -> str:
    """The page of an address, whatever record it shows."""
    return re.sub(r"\d+", "N", path)


def is_sound(page: Page, path: str) -> None:
    found = Axe().run(page, options=TAGS).response["violations"]
    assert not found, (path, [(one["id"], one["nodes"][0]["html"]) for one in found])
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{path} is {wide} pixels wider than the window"
    assert page.locator("h1").count() == 1, f"{path} has {page.locator('h1').count()} main headings"
    assert page.title().strip(), f"{path} has no title"


def links_of(page: Page) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    paths = [urlsplit(link).path for link in found if urlsplit(link).netloc == urlsplit(page.url).netloc]
    return [path for path in paths if not re.search(NO_PAGE, path)]


@pytest.mark.parametrize("width", [1200, 390])
def test_every_page_is_accessible_and_fits(signed_in: Callable[..., Page], width: int) -> None:
    world = a_world()
    seen: set[str] = set()
    for role in ROLES:
        page = signed_in(world.users[role], width=width)
        waiting, mine = ["/"], {"/"}
        while waiting:
            path = waiting.pop(0)
            answer = page.goto(path)
            if (
                answer is None
                or answer.status != 200
                or "text/html" not in answer.headers.get("content-type", "")
            ):
                continue
            is_sound(page, f"{path} as {role}")
            seen.add(kind_of(path))
            for link in links_of(page):
                kind = kind_of(link)
                if kind not in seen and kind not in mine:
                    mine.add(kind)
                    waiting.append(link)
    assert len(seen) >= ENOUGH, sorted(seen)


def test_errors_and_closed_doors_are_designed_too(signed_in: Callable[..., Page]) -> None:
    world = a_world()
    page = signed_in(world.users["investigator"])
    for path, status in (("/users/", 403), ("/referrals/999999/", 404), ("/no/such/page/", 404)):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status, path
        is_sound(page, path)
    page.goto(f"/children/{world.ids['children']}/rule-out/")
    page.get_by_role("button", name="Rule out").click()
    assert page.locator(".govuk-error-summary").is_visible()
    is_sound(page, "a form with an error")
