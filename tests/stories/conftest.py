"""A real Chromium against the real server, signed in through the real page."""

import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from sooner.access.models import User

CHROMIUM = os.environ.get("SOONER_CHROMIUM", "/usr/bin/chromium")
HOME = re.compile(r"^https?://[^/]+/$")
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the driver runs its own event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def opened(chromium: Browser, live_server: object) -> Iterator[Opened]:
    """`opened(width=1200, scripts=True)`: a page in a browser of its own, at the sign-in."""
    contexts = []

    def open_page(*, width: int = 1200, scripts: bool = True) -> Page:
        context = chromium.new_context(
            base_url=str(live_server), viewport={"width": width, "height": 900}, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto("/sign-in/")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in(opened: Opened) -> Opened:
    """`signed_in(user, width=1200, scripts=True)`: a page on the user's home."""
    from tests.factories.access import PASSWORD  # Django's models are ready only when a test is

    def sign_in(user: "User", *, width: int = 1200, scripts: bool = True) -> Page:
        page = opened(width=width, scripts=scripts)
        page.get_by_label("Username").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(HOME)
        return page

    return sign_in
