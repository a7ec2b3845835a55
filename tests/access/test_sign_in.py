"""Signing in as a browser does it: throttled, recorded, with a second factor where the role needs one."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from sooner.access.models import User
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.policy.loader import get_policy
from tests.factories.access import PASSWORD, a_user, signed_in

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"


@pytest.fixture(autouse=True)
def _no_one_tried_before() -> None:
    cache.clear()


@pytest.fixture
def second_factor_for_supervisors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[None]:
    """A force whose access.toml asks supervisors for a second factor."""
    settings.SECOND_FACTOR_ASKED = True
    import sooner.policy

    packaged = Path(str(sooner.policy.__file__)).parent / "data" / "access.toml"
    asked = re.sub(
        r'(key = "supervisor".*?signs_in_second_factor = )(?:true|false)',
        r"\1true",
        packaged.read_text(encoding="utf-8"),
        count=1,
        flags=re.DOTALL,
    )
    (tmp_path / "access.toml").write_text(asked, encoding="utf-8")
    monkeypatch.setenv("SOONER_POLICY_DIR", str(tmp_path))
    get_policy.cache_clear()
    assert get_policy().roles["supervisor"].signs_in_second_factor
    yield
    monkeypatch.undo()
    get_policy.cache_clear()


def _sign_in(browser: Client, user: User, password: str = PASSWORD) -> Any:
    return browser.post(SIGN_IN, {"login": user.username, "password": password})


def _confirm(browser: Client) -> None:
    """Before a second factor is changed, the password is asked again."""
    assert browser.post("/sign-in/confirm/", {"password": PASSWORD}).status_code == 302


def _code(secret: str) -> str:
    """The code an authenticator app shows now (RFC 6238)."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def test_the_right_password_signs_in_and_is_recorded() -> None:
    user, browser = a_user("administrator"), Client()
    assert _sign_in(browser, user).status_code == 302
    assert browser.get("/account/").status_code == 200
    entry = Entry.objects.get(event="user.signed-in")
    assert (entry.subject_id, entry.thread, entry.facts["how"]) == (user.pk, f"user:{user.pk}", ["password"])


def test_a_wrong_password_is_recorded_without_what_was_typed() -> None:
    user = a_user("administrator")
    page = _sign_in(Client(), user, "a password meant for another place")
    assert page.status_code == 200
    assert b"There is a problem" in page.content
    entry = Entry.objects.get(event="sign-in.failed")
    assert entry.subject_id == user.pk
    assert "another place" not in entry.body


def test_a_user_name_that_is_nobodys_is_not_written_down() -> None:
    Client().post(SIGN_IN, {"login": "my-secret-by-mistake", "password": "x"})
    entry = Entry.objects.get(event="sign-in.failed")
    assert entry.subject_id is None
    assert "my-secret-by-mistake" not in entry.body


def test_five_wrong_passwords_close_sign_in_even_for_the_right_one() -> None:
    user, browser = a_user("administrator"), Client()
    for _ in range(5):
        page = _sign_in(browser, user, "wrong every time")
    assert page.status_code == 429
    assert b"Too many attempts to sign in" in page.content
    assert _sign_in(browser, user).status_code == 429
    assert browser.get("/account/").status_code == 302


def test_a_closed_account_does_not_sign_in() -> None:
    user, browser = a_user("administrator"), Client()
    User.objects.filter(pk=user.pk).update(is_active=False)
    _sign_in(browser, user)
    assert browser.get("/account/").status_code == 302


def test_nobody_makes_an_account_for_themselves() -> None:
    for address in ("/sign-in/signup/", "/signup/", "/account/email/", "/accounts/signup/"):
        assert Client().get(address).status_code == 404


def test_signing_out_takes_a_post_and_is_recorded() -> None:
    user = a_user("administrator")
    browser = signed_in(user)
    assert browser.get("/sign-out/").status_code == 200
    assert browser.get("/account/").status_code == 200
    browser.post("/sign-out/")
    assert browser.get("/account/").status_code == 302
    assert Entry.objects.filter(event="user.signed-out", subject_id=user.pk).count() == 1


def test_a_session_ends_after_thirty_idle_minutes() -> None:
    browser, start = signed_in(a_user("administrator")), clock.now()
    for minutes in (0, 29, 57):
        with clock.standing_at(start + timedelta(minutes=minutes)):
            assert browser.get("/account/").status_code == 200
    with clock.standing_at(start + timedelta(minutes=87)):
        assert browser.get("/account/").status_code == 302


def test_a_session_ends_after_eight_hours_of_steady_work() -> None:
    browser, start = signed_in(a_user("administrator")), clock.now()
    for minutes in range(0, 8 * 60, 20):
        with clock.standing_at(start + timedelta(minutes=minutes)):
            assert browser.get("/account/").status_code == 200
    with clock.standing_at(start + timedelta(hours=8)):
        assert browser.get("/account/").status_code == 302


def test_a_further_session_ends_the_oldest_and_that_is_on_the_record() -> None:
    user, other = a_user("administrator"), signed_in(a_user("administrator"))
    start, most = clock.now(), get_policy().force.sessions_at_once
    browsers = []
    for minutes in range(most + 1):
        with clock.standing_at(start + timedelta(minutes=minutes)):
            browsers.append(Client())
            assert _sign_in(browsers[-1], user).status_code == 302
    with clock.standing_at(start + timedelta(minutes=most)):
        assert [browser.get("/account/").status_code for browser in browsers] == [302] + [200] * most
        assert b"signed in elsewhere" in browsers[0].get("/sign-in/").content
        assert other.get("/account/").status_code == 200, "another user's sessions are not counted"
    ended = Entry.objects.get(event="session.ended")
    assert (ended.subject_id, ended.facts["began_at"]) == (user.pk, start.isoformat())


