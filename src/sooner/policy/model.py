"""The force's rules as typed, frozen objects. The data is `policy/data/*.toml`; nothing here decides anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

POLICE_PROTECTION = "police-protection"
LIMITS = (
    POLICE_PROTECTION,
    "search-warrant",
    "bail-custody-officer",
    "bail-inspector",
    "bail-superintendent",
)
"""The limit of this key stands in every policy: a command reads it."""
FactsCondition = Mapping[str, tuple[Any, ...]]
"""Fact name to the values that satisfy it; all must hold."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event the ledger may record. `subject` is the record's kind, or `any`."""

    key: str
    subject: str
    title: str


@dataclass(frozen=True, slots=True)
class Clock:
    """How long there is. Exactly one is set. Minutes, hours and days elapse; working days end with the day.

    `fact` names the fact of the opening event that holds the time itself (ISO 8601); `after` the one that holds the time from
    which the others count, where something is recorded later than it happened: else they count from the record.
    """

    minutes: int = 0
    hours: int = 0
    calendar_days: int = 0
    working_days: int = 0
    months: int = 0
    fact: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """How far, counted from the first due time, and by which roles a duty may be extended."""

    max_hours: int
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EscalationRule:
    """Which role hears of it, how long after it became due."""

    after: Clock
    to: str


@dataclass(frozen=True, slots=True)
class DutyRule:
    """A kind of duty: what opens and discharges it, how long there is, whose it is, who hears when it is late, and why."""

    key: str
    title: str
    why: str
    do: str
    subject: str
    opens_on: tuple[str, ...]
    discharged_by: tuple[str, ...]
    due: Clock
    owner: str
    harm: int
    source: str
    only_if: FactsCondition = field(default_factory=dict)
    restored_by: tuple[str, ...] = ()
    """Events that take back what discharged it: it opens again with the clock that it had."""
    discharged_if: FactsCondition = field(default_factory=dict)
    due_by_jurisdiction: Mapping[str, Clock] = field(default_factory=dict)
    extension: ExtensionRule | None = None
    escalates: tuple[EscalationRule, ...] = ()

    def clock_in(self, jurisdiction: str) -> Clock:
        """The time allowed in a jurisdiction."""
        return self.due_by_jurisdiction.get(jurisdiction, self.due)


@dataclass(frozen=True, slots=True)
class Decision:
    """An option that an authority has when it decides on a referral."""

    key: str
    title: str
    section_47: bool = False


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """A legal system: its names for things, its bank holidays beyond the packaged calendar, its options."""

    key: str
    title: str
    bank_holidays: str
    guidance: str
    extra_holidays: tuple[str, ...]
    decisions: Mapping[str, Decision]


@dataclass(frozen=True, slots=True)
class Unit:
    """A team. `central` marks the one that takes what the routing rules send it, and what has no place."""

    code: str
    name: str
    central: bool = False


@dataclass(frozen=True, slots=True)
class Authority:
    """A local authority with children's services. `unit` is empty outside the force's area."""

    code: str
    name: str
    jurisdiction: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """A reason to send an investigation to the central unit: `fact` of the case satisfies `test`."""

    key: str
    title: str
    fact: str
    test: str
    source: str


@dataclass(frozen=True, slots=True)
class Band:
    """A priority band. `rank` 1 is first; `minimum` is the least score, unless `rule` decides."""

    key: str
    title: str
    rank: int
    minimum: int
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A sign that bears on priority. `test` is `is`, `at-least N`, `includes VALUE` or `under N`."""

    key: str
    title: str
    explain: str
    weight: int
    fact: str
    test: str
    source: str


@dataclass(frozen=True, slots=True)
class Skill:
    """A competence: how long it lasts (months, 0 is for good) and which work needs it."""

    key: str
    title: str
    accreditor: str
    valid_months: int
    needed_for: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role. `scope` is force, unit, own, authority or none."""

    key: str
    title: str
    scope: str
    mask_names: bool
    read_only: bool
    signs_in_second_factor: bool


@dataclass(frozen=True, slots=True)
class Capability:
    """Something a role may do."""

    key: str
    title: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Handling:
    """A handling instruction that goes with a referral to social care; `parents_not_told` and `consent_not_asked` are why."""

    key: str
    title: str
    words: str
    parents_not_told: str = ""
    consent_not_asked: str = ""


@dataclass(frozen=True, slots=True)
class Harm:
    """A kind of harm, as an authority is told of it; `incidents` are the report's kinds of incident that speak of it."""

    key: str
    title: str
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What partners' data may be used for: our fields and the parts of a relation that it needs. A `statutory` purpose holds
    for everything, whatever was agreed."""

    key: str
    title: str
    source: str
    needs: frozenset[str] = frozenset()
    relatives: frozenset[str] = frozenset()
    statutory: bool = False


@dataclass(frozen=True, slots=True)
class Exemption:
    """What a person must weigh before a copy of what is held is given to whom it is about."""

    key: str
    title: str
    source: str
    question: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was signed with a partner; `expires` is the last day on which it holds."""

    reference: str
    partner: str
    signed: date
    expires: date


