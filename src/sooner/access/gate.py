"""The one gate in front of every page and API operation: signed in, second factor, capability, errors in one line.

Row visibility is not decided here but by `access.visible`; a page that forgets it would show nothing it should not,
because queries take the user.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from sooner.access.decide import actor_for, may, require
from sooner.access.models import User
from sooner.errors import NotAllowed, NotFound, SoonerError
from sooner.ledger.work import Actor
from sooner.policy.loader import get_policy

P = ParamSpec("P")
R = TypeVar("R")


class PageRequest(HttpRequest):
    """A request that has passed the gate: its user is a signed-in `User`."""

    user: User

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)


View = Callable[Concatenate[PageRequest, P], HttpResponse]


def page(capability: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View[P]], View[P]]:
    """Declare a page: who may open it (a capability of access.toml) and with which methods."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def gated(request: PageRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            stopped = _stopped(request, capability, methods)
            return stopped or _answered(view, request, *args, **kwargs)

        gated.capability = capability  # type: ignore[attr-defined]  # read by the test that walks every URL
        return cast(View[P], gated)

    return decorate


def _stopped(request: HttpRequest, capability: str, methods: tuple[str, ...]) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    user = request.user
    if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
        words = "This address only takes what a button sends. Go back to the page that has the button."
        shown = render(request, "web/refused.html", {"message": words})
        return HttpResponseNotAllowed(methods, content=shown.content)
    if not may(user, capability):
        title = get_policy().capabilities[capability].title
        return denied(request, f"Your role does not include: {title}.")
    if needs_second_factor(user):
        return redirect("mfa_index")
    return None


def _answered(view: View[P], request: PageRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
    request.actor = actor_for(request.user)  # type: ignore[misc]  # a plain request gains what PageRequest promises
    try:
        return view(request, *args, **kwargs)
    except NotAllowed as error:
        return denied(request, str(error))
    except NotFound as error:
        raise Http404(str(error)) from error
    except SoonerError as error:
        return render(request, "web/refused.html", {"message": str(error)}, status=409)


def denied(request: HttpRequest, message: str) -> HttpResponse:
    """The designed answer to somebody who may not see this: what, why, whom to ask."""
    return render(request, "web/denied.html", {"message": message}, status=403)


def needs_second_factor(user: User) -> bool:
    """Whether the role must have a second factor and the user has none yet (access.toml); never in a demonstration."""
    asked = get_policy().roles[user.role].signs_in_second_factor and settings.SECOND_FACTOR_ASKED
    return asked and not is_mfa_enabled(user)


def carried_out(form: BaseForm, command: Callable[[], Any]) -> bool:
    """Run a command for a valid form; a rule's refusal becomes the form's error. True when it was done."""
    try:
        command()
    except NotFound:
        raise
    except SoonerError as error:
        form.add_error(None, str(error))
        return False
    return True


def operation(capability: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare an API operation's capability; stands beneath the router's decorator."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def gated(*args: P.args, **kwargs: P.kwargs) -> R:
            require(cast(HttpRequest, args[0]).user, capability)  # type: ignore[arg-type]  # authenticated by the API
            return view(*args, **kwargs)

        gated.capability = capability  # type: ignore[attr-defined]  # read by the test that walks every operation
        return gated

    return decorate
