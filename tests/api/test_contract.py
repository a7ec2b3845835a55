"""The API against its own description: whatever is asked, in whatever shape, it answers as described and never breaks."""

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ninja import Schema
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sooner.wsgi import application
from tests.factories.access import a_key
from tests.factories.world import World, a_world

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BOUNDS = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
WHO = {
    "administrator": ("/api/users", "/api/endpoints", "/api/account"),
    "social_worker": ("/api/inbox",),
    "supervisor": ("/api/staff",),
}
"""Who asks, by what is asked for; everything else is the duty inspector's."""


def _role(path: str) -> str:
    return next((role for role, rooms in WHO.items() if path.startswith(rooms)), "duty_inspector")


def _known(operation: Any, world: World) -> dict[str, Any]:
    """The numbers of records that exist, for the parts of the address."""
    room = next(
        (r for r in sorted(world.ids, key=len, reverse=True) if operation.path.startswith(f"/api/{r}/")), ""
    )
    numbers = {
        "pk": world.ids.get(room, 1),
        "token": world.ids["token"],
        "reference": f"I-{world.ids['investigations']}",
    }
    return {name: numbers[name] for name in numbers if f"{{{name}}}" in operation.path}


def _cases(operation: Any, world: World) -> st.SearchStrategy[Any]:
    """Right and wrong shapes, about records that exist and about others."""
    known = _known(operation, world)
    right, wrong = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    ways = [operation.as_strategy(generation_mode=right)]
    if known:
        ways.append(operation.as_strategy(generation_mode=right, path_parameters=known))
    if operation.body or operation.query:
        ways.append(
            operation.as_strategy(generation_mode=wrong, **({"path_parameters": known} if known else {}))
        )
    return st.one_of(ways)


def _try(operation: Any, world: World, keys: dict[str, str], answered: Counter[str]) -> None:
    headers = {"Authorization": f"Bearer {keys[_role(operation.path)]}"}

    @BOUNDS
    @given(case=_cases(operation, world))
    def holds(case: Any) -> None:
        with transaction.atomic():
            try:
                answer = case.call_and_validate(headers=headers, checks=CHECKS)
                answered[operation.label] += answer.status_code < 300
            finally:
                transaction.set_rollback(True)

    holds()


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """As Django's own test client does: the connection of the test's transaction outlives a request."""
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
    yield
    for moment in (request_started, request_finished):
        moment.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
def test_the_api_answers_as_its_description_says(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["*"]
    caplog.set_level(logging.CRITICAL, logger="django.request")
    world = a_world()
    keys = {role: a_key(user) for role, user in world.users.items() if role in {*WHO, "duty_inspector"}}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    broken, answered = [], Counter[str]()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        try:
            _try(operation, world, keys, answered)
        except (
            Exception,
            BaseExceptionGroup,
        ) as error:  # each operation is tried; all that break are told together
            parts = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
            broken += [f"{operation.label}: {part!r} {part}"[:1500] for part in parts]
    assert not broken, "\n\n".join(broken)
    done = sum(1 for times in answered.values() if times)
    assert done > len(answered) / 2, f"only {done} of {len(answered)} operations were ever carried out"


def test_no_two_rooms_describe_different_things_by_one_name() -> None:
    """The description holds one shape for each name: of two, the later would silently stand for both."""
    shapes: dict[str, dict[str, Any]] = {}
    for model in _models(Schema):
        if model.__module__.startswith("sooner."):
            shape = model.model_json_schema()
            assert shapes.setdefault(model.__name__, shape) == shape, (
                f"{model.__name__} of {model.__module__}"
            )


def _models(base: type[Schema]) -> Iterator[type[Schema]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)
