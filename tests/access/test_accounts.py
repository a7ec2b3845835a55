"""Accounts, keys and what is recorded of them."""

from datetime import timedelta

import pytest
from django.db.models import F

from sooner.access import commands, queries
from sooner.access.decide import actor_for
from sooner.access.models import ApiToken, User
from sooner.errors import NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.policy.loader import get_policy
from tests.factories.access import PASSWORD, a_key, a_user, signed_in

pytestmark = pytest.mark.django_db


def test_a_password_is_kept_as_argon2() -> None:
    assert a_user().password.startswith("argon2$argon2id$")


@pytest.mark.parametrize("weak", ["short", "password1234", "aaaaaaaaaaa"])
def test_a_weak_password_is_refused(weak: str) -> None:
    facts = commands.AccountFacts(name="Robin Example", role="administrator")
    with pytest.raises(Refused):
        commands.create_user(actor=SYSTEM, username="robin", password=weak, facts=facts)
    assert not User.objects.filter(username="robin").exists()


@pytest.mark.parametrize(
    ("role", "missing"), [("social_worker", "local authority"), ("supervisor", "unit"), ("wizard", "role")]
)
def test_a_role_needs_its_place(role: str, missing: str) -> None:
    facts = commands.AccountFacts(name="Robin Example", role=role)
    with pytest.raises(Refused, match=missing):
        commands.create_user(actor=SYSTEM, username="robin", password=PASSWORD, facts=facts)


def test_a_user_name_is_given_once_whatever_its_letters() -> None:
    a_user(username="pc100")
    facts = commands.AccountFacts(name="Another", role="administrator")
    with pytest.raises(Refused, match="taken"):
        commands.create_user(actor=SYSTEM, username="PC100", password=PASSWORD, facts=facts)


def test_a_change_of_role_is_recorded_with_codes_and_no_name() -> None:
    user = a_user("supervisor", name="Morgan Example")
    facts = commands.AccountFacts(name="Morgan Invented", role="investigator", unit=user.unit)
    commands.change_user(actor=SYSTEM, pk=user.pk, facts=facts)
    entry = Entry.objects.get(event="user.changed", subject_id=user.pk)
    assert entry.facts["role"] == {"from": "supervisor", "to": "investigator"}
    assert entry.facts["changed"] == ["name", "role"]
    assert "Morgan" not in entry.body


def test_changing_nothing_records_nothing() -> None:
    user = a_user("supervisor")
    facts = commands.AccountFacts(name=user.name, role=user.role, unit=user.unit)
    commands.change_user(actor=SYSTEM, pk=user.pk, facts=facts)
    assert not Entry.objects.filter(event="user.changed", subject_id=user.pk).exists()


def test_closing_an_account_ends_its_session_and_its_keys_at_once() -> None:
    user = a_user("supervisor")
    browser, key = signed_in(user), a_key(user)
    assert browser.get("/account/").status_code == 200
    commands.deactivate_user(actor=SYSTEM, pk=user.pk)
    assert browser.get("/account/").status_code == 302
    assert commands.use_token(key) is None
    commands.reactivate_user(actor=SYSTEM, pk=user.pk)
    assert commands.use_token(key) is None


def test_nobody_closes_their_own_account() -> None:
    admin = a_user("administrator")
    with pytest.raises(Refused, match="your own"):
        commands.deactivate_user(actor=actor_for(admin), pk=admin.pk)


def test_a_new_password_ends_open_sessions() -> None:
    user = a_user("supervisor")
    browser = signed_in(user)
    commands.reset_password(actor=SYSTEM, pk=user.pk, password="another quiet harbour")
    assert browser.get("/account/").status_code == 302


def test_a_key_is_kept_as_a_digest_only() -> None:
    user = a_user()
    secret = a_key(user)
    token = ApiToken.objects.get(user=user)
    assert len(secret) > 40
    assert secret not in " ".join(str(value) for value in vars(token).values())
    assert not Entry.objects.filter(body__contains=secret).exists()
    assert commands.use_token(secret) == user


def test_a_key_ends_when_it_was_said_to_end() -> None:
    user = a_user()
    secret = a_key(user)
    with clock.standing_at(clock.now() + timedelta(hours=23)):
        assert commands.use_token(secret) == user
    with clock.standing_at(clock.now() + timedelta(hours=25)):
        assert commands.use_token(secret) is None


def test_a_revoked_key_does_not_work_and_revoking_twice_changes_nothing() -> None:
    user = a_user()
    secret = a_key(user)
    token = ApiToken.objects.get(user=user)
    for _ in range(2):
        commands.revoke_token(actor=SYSTEM, user=user, pk=token.pk)
    assert commands.use_token(secret) is None
    assert Entry.objects.filter(event="token.revoked", subject_id=user.pk).count() == 1


def test_nobody_ends_the_key_of_another_through_their_own_page() -> None:
    owner, other = a_user(), a_user()
    a_key(owner)
    with pytest.raises(NotFound):
        commands.revoke_token(actor=actor_for(other), user=other, pk=ApiToken.objects.get(user=owner).pk)


def test_the_use_of_a_key_is_noted_but_not_at_every_call() -> None:
    user = a_user()
    secret = a_key(user)
    commands.use_token(secret)
    noted = ApiToken.objects.get(user=user).last_used_at
    assert noted is not None
    commands.use_token(secret)
    assert ApiToken.objects.get(user=user).last_used_at == noted


def test_an_administrator_sees_all_accounts_and_others_their_own() -> None:
    admin, officer = a_user("administrator"), a_user("referral_officer")
    assert {admin, officer} <= set(queries.users(admin))
    assert list(queries.users(officer)) == [officer]


def test_the_secret_of_a_new_key_is_shown_once_and_never_stored_by_a_browser() -> None:
    browser = signed_in(a_user("supervisor"))
    shown = browser.post("/account/keys/", {"label": "watched folder", "days": "30"})
    assert b"sooner_" in shown.content
    assert shown["Cache-Control"] == "no-store"
    again = browser.get("/account/keys/")
    assert b"watched folder" in again.content
    assert b"sooner_" not in again.content


def test_an_administrator_makes_and_changes_an_account_in_the_browser() -> None:
    browser = signed_in(a_user("administrator"))
    unit = next(iter(get_policy().units))
    new = {
        "username": "pc200",
        "name": "Sam Example",
        "role": "investigator",
        "unit": unit,
        "password": PASSWORD,
    }
    assert browser.post("/users/new/", new).status_code == 302
    user = User.objects.get(username="pc200")
    assert user.role == "investigator"
    page = browser.get(f"/users/{user.pk}/")
    assert b"Sam Example" in page.content
    browser.post(f"/users/{user.pk}/", {**new, "role": "supervisor"})
    assert User.objects.filter(pk=user.pk, role="supervisor", password=F("password")).exists()


def test_a_refused_account_says_why_beside_the_form() -> None:
    browser = signed_in(a_user("administrator"))
    page = browser.post(
        "/users/new/", {"username": "Bad Name", "name": "", "role": "supervisor", "password": "x"}
    )
    assert page.status_code == 200
    assert b"There is a problem" in page.content
    assert b'href="#id_name"' in page.content


def test_an_officer_does_not_open_the_list_of_users() -> None:
    page = signed_in(a_user("investigator")).get("/users/")
    assert page.status_code == 403
    assert b"Your role does not include" in page.content
