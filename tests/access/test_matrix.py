"""Who gets in where: every page and every operation, as every role and signed out, against the written matrix; and whose
rows they see. A page or operation that is not in `matrix.toml` fails here, and so does a row of it that leads nowhere."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from sooner.access.commands import break_glass
from sooner.access.models import User
from sooner.access.threads import Thread
from sooner.api.urls import api
from sooner.intake.models import Referral
from sooner.ledger.models import Entry
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child, SafeguardingReferral
from tests.factories.access import a_key, signed_in
from tests.factories.world import FREE_WORDS, NAMES, World, a_world, public_pem

pytestmark = pytest.mark.django_db
MATRIX = tomllib.loads(Path(__file__).with_name("matrix.toml").read_text(encoding="utf-8"))
SIGN_IN = re.compile(r"sign-in/|sign-out/|account/password/|account/second-factor/")
"""The library's own pages about one's own sign-in; they are tested in test_sign_in."""
OPEN = {"accessibility", "favicon", "api:safeguarding.reply"}
"""What answers without a sign-in: nothing of it shows a case, and a reply is trusted for its signature alone."""
BODIES: Mapping[str, Any] = {
    "authority": "E09000012",
    "password": "a quiet harbour at dusk",
    "public_key": "",
    "url": "https://care.example.org/",
    "role": "administrator",
    "email": "",
    "username": "nobody.here",
    "owner": "nobody.here",
    "name": "Sam Example",
    "reason": "A child may be in danger tonight.",
    "reference": "I-000001",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A page or operation: its name in the matrix, the method, and where it leads in the world."""

    name: str
    method: str
    address: str
    body: Any = None
    kind: str = "application/json"

    @property
    def is_api(self) -> bool:
        return self.address.startswith("/api/") and self.name.startswith("api:")


def _ids(world: World, route: str) -> str:
    """The address with the numbers of the world's records in it."""
    plain = route.removeprefix("api/")
    room = next((key for key in sorted(world.ids, key=len, reverse=True) if plain.startswith(f"{key}/")), "")
    number = world.ids["token"] if plain.startswith("account/") else world.ids.get(room, 0)
    number = world.ids["grant"] if plain.startswith("need-to-know/") else number
    named = {
        "pk": number,
        "place": 0,
        "token": world.ids["token"],
        "reference": f"I-{world.ids['investigations']:06d}",
    }
    return "/" + re.sub(r"[<{](?:\w+:)?(\w+)[>}]", lambda found: str(named[found[1]]), route)


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from () if one.namespace == "api" else _patterns(one, route)
        elif isinstance(one, URLPattern):
            yield one.name or route.partition(".")[0], route


def _pages(world: World) -> list[Way]:
    found = [(name, route) for name, route in _patterns(get_resolver()) if not SIGN_IN.match(route)]
    return [Way(name, method, _ids(world, route)) for name, route in found for method in ("GET", "POST")]


def _operations(world: World) -> list[Way]:
    schema = api.get_openapi_schema(path_prefix="/api/")
    return [
        _operation(world, address, method.upper(), told, schema["components"]["schemas"])
        for address, methods in schema["paths"].items()
        for method, told in methods.items()
    ]


def _operation(world: World, address: str, method: str, told: Mapping[str, Any], models: Any) -> Way:
    room, _, name = told["operationId"].removeprefix("sooner_").partition("_endpoints_")
    content = told.get("requestBody", {}).get("content", {})
    model = content.get("application/json", {}).get("schema")
    query = "?old=1" if name == "consistency" else ""
    kind = next(iter(content), "application/json")
    body = _example(model, models, "") if model else b"Not a report." if content else None
    return Way(f"api:{room}.{name}", method, _ids(world, address.lstrip("/")) + query, body, kind)


def _example(model: Mapping[str, Any], models: Mapping[str, Any], name: str) -> Any:
    """A small value of the right shape, so that what is refused is refused for who asks."""
    if "$ref" in model:
        return _example(models[model["$ref"].rpartition("/")[2]], models, name)
    if "properties" in model:
        needed = model.get("required", [])
        return {key: _example(model["properties"][key], models, key) for key in needed}
    if name in BODIES:
        return BODIES[name] or public_pem()
    if "enum" in model:
        return model["enum"][0]
    if model.get("type") == "array":
        return [_example(model["items"], models, name)] * model.get("minItems", 0)
    choice = re.match(r"\^\(\|?([\w-]+)", model.get("pattern", ""))
    if model.get("type") == "string" and choice:
        return choice[1]
    formats = {"date-time": "2026-01-05T10:00:00Z", "date": "2026-01-05"}
    plain = {"integer": max(1, model.get("minimum", 1)), "boolean": True, "number": 1}
    return plain.get(
        model.get("type", ""), formats.get(model.get("format", ""), "x" * model.get("minLength", 1))
    )


