"""How long a session lives: eight hours in all, thirty minutes without use. It decides nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from sooner.ledger import clock

LONGEST = timedelta(hours=8)
IDLE = timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)
"""The last use is written at most this often, so that reading a page seldom writes to the database."""


class SessionLimits:
    """Middleware that ends a session that is too old or was left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            ended = _ended(request, now=clock.now())
            if ended:
                logout(request)
                messages.info(request, ended)
        return self.get_response(request)


def _ended(request: HttpRequest, *, now: datetime) -> str:
    """Why the session is over, in words, or empty after noting that it was used."""
    began = _moment(request, "began_at", otherwise=now)
    used = _moment(request, "used_at", otherwise=now)
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
