"""What the force holds of its partners' data, and by what right: each extract of the policy with its basis, purposes, agreement,
retention, next expiry and the count of its records. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min

from sooner.ledger import clock
from sooner.people.models import Source
from sooner.people.purpose import agreement_over, ending_soon
from sooner.policy.loader import get_policy
from sooner.policy.model import ExtractMapping


@dataclass(frozen=True, slots=True)
class Holding:
    """An extract and what is held of it. `state`: in-force, ending (within 30 days) or over."""

    rule: ExtractMapping
    records: int
    oldest: datetime | None
    newest: datetime | None

    @property
    def purposes(self) -> Sequence[str]:
        """Their titles."""
        return [get_policy().purposes[key].title for key in self.rule.purposes]

    @property
    def state(self) -> str:
        if agreement_over(self.rule, clock.now().date()):
            return "over"
        return "ending" if ending_soon(self.rule) else "in-force"

    @property
    def warning(self) -> str:
        """One line of what is wrong or soon will be, and what to do; nothing when all is well."""
        return agreement_over(self.rule, clock.now().date()) or ending_soon(self.rule)

    @property
    def next_expiry(self) -> date | None:
        """The day on which the next of the records held are deleted; today when some are due; None when none are held."""
        if self.oldest is None:
            return None
        by_age = (self.oldest + timedelta(days=self.rule.retention_days)).date()
        return max(clock.now().date(), min(by_age, self.rule.agreement.expires + timedelta(days=1)))

    @property
    def is_due(self) -> bool:
        """Whether some records wait to be deleted now."""
        return self.next_expiry is not None and self.next_expiry <= clock.now().date()


@dataclass(frozen=True, slots=True)
class Nameless:
    """A source of records that the policy no longer names: not read for anything but its persons' own access."""

    key: str
    title: str
    records: int


def holdings() -> list[Holding]:
    """Every extract of the policy, in its order."""
    held = {
        key: (records, oldest, newest)
        for key, records, oldest, newest in Source.objects.filter(kind="extract")
        .annotate(n=Count("records"), oldest=Min("records__as_of"), newest=Max("records__as_of"))
        .values_list("key", "n", "oldest", "newest")
    }
    return [
        Holding(rule, *held.get(rule.source_key, (0, None, None))) for rule in get_policy().extracts.values()
    ]


def holding_of(key: str) -> Holding | None:
    """The extract behind a source's key, with what is held of it."""
    return next((one for one in holdings() if one.rule.source_key == key), None)


def nameless() -> list[Nameless]:
    """Sources with records whose extract the policy no longer names."""
    named = {rule.source_key for rule in get_policy().extracts.values()}
    rows = Source.objects.filter(kind="extract").exclude(key__in=named).annotate(n=Count("records"))
    return [Nameless(row.key, row.name, row.n) for row in rows.filter(n__gt=0).order_by("key")]
