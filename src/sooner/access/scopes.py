"""Which rows of this room's own tables a reader sees: accounts, keys, need-to-know and break-glass."""

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader, may, register_scope
from sooner.access.models import ApiToken, BreakGlass, Grant, User


def register() -> None:
    """Tell `access.visible` the rules; called once at start."""
    register_scope(User, _users)
    register_scope(ApiToken, _tokens)
    register_scope(Grant, _grants)
    register_scope(BreakGlass, _break_glass)


def _users(reader: Reader) -> Q:
    return Q() if may(reader.user, "user.manage") else Q(pk=reader.user.pk)


def _tokens(reader: Reader) -> Q:
    return Q() if may(reader.user, "user.manage") else Q(user=reader.user)


def _grants(reader: Reader) -> Q:
    own = Q(user=reader.user)
    if not may(reader.user, "need-to-know.grant"):
        return own
    return Q() if reader.scope == "force" else own | Q(thread__in=reader.known_threads)


def _break_glass(reader: Reader) -> Q:
    if not may(reader.user, "break-glass.review"):
        return Q(user=reader.user)
    if reader.scope == "force":
        return Q()
    return Q(user__unit=reader.unit) if reader.unit else NOTHING
