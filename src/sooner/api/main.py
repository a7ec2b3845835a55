"""The API: who calls, which rooms answer, and how every failure is told in one line. It holds no rules."""

import json
from functools import partial
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer
from ninja.security.session import SessionAuth
from ninja.utils import check_csrf

from sooner.access import commands
from sooner.access.decide import actor_for
from sooner.access.gate import needs_second_factor
from sooner.access.models import User
from sooner.errors import NotAllowed, NotFound, SoonerError

TITLE = "Sooner"
VERSION = "1"


class JsonOnly(Parser):
    """JSON is read from what says that it is JSON: anything else would let a form on another site post it."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            request.wrong_type = True  # type: ignore[attr-defined]  # the library turns what is raised here into a 400
            raise ValueError(request.content_type)
        body: dict[str, Any] = json.loads(request.body)
        return body


class Key(HttpBearer):
    """An API key: `Authorization: Bearer sooner_…`; it acts as its user."""

    openapi_scheme = "bearer"

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = commands.use_token(token)
        return _let_in(request, user) if user else None


class SignedIn(SessionAuth):
    """A browser's session, with Django's protection against forged requests and the role's second factor."""

    def __call__(self, request: HttpRequest) -> User | None:
        if not isinstance(request.user, User):
            return None
        if check_csrf(request) is not None:
            raise HttpError(403, "The request has no valid CSRF token.")
        if needs_second_factor(request.user):
            raise HttpError(403, "Your role needs a second factor. Set it up in the browser first.")
        return _let_in(request, request.user)


def _let_in(request: HttpRequest, user: User) -> User:
    request.user = user
    request.actor = actor_for(user)  # type: ignore[attr-defined]  # what PageRequest promises
    return user


def build(rooms: list[Router]) -> NinjaAPI:
    """The API of the given rooms."""
    api = NinjaAPI(
        title=TITLE,
        version=VERSION,
        description="From a referral to a protected child. Times are UTC, ISO 8601.",
        docs_url=None,  # its page needs inline scripts; `api_docs` is ours
        openapi_url="/openapi.json",
        auth=[Key(), SignedIn()],
        parser=JsonOnly(),
        urls_namespace="api",
    )
    for router in rooms:
        api.add_router("", router)
    _tell_problems(api)
    return api


def problem(status: int, words: str) -> HttpResponse:
    """An answer that says in one line what is wrong."""
    body = json.dumps({"problem": words}, ensure_ascii=False)
    return HttpResponse(body, status=status, content_type="application/json")


def _tell_problems(api: NinjaAPI) -> None:
    for kind, status in ((NotAllowed, 403), (NotFound, 404), (SoonerError, 409), (RequestDataTooBig, 413)):
        api.add_exception_handler(kind, partial(_told, status=status))
    api.add_exception_handler(ValueError, partial(_told, status=422))
    api.add_exception_handler(Http404, lambda request, error: problem(404, "There is no such record."))
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(ValidationError, _invalid)


def _told(request: HttpRequest, error: Exception, *, status: int) -> HttpResponse:
    return problem(status, " ".join(str(error).split()) or "The request was refused.")


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    if getattr(request, "wrong_type", False):
        return problem(415, "Send application/json.")
    if error.status_code != 401:
        return problem(error.status_code, str(error))
    answer = problem(401, "Sign in, or send a working API key as Authorization: Bearer.")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(422, "; ".join(_one_line(found) for found in error.errors[:5]))


def _one_line(found: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in found.get("loc", ()) if part not in {"body", "query", "path"})
    return f"{place}: {found.get('msg', 'is not valid')}" if place else str(found.get("msg", "is not valid"))
