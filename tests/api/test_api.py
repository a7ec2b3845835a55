"""The API's door: who gets in, and how every failure is told."""

import json
from typing import Any

import pytest
from django.test import Client

from sooner.access.models import User
from tests.factories.access import PASSWORD, a_key, a_user, signed_in

pytestmark = pytest.mark.django_db


def _call(method: str, address: str, *, key: str = "", body: Any = None, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = json.dumps(body) if body is not None else ""
    more.setdefault("content_type", "application/json")
    return Client(raise_request_exception=False).generic(method, address, data, headers=headers, **more)


def _problem(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    told: str = answer.json()["problem"]
    assert told
    assert "\n" not in told
    return told


def test_nobody_in_particular_is_told_to_sign_in() -> None:
    answer = _call("GET", "/api/account")
    _problem(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["sooner_wrong", "x", "\x00", "sooner_" + "a" * 5000])
def test_a_wrong_key_is_no_key(key: str) -> None:
    _problem(_call("GET", "/api/account", key=key), 401)


def test_a_key_acts_as_its_user() -> None:
    user = a_user("investigator")
    assert _call("GET", "/api/account", key=a_key(user)).json()["username"] == user.username


def test_a_key_needs_no_csrf_token_and_a_session_does() -> None:
    user = a_user("supervisor")
    body = {"label": "second machine", "days": 2}
    assert _call("POST", "/api/account/tokens", key=a_key(user), body=body).status_code == 201
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post("/api/account/tokens", json.dumps(body), content_type="application/json")
    assert "CSRF" in _problem(answer, 403)


def test_a_session_reads() -> None:
    assert signed_in(a_user("supervisor")).get("/api/account").status_code == 200


def test_a_role_without_the_capability_is_refused_in_words() -> None:
    assert "Your role does not include" in _problem(_call("GET", "/api/users", key=a_key(a_user())), 403)


def test_a_missing_record_and_a_missing_address_are_told_apart_from_pages() -> None:
    key = a_key(a_user("administrator"))
    _problem(_call("GET", "/api/users/999999", key=key), 404)
    _problem(_call("GET", "/api/nowhere", key=key), 404)


def test_a_wrong_method_names_the_right_ones() -> None:
    answer = _call("DELETE", "/api/users", key=a_key(a_user("administrator")))
    _problem(answer, 405)
    assert set(answer["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


def test_what_is_not_said_to_be_json_is_not_read() -> None:
    key = a_key(a_user("administrator"))
    answer = _call("POST", "/api/users", key=key, body={}, content_type="text/plain")
    assert "application/json" in _problem(answer, 415)


@pytest.mark.parametrize("raw", ["{", "\x00", "[1,2", "nul"])
def test_broken_json_is_told(raw: str) -> None:
    headers = {"Authorization": f"Bearer {a_key(a_user('administrator'))}"}
    answer = Client().generic("POST", "/api/users", raw, content_type="application/json", headers=headers)
    _problem(answer, 400)


@pytest.mark.parametrize(
    "change",
    [
        {"username": "UPPER"},
        {"name": "a\x00b"},
        {"name": ""},
        {"unknown": 1},
        {"password": "short"},
        {"role": "x" * 500},
        {"named_manager": "perhaps"},
        {"email": "not an address"},
    ],
)
def test_a_shape_that_is_wrong_is_told_field_by_field(change: dict[str, Any]) -> None:
    body = {
        "username": "pc9",
        "name": "Robin Example",
        "role": "administrator",
        "password": PASSWORD,
        **change,
    }
    told = _problem(_call("POST", "/api/users", key=a_key(a_user("administrator")), body=body), 422)
    assert next(iter(change)) in told
    assert not User.objects.filter(name="Robin Example").exists()


def test_a_rule_that_says_no_is_a_conflict_with_its_words() -> None:
    body = {"username": "pc9", "name": "Robin Example", "role": "social_worker", "password": PASSWORD}
    told = _problem(_call("POST", "/api/users", key=a_key(a_user("administrator")), body=body), 409)
    assert "local authority" in told


def test_a_number_beyond_the_database_is_a_wrong_shape() -> None:
    key = a_key(a_user("administrator"))
    _problem(_call("GET", f"/api/users/{2**63}", key=key), 422)


def test_the_description_is_complete_and_its_page_lists_it() -> None:
    schema = Client().get("/api/openapi.json").json()
    operations = [found for methods in schema["paths"].values() for found in methods.values()]
    assert len(operations) > 15
    for found in operations:
        assert {"401", "403", "422"} <= set(found["responses"]), found["operationId"]
    page = signed_in(a_user()).get("/api/docs/").content.decode()
    assert all(address in page for address in schema["paths"])