@dataclass(frozen=True, slots=True)
class ExtractMapping:
    """How a partner's columns map to ours: our field to the partner's column. `relations` are further persons in a row.
    What lets the force hold it: basis, purposes, agreement, and the days after its as-of time at which it is deleted."""

    key: str
    title: str
    lawful_basis: str
    purposes: tuple[str, ...]
    agreement: Agreement
    retention_days: int
    retention_source: str
    id_column: str
    columns: Mapping[str, str]
    relations: tuple[Mapping[str, str], ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    identifying: tuple[str, ...] = ()
    lists_once: bool = True
    """Whether the partner lists each person once; False where a person has a row for each post."""
    exemptions: tuple[str, ...] = ()
    """What to weigh before a person is given a copy, beside what is weighed for everybody."""

    @property
    def source_key(self) -> str:
        """The key of the source whose records come from this extract."""
        return f"extract:{self.key}"

    @property
    def columns_read(self) -> frozenset[str]:
        """The partner's columns that are read; no other is."""
        told = {word for one in self.relations for part, word in one.items() if part in RELATION_COLUMNS}
        return frozenset({self.id_column, *self.columns.values()} | told)


RELATION_COLUMNS = frozenset({"name", "relationship", "dob", "phone", "email"})
"""The parts of a relation that name a column; `kind` and `same_address` are said by the mapping itself."""


@dataclass(frozen=True, slots=True)
class LinkageLevel:
    """One answer of a comparison of two records; `when` is a condition (engines/linkage/conditions.py), none for what is left.
    `m` and `u`: shares that are given, where records at hand cannot teach them; without them they are learned."""

    title: str
    when: str = ""
    frequency_of: str = ""
    unknown: bool = False
    m: float | None = None
    u: float | None = None


@dataclass(frozen=True, slots=True)
class LinkageComparison:
    """What is compared between two records, its levels in the order in which they are tried."""

    key: str
    title: str
    level: tuple[LinkageLevel, ...]


@dataclass(frozen=True, slots=True)
class LinkageBar:
    """Answers of a comparison that keep a pair from being sure, and why."""

    comparison: str
    answers: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class LinkageRules:
    """How records are trained to be taken as one person: shares from which a pair is sure or possible, and how weights are
    learned. `rounds`: the columns, parted by spaces, that agree within each round."""

    certain: tuple[str, ...]
    certain_recall: float
    rounds: tuple[str, ...]
    least_m: float
    sure: float
    possible: float
    listed: float
    known_share: float
    twice_share: float
    near_addresses: int
    widely_shared: int


@dataclass(frozen=True, slots=True)
class LinkageQuality:
    """The least recall of each group, and the least number of labelled pairs on which a group is judged."""

    recall_floor: float
    least_pairs: int


@dataclass(frozen=True, slots=True)
class Linkage:
    """The whole of linkage.toml."""

    rules: LinkageRules
    quality: LinkageQuality
    comparisons: tuple[LinkageComparison, ...]
    bars: tuple[LinkageBar, ...]
    short_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a kind of record is kept, and why."""

    key: str
    title: str
    years: int
    source: str


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a power may last at most, from when it began; elapsed hours, or calendar months; never extended."""

    key: str
    title: str
    source: str
    hours: int = 0
    months: int = 0

    @property
    def longest(self) -> timedelta:
        return timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True)
class Force:
    """The force's own choices and limits."""

    name: str
    code: str
    time_zone: str
    jurisdiction: str
    contact: str
    urgent_priorities: frozenset[str]
    largest_parsed_bytes: int
    largest_document_bytes: int
    largest_container_bytes: int
    largest_container_members: int
    default_handling: str
    break_glass_hours: int
    refused_answers_a_day: int
    sessions_at_once: int
    first_pass_seconds: float
    position_of_trust_words: tuple[str, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Policy:
    """Everything, by key."""

    force: Force
    events: Mapping[str, Event]
    duties: Mapping[str, DutyRule]
    jurisdictions: Mapping[str, Jurisdiction]
    units: Mapping[str, Unit]
    authorities: Mapping[str, Authority]
    postcodes: Mapping[str, tuple[str, ...]]
    routing: tuple[RoutingRule, ...]
    bands: tuple[Band, ...]
    indicators: Mapping[str, Indicator]
    skills: Mapping[str, Skill]
    roles: Mapping[str, Role]
    capabilities: Mapping[str, Capability]
    handling: Mapping[str, Handling]
    extracts: Mapping[str, ExtractMapping]
    purposes: Mapping[str, Purpose]
    exemptions: Mapping[str, Exemption]
    retention: Mapping[str, Retention]
    limits: Mapping[str, Limit]
    linkage: Linkage
    harms: Mapping[str, Harm]

    @cached_property
    def central_unit(self) -> str:
        """The code of the central unit."""
        return next(unit.code for unit in self.units.values() if unit.central)

    @cached_property
    def harm_by_incident(self) -> Mapping[str, str]:
        """The key of the harm that each kind of incident speaks of."""
        return {incident: harm.key for harm in self.harms.values() for incident in harm.incidents}

    @property
    def police_protection(self) -> Limit:
        """How long police protection may last (Children Act 1989 s.46)."""
        return self.limits[POLICE_PROTECTION]

    def unit_of(self, authority: str) -> str:
        """The unit whose area an authority is in; empty outside the force's area."""
        known = self.authorities.get(authority)
        return known.unit if known else ""

    def jurisdiction_of(self, authority: str) -> str:
        """The jurisdiction of an authority, else the force's own."""
        known = self.authorities.get(authority)
        return known.jurisdiction if known else self.force.jurisdiction

    def is_position_of_trust(self, words: str) -> bool:
        """Whether an occupation's words name work or volunteering with children (force.toml lists them)."""
        said = words.casefold()
        return any(word in said for word in self.force.position_of_trust_words)
