"""How long a session lives, and how many a user has at once: eight hours in all, thirty minutes without use, and no more
than force.toml says: a further one ends the oldest. It decides nothing else.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from sooner.access.models import User
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork
from sooner.policy.loader import get_policy

LONGEST = timedelta(hours=8)
IDLE = timedelta(minutes=30)
NUMBER = "session_number"
NOTED_EVERY = timedelta(minutes=1)
"""The last use is written at most this often, so that reading a page seldom writes to the database."""


def begin(work: UnitOfWork, user: User, request: HttpRequest) -> None:
    """Count a session that begins, in the caller's unit of work; the oldest beyond what policy allows ends, on the record."""
    now, most = clock.now(), get_policy().force.sessions_at_once
    number = uuid4().hex
    request.session[NUMBER] = number
    held = User.objects.select_for_update().get(pk=user.pk)
    since = (now - LONGEST).isoformat()
    running = [one for one in held.open_sessions if one["began_at"] > since]
    running.append({"number": number, "began_at": now.isoformat()})
    for ended in running[:-most]:
        work.record(
            "session.ended",
            subject=Subject("user", user.pk),
            thread=f"user:{user.pk}",
            began_at=ended["began_at"],
            at_once=most,
        )
    _keep(held, running[-most:])


def end(user: User, request: HttpRequest) -> None:
    """The user signed out of this session."""
    held = User.objects.select_for_update().get(pk=user.pk)
    _keep(held, [one for one in held.open_sessions if one["number"] != request.session.get(NUMBER)])


def _keep(user: User, sessions: list[dict[str, str]]) -> None:
    user.open_sessions = sessions
    user.save(update_fields=["open_sessions"])


class SessionLimits:
    """Middleware that ends a session that is too old, was left alone, or had to make room for a newer one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            ended = _ended(request, now=clock.now())
            if ended:
                logout(request)
                messages.info(request, ended)
        return self.get_response(request)


def _ended(request: HttpRequest, *, now: datetime) -> str:
    """Why the session is over, in words, or empty after noting that it was used."""
    began = _moment(request, "began_at", otherwise=now)
    used = _moment(request, "used_at", otherwise=now)
    running = {one["number"] for one in cast(User, request.user).open_sessions}
    if request.session.get(NUMBER) not in running:
        most = get_policy().force.sessions_at_once
        return f"You were signed out because you signed in elsewhere: at most {most} sessions run at once."
    if now - began >= LONGEST:
        return "You were signed out because 8 hours had passed since you signed in."
    if now - used >= IDLE:
        return "You were signed out because nothing was done for 30 minutes."
    if "began_at" not in request.session or now - used >= NOTED_EVERY:
        request.session["began_at"] = began.isoformat()
        request.session["used_at"] = now.isoformat()
    return ""


def _moment(request: HttpRequest, name: str, *, otherwise: datetime) -> datetime:
    kept = request.session.get(name)
    return datetime.fromisoformat(kept) if kept else otherwise