def _call(way: Way, *, client: Client, key: str = "") -> HttpResponseBase:
    """Ask, and undo whatever was done: the next reader finds the same world."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = way.body if isinstance(way.body, bytes) else json.dumps(way.body) if way.body is not None else ""
    kind = way.kind if way.is_api else "application/x-www-form-urlencoded"
    with transaction.atomic():
        answer = client.generic(way.method, way.address, data, kind, headers=headers)
        transaction.set_rollback(True)
    return answer


def _roles(words: list[str]) -> set[str]:
    """The roles of a row: `everybody`, `police` and `nobody` stand for several."""
    groups: dict[str, list[str]] = MATRIX["groups"]
    return {role for word in words for role in groups.get(word, [word])}


def _said(answer: HttpResponseBase) -> str:
    """What became of a request: in, no (not for this role), sign-in, or no such method."""
    if answer.status_code in {301, 302} and "/sign-in/" in answer["Location"]:
        return "sign-in"
    words = {401: "sign-in", 403: "no", 405: "no such method"}
    assert answer.status_code < 500
    assert answer.status_code != 400
    return words.get(answer.status_code, "in")


@pytest.fixture
def world(settings: Any) -> World:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # nobody signs in by password here
    return a_world()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of refusals are what is asked for; each need not be told."""
    caplog.set_level("CRITICAL", logger="django.request")