def test_a_session_that_was_signed_out_makes_room_for_another() -> None:
    user = a_user("administrator")
    browsers = [signed_in(user) for _ in range(get_policy().force.sessions_at_once)]
    browsers[1].post("/sign-out/")
    browsers[1] = signed_in(user)
    assert {browser.get("/account/").status_code for browser in browsers} == {200}
    assert not Entry.objects.filter(event="session.ended").exists()


def test_a_session_that_ended_by_itself_long_ago_is_not_said_to_have_been_ended() -> None:
    user, start = a_user("administrator"), clock.now()
    for _ in range(get_policy().force.sessions_at_once):
        signed_in(user)
    with clock.standing_at(start + timedelta(hours=9)):
        assert signed_in(user).get("/account/").status_code == 200
    assert not Entry.objects.filter(event="session.ended").exists()


def test_a_new_password_of_ones_own_keeps_the_session_and_its_count() -> None:
    user, browser = a_user("administrator"), Client()
    _sign_in(browser, user)
    better = "three boats upon a pond"
    browser.post("/account/password/", {"oldpassword": PASSWORD, "password1": better, "password2": better})
    assert browser.get("/account/").status_code == 200
    assert len(User.objects.get(pk=user.pk).open_sessions) == 1


@pytest.mark.usefixtures("second_factor_for_supervisors")
def test_a_role_that_needs_a_second_factor_sees_nothing_until_it_is_set_up() -> None:
    user, browser = a_user("supervisor"), Client()
    _sign_in(browser, user)
    stopped = browser.get("/account/")
    assert (stopped.status_code, stopped["Location"]) == (302, "/account/second-factor/")
    assert (
        b"Set up an authenticator app or a passkey before you go on"
        in browser.get(stopped["Location"]).content
    )
    assert browser.get("/api/account").status_code == 403
    _set_up_totp(browser)
    assert browser.get("/account/").status_code == 200
    assert browser.get("/api/account").status_code == 200


def _set_up_totp(browser: Client) -> str:
    assert browser.get("/account/second-factor/totp/activate/")["Location"].startswith("/sign-in/confirm/")
    _confirm(browser)
    page = browser.get("/account/second-factor/totp/activate/")
    secret: str = page.context["form"].secret
    assert secret.encode() in page.content
    done = browser.post("/account/second-factor/totp/activate/", {"code": _code(secret)})
    assert done.status_code == 302
    return secret


@pytest.mark.usefixtures("second_factor_for_supervisors")
def test_signing_in_again_asks_for_the_code_and_a_wrong_one_is_recorded() -> None:
    user, browser = a_user("supervisor"), Client()
    _sign_in(browser, user)
    secret = _set_up_totp(browser)
    browser.post("/sign-out/")
    cache.clear()  # the code just used may not be used again; a real user waits for the next one
    asked = _sign_in(browser, user)
    assert asked["Location"].startswith("/account/second-factor/authenticate/")
    assert browser.get("/account/").status_code == 302
    wrong = browser.post("/account/second-factor/authenticate/", {"code": "000000"})
    assert b"There is a problem" in wrong.content
    failed = Entry.objects.filter(event="sign-in.failed", subject_id=user.pk).latest("pk")
    assert failed.facts["how"] == "second-factor"
    assert browser.post("/account/second-factor/authenticate/", {"code": _code(secret)}).status_code == 302
    assert browser.get("/account/").status_code == 200
    assert Entry.objects.filter(event="user.signed-in").latest("pk").facts["how"] == ["password", "totp"]


def test_recovery_codes_are_made_with_the_first_factor_and_shown() -> None:
    browser = Client()
    _sign_in(browser, a_user("supervisor"))
    _set_up_totp(browser)
    page = browser.get("/account/second-factor/recovery-codes/")
    assert page.content.count(b"<li>") >= 10
    assert b"Continue to My work" in page.content


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/account/second-factor/", b"Second factor"),
        ("/account/second-factor/webauthn/", b"You have no passkey yet"),
        ("/account/second-factor/webauthn/add/", b"Add a passkey"),
        ("/account/second-factor/totp/activate/", b"Set up an authenticator app"),
        ("/account/second-factor/recovery-codes/generate/", b"Make new recovery codes"),
        ("/account/password/", b"Change your password"),
        ("/sign-in/confirm/", b"Confirm that it is you"),
        ("/sign-out/", b"Sign out"),
    ],
)
def test_the_pages_of_the_sign_in_library_have_our_frame(address: str, words: bytes) -> None:
    browser = Client()
    _sign_in(browser, a_user("supervisor"))
    if "generate" in address:
        _set_up_totp(browser)
    elif address.endswith(("add/", "activate/")):
        _confirm(browser)
    page = browser.get(address)
    assert page.status_code == 200, page
    assert words in page.content
    assert b"govuk-template" in page.content
    assert b'<h1 class="govuk-heading-l">' in page.content


def test_the_passkey_page_brings_its_scripts_from_files() -> None:
    browser = Client()
    _sign_in(browser, a_user("supervisor"))
    _confirm(browser)
    page = browser.get("/account/second-factor/webauthn/add/").content.decode()
    assert '"creation_options"' in page
    for address in re.findall(r'<script[^>]* src="([^"]+)"', page):
        assert Client().get(address).status_code == 200, address


def test_a_new_password_is_checked_and_then_signs_in() -> None:
    user, browser = a_user("supervisor"), Client()
    _sign_in(browser, user)
    page = browser.post(
        "/account/password/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    )
    assert b"at least 12 characters" in page.content
    better = "three boats upon a pond"
    browser.post("/account/password/", {"oldpassword": PASSWORD, "password1": better, "password2": better})
    assert _sign_in(Client(), user, better).status_code == 302
