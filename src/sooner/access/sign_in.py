"""Signing in: no accounts are made here, and every coming, going and failure is on the record.

It never records what somebody typed: a password is sometimes typed where the user name belongs.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from sooner.access import sessions
from sooner.access.decide import actor_for
from sooner.access.models import User
from sooner.ledger.work import Actor, Subject, unit_of_work

NOBODY = Actor("user", None, "Somebody not signed in")
BACKEND = "django.contrib.auth.backends.ModelBackend"


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth's typing is partial
    """Accounts are made by an administrator only; a session always belongs to the password backend."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        # A passkey proves who it is without a backend; without a name here, the session would belong to none.
        user.backend = getattr(user, "backend", None) or BACKEND
        super().login(request, user)


def thread_of(user: User) -> str:
    """The compartment of what happened to an account."""
    return f"user:{user.pk}"


def _record(actor: Actor, event: str, user: User | None, **facts: Any) -> None:
    with unit_of_work(actor) as work:
        subject = Subject("user", user.pk if user else None)
        work.record(event, subject=subject, thread=thread_of(user) if user else "force", **facts)


def on_signed_in(sender: Any, request: HttpRequest | None, user: User, **_: Any) -> None:
    """Record a sign-in with the methods that proved who it is, and count the session."""
    records = get_authentication_records(request, user) if request is not None else []
    how = sorted({str(record.get("type") or record["method"]) for record in records})
    with unit_of_work(actor_for(user)) as work:
        _record(actor_for(user), "user.signed-in", user, how=how or ["session"], address=address_of(request))
        if request is not None:
            sessions.begin(work, user, request)


def on_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Record a failed sign-in: against the account when there is one of that name, else against none."""
    known = User.objects.filter(username=credentials.get("username") or "").first()
    _record(NOBODY, "sign-in.failed", known, how="password", address=address_of(request))


def on_second_factor_failed(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Record a wrong code or an unknown key."""
    _record(NOBODY, "sign-in.failed", user, how="second-factor", address=address_of(request))


def on_signed_out(sender: Any, request: HttpRequest | None, user: User | None, **facts: Any) -> None:
    """Record a sign-out; a visitor who was nobody leaves no entry."""
    if user is not None:
        with unit_of_work(actor_for(user)):
            _record(actor_for(user), "user.signed-out", user)
            if request is not None:
                sessions.end(user, request)


def on_factor_changed(sender: Any, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """Record that a second factor was added, removed or made anew: which kind, never its secret."""
    _record(actor_for(user), "user.changed", user, changed=["second-factor"], factor=str(authenticator.type))


def address_of(request: HttpRequest | None) -> str | None:
    """Where a request came from, as the server saw it."""
    return request.META.get("REMOTE_ADDR") if request is not None else None


def connect() -> None:
    """Listen to the sign-in signals; called once, when the product starts."""
    user_logged_in.connect(on_signed_in, dispatch_uid="sooner-signed-in")
    user_login_failed.connect(on_failed, dispatch_uid="sooner-sign-in-failed")
    user_logged_out.connect(on_signed_out, dispatch_uid="sooner-signed-out")
    authentication_failed.connect(on_second_factor_failed, dispatch_uid="sooner-factor-failed")
    for signal in (authenticator_added, authenticator_removed, authenticator_reset):
        signal.connect(on_factor_changed, dispatch_uid="sooner-factor-changed")