def test_every_page_and_operation_lets_in_whom_the_written_matrix_says(world: World) -> None:
    ways = _pages(world) + _operations(world)
    written = {**MATRIX["pages"], **MATRIX["operations"]}
    assert {way.name for way in ways} - OPEN == set(written), "the matrix and the addresses differ"
    wrong = []
    answered: dict[str, set[int]] = {}
    for role, user in world.users.items():
        client, key = signed_in(user), a_key(user)
        for way in ways:
            answer = _call(way, client=Client() if way.is_api else client, key=key if way.is_api else "")
            said = _said(answer)
            if said == "no such method":
                continue
            answered.setdefault(way.name, set()).add(answer.status_code)
            due = "in" if way.name in OPEN or role in _roles(written[way.name]) else "no"
            if said != due:
                wrong.append(f"{role} {way.method} {way.address} ({way.name}): {said} {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert set(answered) == {way.name for way in ways}, "something has neither GET nor POST"


def test_whoever_is_not_signed_in_gets_nowhere(world: World) -> None:
    for way in _pages(world) + _operations(world):
        said = _said(_call(way, client=Client()))
        assert said in ({"in", "no such method"} if way.name in OPEN else {"sign-in"}), way


def test_the_written_matrix_keeps_the_promises_of_each_role(world: World) -> None:
    """The administrator sees no case; the inspector of constabulary changes nothing; an authority keeps to its own side."""
    written = {**MATRIX["pages"], **MATRIX["operations"]}
    known = set(get_policy().roles)
    assert all(_roles(row) <= known for row in written.values()), "a row names a role that nobody has"
    mine = {role: {name for name in written if role in _roles(written[name])} for role in known}
    cases = re.compile(
        r"api:(intake|safeguarding|investigations)\.|referral|child|investigation|document|inbox|duty|ledger"
    )
    administered = {name for name in mine["administrator"] if cases.search(name)}
    assert administered == {"api:safeguarding.endpoint"}
    client = signed_in(world.users["inspector_of_constabulary"])
    reading = {"api:history.check", "checkpoint-check"}
    ways = [
        w for w in _pages(world) + _operations(world) if w.method != "GET" and w.name not in OPEN | reading
    ]
    assert not [w for w in ways if _said(_call(w, client=client)) == "in"], "an inspector changes something"
    police_only = {
        "child",
        "referral",
        "investigation",
        "person",
        "household",
        "document",
        "ledger-entry",
        "staff",
    }
    assert not mine["social_worker"] & police_only


OF_NOBODY = {
    "users",
    "staff",
    "extracts",
    "account",
    "ledger/checkpoints",
    "ledger/key",
    "ledger/consistency",
}
"""Rooms whose records belong to no case: a role may enter or not, and there is no unit or authority to keep to."""


def _records(world: World) -> list[Way]:
    """The ways that read one record of a case."""
    ways = [way for way in _pages(world) + _operations(world) if way.method == "GET"]
    numbered = [way for way in ways if re.search(r"\d", way.address.partition("?")[0])]
    return [w for w in numbered if not any(f"/{room}/" in w.address for room in OF_NOBODY)]


class Asker:
    """Somebody with a browser in which they signed in, and a key for machines."""

    def __init__(self, user: User) -> None:
        self.user, self.browser, self.key = user, signed_in(user), a_key(user)

    def asks(self, way: Way) -> HttpResponseBase:
        if way.is_api:
            return _call(way, client=Client(), key=self.key)
        return _call(way, client=self.browser)

    def reads(self, way: Way) -> tuple[str, int]:
        """The words of the answer, and how many sights of records it left in the ledger."""
        with transaction.atomic():
            headers = {"Authorization": f"Bearer {self.key}"} if way.is_api else {}
            client = Client() if way.is_api else self.browser
            text = _text(client.get(way.address, headers=headers))
            seen = Entry.objects.filter(event="record.viewed").count()
            transaction.set_rollback(True)
        return text, seen


def test_every_record_of_the_world_is_there_for_somebody(world: World) -> None:
    """Else a 404 for a stranger would prove nothing."""
    askers = {r: Asker(world.users[r]) for r in ("duty_inspector", "social_worker", "investigator")}
    for way in _records(world):
        answers = {role: asker.asks(way).status_code for role, asker in askers.items()}
        assert 200 in answers.values() or 405 in answers.values() or 302 in answers.values(), (way, answers)


@pytest.mark.parametrize("who", ["investigator", "supervisor", "social_worker"])
def test_another_unit_and_another_authority_find_none_of_it(world: World, who: str) -> None:
    asker = Asker(world.elsewhere[who])
    for way in _records(world):
        answer = asker.asks(way)
        assert answer.status_code in {403, 404, 405}, (way, answer.status_code)


def test_lists_of_another_unit_and_another_authority_do_not_name_it(world: World) -> None:
    for user in world.elsewhere.values():
        if user.authority == "E09000014":
            continue
        asker = Asker(user)
        for way in _readings(world):
            assert not _names(_text(asker.asks(way))), (user.role, way)


def _readings(world: World) -> list[Way]:
    return [way for way in _pages(world) + _operations(world) if way.method == "GET"]


def _text(answer: HttpResponseBase) -> str:
    data = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return data.decode(errors="replace")


def _names(text: str) -> list[str]:
    return [name for name in NAMES if name in text]


@pytest.mark.parametrize("role", ["inspector_of_constabulary", "administrator", "training_lead", "examiner"])
def test_who_must_not_see_names_sees_none_anywhere(world: World, role: str) -> None:
    asker = Asker(world.users[role])
    for way in _readings(world):
        text = _text(asker.asks(way))
        assert not _names(text), (way, _names(text))
        assert FREE_WORDS not in text, way


def test_a_restricted_record_is_hidden_until_the_glass_is_broken_and_then_open(world: World) -> None:
    secret = world.secret
    thread = f"investigation:{secret.pk}"
    address = f"/investigations/{secret.pk}/"
    for role in ("referral_officer", "investigator", "supervisor", "inspector_of_constabulary"):
        assert signed_in(world.users[role]).get(address).status_code == 404, role
        assert signed_in(world.users[role]).get(f"/api{address}".rstrip("/")).status_code == 404, role
    assert signed_in(world.users["duty_inspector"]).get(address).status_code == 200
    officer = world.users["referral_officer"]
    break_glass(
        user=officer, thread=Thread("investigation", secret.pk), reason="A child may be there tonight."
    )
    assert signed_in(officer).get(address).status_code == 200
    assert Entry.objects.filter(event="break-glass.used", thread=thread, actor_id=officer.pk).exists()


def test_a_restricted_referral_and_its_child_are_hidden_with_it(world: World) -> None:
    child = Child.objects.get(referral__joined__investigation=world.secret)
    told = SafeguardingReferral.objects.get(child=child)
    assert Referral.objects.get(pk=child.referral_id).restricted
    hidden = (f"/referrals/{child.referral_id}/", f"/children/{child.pk}/", f"/social-care/{told.pk}/")
    for role in ("referral_officer", "investigator", "supervisor", "inspector_of_constabulary"):
        for address in (*hidden, f"/people/{child.person_id}/"):
            assert signed_in(world.users[role]).get(address).status_code == 404, (role, address)


def test_every_sight_of_personal_data_is_on_the_record(world: World) -> None:
    before = Entry.objects.filter(event="record.viewed").count()
    unrecorded = []
    for role in ("duty_inspector", "social_worker", "investigator"):
        asker = Asker(world.users[role])
        for way in _readings(world):
            text, after = asker.reads(way)
            if _names(text) and after == before:
                unrecorded.append(f"{role} {way.address} shows {_names(text)}")
    assert not unrecorded, "\n".join(unrecorded)
