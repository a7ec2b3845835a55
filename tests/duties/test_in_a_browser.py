"""The pages of duties and of the ledger in a real Chromium: accessible, and no wider than a phone."""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from sooner.access.models import User
from sooner.duties.commands import extend, tick
from sooner.ledger import clock
from sooner.ledger.models import Entry
from tests.factories.access import PASSWORD, a_user
from tests.factories.duties import a_duty, happens, to_acknowledge
from tests.factories.ledger import a_checkpoint

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = os.environ.get("SOONER_CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the driver runs its own event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def sign_in(page: Page, address: str, user: User) -> None:
    page.goto(f"{address}/sign-in/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{address}/")


def is_sound(page: Page, address: str) -> None:
    """No accessibility problem that a machine can find, and nothing wider than the window."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    found = Axe().run(page).response["violations"]
    assert not found, (address, [(one["id"], one["nodes"][0]["html"]) for one in found])
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{address} is {wide} pixels wider than the window"


@pytest.mark.parametrize("width", [1200, 390])
def test_the_pages_are_accessible_and_fit(chromium: Browser, live_server: object, width: int) -> None:
    supervisor, worker = a_user("supervisor", unit="CN"), a_user("social_worker", authority="E09000007")
    inspector = a_user("inspector_of_constabulary")
    with clock.standing_at(clock.now() - timedelta(days=2)):
        late, moved = a_duty(unit="CN"), a_duty(unit="CN")
        happens("child.identified", 5, unit="CN")
    extend(supervisor, duty=moved, until=clock.now() + timedelta(hours=12), reason="The registry is closed.")
    to_acknowledge()
    tick()
    a_checkpoint(5)
    sealed, waiting = Entry.objects.get(leaf_index=0).pk, Entry.objects.get(event="checkpoint.signed").pk
    of_late = (f"/duties/{late.pk}/{place}" for place in ("", "extend/", "reassign/"))
    places = {
        supervisor: ("/", "/late/", *of_late, f"/duties/{moved.pk}/"),
        worker: ("/", "/ledger/checkpoints/", "/ledger/checkpoints/check/"),
        inspector: (
            "/late/",
            "/ledger/",
            "/ledger/?thread=nothing",
            f"/ledger/entries/{sealed}/",
            f"/ledger/entries/{waiting}/",
        ),
    }
    for user, addresses in places.items():
        page = chromium.new_context(viewport={"width": width, "height": 800}).new_page()
        sign_in(page, str(live_server), user)
        for place in addresses:
            is_sound(page, f"{live_server}{place}")
        page.context.close()


def test_a_supervisor_moves_a_due_time_by_keyboard_alone(chromium: Browser, live_server: object) -> None:
    supervisor, duty = a_user("supervisor", unit="CN"), a_duty(unit="CN")
    page = chromium.new_page(java_script_enabled=False)
    sign_in(page, str(live_server), supervisor)
    link = page.get_by_role("link", name="Find the suspect's household")
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Move the due time").focus()
    page.keyboard.press("Enter")
    local = (duty.due_at + timedelta(hours=5)).astimezone().strftime("%Y-%m-%dT%H:%M")
    page.get_by_label("New due time").fill(local)
    page.get_by_label("Why it cannot be done in time").fill("The registry is closed.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server}/duties/{duty.pk}/")
    assert "The due time was moved." in page.inner_text("main, body")
    assert "The registry is closed." in page.inner_text("main")
    page.close()
