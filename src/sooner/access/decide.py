"""Who may do what, and who sees which rows: one function decides, one filter applies it.

Rooms register how their rows are scoped (`register_scope`); nothing else in the product compares roles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from sooner.access.models import BreakGlass, Grant, User
from sooner.errors import NotAllowed
from sooner.ledger import clock
from sooner.ledger.work import Actor
from sooner.policy.loader import get_policy

M = TypeVar("M", bound=Model)
NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Reader:
    """A user as the row rules see one. `scope` is force, unit, own, authority or none."""

    user: User

    @property
    def scope(self) -> str:
        return get_policy().roles[self.user.role].scope

    @property
    def unit(self) -> str:
        return self.user.unit

    @property
    def authority(self) -> str:
        return self.user.authority

    @property
    def names_masked(self) -> bool:
        return get_policy().roles[self.user.role].mask_names

    @cached_property
    def known_threads(self) -> frozenset[str]:
        """Threads of restricted records this user needs to know, or broke the glass for."""
        now = clock.now()
        granted = Grant.objects.filter(user=self.user, withdrawn_at__isnull=True)
        broken = BreakGlass.objects.filter(user=self.user, expires_at__gt=now)
        opened = set(broken.values_list("thread", flat=True))
        for belonging in _belonging:
            opened |= belonging(frozenset(opened))
        return frozenset(granted.values_list("thread", flat=True)) | opened

    def known_ids(self, kind: str) -> list[int]:
        """The ids in `known_threads` of one kind of thread, such as `referral`."""
        prefix = f"{kind}:"
        return [int(t.removeprefix(prefix)) for t in self.known_threads if t.startswith(prefix)]


WITHHELD = "Words withheld: they may name people."


def spoken(words: str, user: User) -> str:
    """What somebody wrote in their own words, to a reader who sees names; that it is withheld, to one who does not."""
    return WITHHELD if words and Reader(user).names_masked else words


Belonging = Callable[[frozenset[str]], set[str]]
_belonging: list[Belonging] = []


def register_belonging(rule: Belonging) -> None:
    """The threads that belong to others: whoever breaks the glass for an investigation sees its referrals and children too.
    Called once, from a room's apps.py."""
    _belonging.append(rule)


ScopeRule = Callable[[Reader], Q]
_scopes: dict[type[Model], ScopeRule] = {}


def register_scope(model: type[Model], rule: ScopeRule) -> None:
    """Say which rows of `model` a reader sees; called once per model from a room's apps.py."""
    _scopes[model] = rule


def scope_of(model: type[Model], reader: Reader) -> Q:
    """The filter for rows of `model`. A model without a rule shows nothing to anybody."""
    rule = _scopes.get(model)
    return rule(reader) if rule else NOTHING


def visible(queryset: QuerySet[M], user: User) -> QuerySet[M]:
    """The rows of `queryset` that `user` may see."""
    return queryset.filter(scope_of(queryset.model, Reader(user)))


def by_unit(reader: Reader, *, unit: str = "unit", officer: str | None = None) -> Q:
    """The plain police rule: all for force scope, own unit's rows for unit scope, own rows for own scope."""
    if reader.scope == "force":
        return Q()
    if reader.scope == "unit" and reader.unit:
        return Q(**{unit: reader.unit})
    if reader.scope == "own" and officer:
        return Q(**{officer: reader.user.pk})
    return NOTHING


def may(user: User, capability: str) -> bool:
    """Whether the user's role has the capability (access.toml). Unknown capabilities are an error."""
    return user.is_active and user.role in get_policy().capabilities[capability].roles


def require(user: User, capability: str) -> None:
    """Raise NotAllowed unless the user's role has the capability."""
    if not may(user, capability):
        title = get_policy().capabilities[capability].title
        raise NotAllowed(f"Your role does not include: {title}. Ask a supervisor.")


def actor_for(user: User) -> Actor:
    """The ledger's name for a signed-in user."""
    return Actor("user", user.pk, user.name)
