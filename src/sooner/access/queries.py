"""What pages and endpoints read of accounts, keys, need-to-know and break-glass. It changes nothing."""

from typing import TypeVar

from django.db.models import Q, QuerySet

from sooner.access.decide import visible
from sooner.access.models import ApiToken, BreakGlass, Grant, User
from sooner.access.threads import Thread
from sooner.errors import NotFound
from sooner.ledger import clock

T = TypeVar("T")


def users(user: User, *, search: str = "", role: str = "") -> QuerySet[User]:
    """The accounts that `user` sees, by name."""
    found = visible(User.objects.all(), user).order_by("name", "pk")
    if search:
        found = found.filter(Q(name__icontains=search) | Q(username__icontains=search))
    return found.filter(role=role) if role else found


def user_for(user: User, pk: int) -> User:
    """One account; NotFound when it is not there or not for this reader."""
    return _or_not_found(visible(User.objects.filter(pk=pk), user).first(), "There is no such user.")


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """A user's keys that work, the newest first."""
    return user.tokens.filter(revoked_at__isnull=True, expires_at__gt=clock.now()).order_by("-pk")


def grants_of(thread: Thread) -> QuerySet[Grant]:
    """Who may see a restricted record, by name."""
    return (
        Grant.objects.filter(thread=str(thread), withdrawn_at__isnull=True)
        .select_related("user", "granted_by")
        .order_by("user__name", "pk")
    )


def colleague(username: str) -> User:
    """The open police account of that user name, to be given need-to-know; NotFound otherwise."""
    found = User.objects.filter(is_active=True, authority="", username=username.strip()).first()
    return _or_not_found(found, "There is no open account of that user name in the force.")


def break_glass_list(user: User, *, reviewed: bool) -> QuerySet[BreakGlass]:
    """Uses of break-glass that `user` sees: waiting for a review, oldest first, or reviewed, newest first."""
    found = visible(BreakGlass.objects.select_related("user", "reviewed_by"), user)
    if reviewed:
        return found.filter(reviewed_at__isnull=False).order_by("-reviewed_at", "-pk")
    return found.filter(reviewed_at__isnull=True).order_by("used_at", "pk")


def break_glass_for(user: User, pk: int) -> BreakGlass:
    """One use; NotFound when it is not there or not for this reader."""
    found = visible(BreakGlass.objects.select_related("user", "reviewed_by").filter(pk=pk), user).first()
    return _or_not_found(found, "There is no such use of break-glass.")


def _or_not_found(found: T | None, words: str) -> T:
    if found is None:
        raise NotFound(words)
    return found
