"""The frame and the sign-in pages in a real Chromium: accessible, no wider than a phone, passkeys work."""

import os
from collections.abc import Iterator
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from sooner.access import commands
from sooner.access.threads import Thread
from tests.factories.access import PASSWORD, a_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = os.environ.get("SOONER_CHROMIUM", "/usr/bin/chromium")
WIDTHS = (1200, 390)
OPEN = ("/sign-in/", "/nowhere/", "/accessibility/")
ADMINISTRATOR = (
    "/account/",
    "/account/keys/",
    "/account/second-factor/",
    "/account/second-factor/webauthn/",
    "/account/password/",
    "/users/",
    "/users/?search=nobody-at-all",
    "/users/new/",
    "/api/docs/",
    "/break-glass/reviews/",
)
INSPECTOR = ("/break-glass/", "/break-glass/reviews/")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the driver runs its own event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def address(live_server: object) -> str:
    """Passkeys belong to a host's name, so the server is called by its name."""
    return str(live_server).replace("127.0.0.1", "localhost")


def _sign_in(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{address}/")


def _is_sound(page: Page, address: str) -> None:
    """No accessibility problem that a machine can find, and nothing wider than the window."""
    page.goto(address)
    found = Axe().run(page).response["violations"]
    assert not found, (address, [(one["id"], one["nodes"][0]["html"]) for one in found])
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{address} is {wide} pixels wider than the window"


def _noted(said: list[str], message: ConsoleMessage) -> None:
    said.append(message.text)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_frames_pages_are_accessible_and_fit(chromium: Browser, address: str, width: int) -> None:
    a_user("administrator", username="admin")
    a_user("duty_inspector", username="inspector")
    officer = a_user("investigator")
    reason = "A child is said to be with the suspect tonight."
    used = commands.break_glass(user=officer, thread=Thread("referral", 12), reason=reason)
    review = f"/break-glass/reviews/{used.pk}/"
    for username, places in (("", OPEN), ("admin", ADMINISTRATOR), ("inspector", (*INSPECTOR, review))):
        page = chromium.new_page(viewport={"width": width, "height": 800})
        said: list[str] = []
        page.on("console", partial(_noted, said))
        if username:
            _sign_in(page, address, username)
        for place in places:
            _is_sound(page, address + place)
        assert not [words for words in said if "Security Policy" in words]
        page.close()


def test_a_passkey_is_made_and_signs_in_without_a_password(chromium: Browser, address: str) -> None:
    a_user("administrator", username="admin")
    page = chromium.new_page()
    _with_an_authenticator(page)
    _sign_in(page, address, "admin")
    page.goto(f"{address}/account/second-factor/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("A test key")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/recovery-codes/**")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/account/")
    assert page.get_by_role("heading", level=1).inner_text() == "Your account"
    page.close()


def _with_an_authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_the_keyboard_reaches_the_content_and_the_menu(chromium: Browser, address: str) -> None:
    a_user("administrator", username="admin")
    page = chromium.new_page()
    _sign_in(page, address, "admin")
    page.goto(f"{address}/users/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    page.close()


def test_pages_work_without_scripts(chromium: Browser, address: str) -> None:
    a_user("administrator", username="admin")
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    _sign_in(page, address, "admin")
    page.goto(f"{address}/account/")
    page.get_by_role("link", name="Users").click()
    page.get_by_role("button", name="Make an account").click()
    page.get_by_role("button", name="Make the account").click()
    assert page.get_by_text("There is a problem").is_visible()
    context.close()
