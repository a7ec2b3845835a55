"""What partners' data may be used for: the one place that says which sources may be read for a purpose.

Every reading function that brings in partners' data asks `permitted` and leaves the other sources aside. When every extract
permits the purpose, that costs no query.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TypeVar

from django.db.models import Model, QuerySet

from sooner.errors import Refused
from sooner.ledger import clock
from sooner.people.models import Record, Source
from sooner.policy.loader import get_policy
from sooner.policy.model import ExtractMapping

FINDING_CHILDREN = "finding-children-at-risk"
SUBJECT_ACCESS = "answering-subject-access"
SOON = timedelta(days=30)
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Permitted:
    """Which sources may be read for the purposes: all but those `left_out`, by key and why in words."""

    purposes: tuple[str, ...]
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def everything(self) -> bool:
        return not self.left_out

    @cached_property
    def aside(self) -> frozenset[int]:
        """The left out sources' numbers; no query when there are none."""
        if self.everything:
            return frozenset()
        return frozenset(Source.objects.filter(key__in=self.left_out).values_list("pk", flat=True))

    def of(self, rows: QuerySet[M], *, source: str = "source") -> QuerySet[M]:
        """The rows that may be read; `source` is the path to theirs."""
        return rows.exclude(**{f"{source}__in": self.aside}) if self.aside else rows

    def aside_of(self, rows: QuerySet[M], *, source: str = "source") -> int:
        """How many of the rows are left aside; no query when no source is."""
        return rows.filter(**{f"{source}__in": self.aside}).count() if self.aside else 0

    def demand(self, source: str) -> None:
        """Raise Refused when this source is asked for and left out. `source` is its key, such as `extract:school-census`."""
        if source in self.left_out:
            raise Refused(self.left_out[source])

    def demand_records(self, records: Iterable[int]) -> None:
        """The same for the sources of these records; no query when no source is left out."""
        if self.aside:
            asked = Record.objects.filter(pk__in=list(records), source__in=self.aside)
            for key in sorted(set(asked.values_list("source__key", flat=True))):
                self.demand(key)


def permitted(*purposes: str) -> Permitted:
    """The sources that may be read by somebody who acts for any of these purposes. Raises Refused for an unknown purpose.

    An extract is left out when none of its purposes is among them, when its agreement is over, or when the policy no longer
    names it. Referrals and officers' entries are the force's own, for the law enforcement purposes, and are never left out.
    """
    known = get_policy().purposes
    for purpose in purposes:
        if purpose not in known:
            raise Refused(f"There is no purpose {purpose!r}: one of {', '.join(known)}.")
    if any(known[purpose].statutory for purpose in purposes):
        return Permitted(purposes)
    today = clock.now().date()
    left = {
        one.source_key: why
        for one in get_policy().extracts.values()
        if (why := _barred(one, purposes, today))
    }
    return Permitted(purposes, left | _nameless(frozenset(get_policy().extracts)))


def loading(rule: ExtractMapping) -> Permitted:
    """What may be read while an extract's rows are resolved: for finding children where the extract may be used for that, else
    for its own purposes; so no extract is joined to one that it shares no purpose with."""
    own = (FINDING_CHILDREN,) if FINDING_CHILDREN in rule.purposes else rule.purposes
    return permitted(*own)


def _barred(one: ExtractMapping, purposes: tuple[str, ...], today: date) -> str:
    """Why an extract may not be read for the purposes; nothing when it may."""
    if over := agreement_over(one, today):
        return over
    if set(one.purposes) & set(purposes):
        return ""
    known = get_policy().purposes
    asked, agreed = (
        ", ".join(known[key].title.casefold() for key in keys) for keys in (purposes, one.purposes)
    )
    return (
        f"{one.title!r} may not be used for {asked}: it was given for {agreed} ({one.agreement.reference})."
    )


def agreement_over(one: ExtractMapping, today: date) -> str:
    """One line that says that the agreement is over and what to do; nothing while it holds."""
    if today <= one.agreement.expires:
        return ""
    return (
        f"The sharing agreement {one.agreement.reference} for {one.title!r} ended on {one.agreement.expires:%-d %B %Y}:"
        f" renew it with {one.agreement.partner}, and correct extracts.toml."
    )


def ending_soon(one: ExtractMapping) -> str:
    """One line of warning when an agreement ends within SOON; nothing otherwise, and nothing once it is over."""
    today = clock.now().date()
    if not today <= one.agreement.expires <= today + SOON:
        return ""
    return (
        f"The sharing agreement {one.agreement.reference} for {one.title!r} ends on {one.agreement.expires:%-d %B %Y}."
        f" Renew it with {one.agreement.partner}: after that day its records are not read, and are deleted."
    )


@lru_cache(maxsize=8)
def _nameless(named: frozenset[str]) -> dict[str, str]:
    """Sources of extracts that the policy no longer names; looked up once, for none comes to be while a policy is in use."""
    held = Source.objects.filter(key__gte="extract:", key__lt="extract;").values_list("key", flat=True)
    gone = sorted(key for key in held if key.removeprefix("extract:") not in named)
    return {key: f"{key!r} is no longer in extracts.toml: add it again, or let it expire." for key in gone}
