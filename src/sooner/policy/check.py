"""What the files must agree on between them. Pure; returns problems, each with file, row and field."""

from collections.abc import Iterator

from sooner.engines.linkage.conditions import BadCondition, condition
from sooner.engines.linkage.fields import COLUMNS
from sooner.policy.model import (
    LIMITS,
    RELATION_COLUMNS,
    Clock,
    DutyRule,
    ExtractMapping,
    Policy,
)

OWNERS = {"unit", "officer", "authority"}
SCOPES = {"force", "unit", "own", "authority", "none"}


def problems_of(policy: Policy) -> list[str]:
    """All disagreements; an empty list when there is none."""
    return [
        *_duties(policy),
        *_places(policy),
        *_access(policy),
        *_force(policy),
        *_counts(policy),
        *_limits(policy),
        *_linkage(policy),
        *_extracts(policy),
    ]


def _linkage(policy: Policy) -> Iterator[str]:
    rules, comparisons = policy.linkage.rules, {one.key: one for one in policy.linkage.comparisons}
    if not 0 < rules.listed <= rules.possible < rules.sure < 1:
        yield "linkage.toml, [person]: 0 < listed <= possible < sure < 1 must hold: correct the shares"
    for one in comparisons.values():
        where = f"linkage.toml, row {one.key}, level"
        if not one.level or one.level[-1].when:
            yield f"{where}: the last must have no 'when': it is what is left"
        for level in one.level:
            try:
                if level.when:
                    condition(level.when, COLUMNS)
            except BadCondition as bad:
                yield f"{where} {level.title!r}: {bad}"
            if level.frequency_of and level.frequency_of not in COLUMNS:
                yield f"{where} {level.title!r}, frequency_of: there is no column {level.frequency_of!r}"
    for bar in policy.linkage.bars:
        titles = (
            {level.title for level in comparisons[bar.comparison].level}
            if bar.comparison in comparisons
            else set()
        )
        for answer in bar.answers:
            if answer not in titles:
                yield f"linkage.toml, bar {bar.comparison}: there is no answer {answer!r} to it: correct it"


def _duties(policy: Policy) -> Iterator[str]:
    for duty in policy.duties.values():
        where = f"duties.toml, row {duty.key}"
        for name in ("opens_on", "discharged_by"):
            for event in getattr(duty, name):
                if event not in policy.events:
                    yield f"{where}, {name}: the event {event!r} is not in events.toml: correct it or add the event"
        yield from _duty_times(duty, where, policy)
        yield from _duty_people(duty, where, policy)
    if (told := policy.duties.get("tell-social-care")) and told.extension is not None:
        yield "duties.toml, row tell-social-care, extension: telling social care is never extended: remove the table"


def _counts(policy: Policy) -> Iterator[str]:
    for name in ("sessions_at_once", "break_glass_hours"):
        if getattr(policy.force, name) < 1:
            yield f"force.toml, [force], {name}: {getattr(policy.force, name)} lets nobody work: give at least 1"


def _limits(policy: Policy) -> Iterator[str]:
    for key in LIMITS:
        if key not in policy.limits:
            yield f"limits.toml: the row {key!r} is missing: add it, with its time and its source"
    for limit in policy.limits.values():
        where = f"limits.toml, row {limit.key}"
        if max(limit.hours, limit.months) < 1 or min(limit.hours, limit.months) < 0:
            yield f"{where}, hours: {limit.hours or limit.months} is no time at all: give the hours or months that the law allows"
        if not limit.source.strip():
            yield f"{where}, source: is empty: say which law sets the limit"
    if (end := policy.duties.get("end-police-protection")) and end.extension is not None:
        yield "duties.toml, row end-police-protection, extension: the law allows none: remove the table"


def _duty_times(duty: DutyRule, where: str, policy: Policy) -> Iterator[str]:
    for clock in (duty.due, *duty.due_by_jurisdiction.values()):
        if _set_parts(clock) != 1:
            yield f"{where}, due: set exactly one of minutes, hours, calendar_days, working_days, months, fact"
    for jurisdiction in duty.due_by_jurisdiction:
        if jurisdiction not in policy.jurisdictions:
            yield f"{where}, due_by_jurisdiction: there is no jurisdiction {jurisdiction!r} in jurisdictions.toml"
    if not 1 <= duty.harm <= 5:
        yield f"{where}, harm: {duty.harm} is not between 1 (a child may be harmed now) and 5"


def _set_parts(clock: Clock) -> int:
    parts = (clock.minutes, clock.hours, clock.calendar_days, clock.working_days, clock.months, clock.fact)
    return sum(1 for part in parts if part)


def _duty_people(duty: DutyRule, where: str, policy: Policy) -> Iterator[str]:
    role = duty.owner.removeprefix("role:")
    if duty.owner not in OWNERS and (role == duty.owner or role not in policy.roles):
        yield f"{where}, owner: {duty.owner!r} is none of unit, officer, authority, or role: with a role of access.toml"
    for rule in duty.escalates:
        if rule.to not in policy.roles:
            yield f"{where}, escalates: there is no role {rule.to!r} in access.toml"
    for by in duty.extension.by if duty.extension else ():
        if by not in policy.roles:
            yield f"{where}, extension: there is no role {by!r} in access.toml"


def _places(policy: Policy) -> Iterator[str]:
    for authority in policy.authorities.values():
        where = f"authorities.toml, row {authority.code}"
        if authority.unit and authority.unit not in policy.units:
            yield f"{where}, unit: there is no unit {authority.unit!r} in units.toml"
        if authority.jurisdiction not in policy.jurisdictions:
            yield f"{where}, jurisdiction: there is no {authority.jurisdiction!r} in jurisdictions.toml"
    for outward, codes in policy.postcodes.items():
        for code in codes:
            if code not in policy.authorities:
                yield f"postcodes.toml, {outward}: there is no authority {code!r} in authorities.toml"
    if sum(unit.central for unit in policy.units.values()) != 1:
        yield "units.toml: exactly one unit must have central = true"


def _access(policy: Policy) -> Iterator[str]:
    for role in policy.roles.values():
        if role.scope not in SCOPES:
            yield f"access.toml, row {role.key}, scope: {role.scope!r} is none of {', '.join(sorted(SCOPES))}"
    for capability in policy.capabilities.values():
        for role_key in sorted(capability.roles - set(policy.roles)):
            yield f"access.toml, row {capability.key}, roles: there is no role {role_key!r}"


def _extracts(policy: Policy) -> Iterator[str]:
    for one in policy.extracts.values():
        where = f"extracts.toml, row {one.key}"
        for name in ("lawful_basis", "retention_source"):
            if not getattr(one, name).strip():
                yield f"{where}, {name}: is empty: say it, or '(design)' where no text sets it"
        if one.retention_days < 1:
            yield f"{where}, retention_days: {one.retention_days} is not a number of days: write at least 1"
        yield from _agreement(one, where)
        for exemption in one.exemptions:
            if exemption not in policy.exemptions:
                yield f"{where}, exemptions: there is no exemption {exemption!r} in lawfulness.toml"
        yield from _purposes(one, where, policy)


def _agreement(one: ExtractMapping, where: str) -> Iterator[str]:
    for name in ("reference", "partner"):
        if not getattr(one.agreement, name).strip():
            yield f"{where}, agreement: {name} is empty: say which agreement it is, and with whom"
    if one.agreement.expires <= one.agreement.signed:
        yield f"{where}, agreement: it ends on or before the day it was signed: correct the dates"


def _purposes(one: ExtractMapping, where: str, policy: Policy) -> Iterator[str]:
    if not one.purposes:
        yield f"{where}, purposes: there is none: data without a purpose may not be held"
    for key in one.purposes:
        if key not in policy.purposes:
            yield f"{where}, purposes: there is no purpose {key!r} in lawfulness.toml: correct it or add the purpose"
        elif policy.purposes[key].statutory:
            yield f"{where}, purposes: {key!r} is set by statute and holds for every extract: remove it"
    known = [policy.purposes[key] for key in one.purposes if key in policy.purposes]
    needed = frozenset().union(*(purpose.needs for purpose in known))
    for name, column in one.columns.items():
        if name not in needed:
            yield f"{where}, columns, {name}: no purpose of this extract needs {column!r}: do not load it"
    of_relatives = frozenset().union(*(purpose.relatives for purpose in known))
    for relation in one.relations:
        for name in sorted((relation.keys() & RELATION_COLUMNS) - of_relatives):
            yield f"{where}, relations, {name}: no purpose of this extract needs {relation[name]!r}: do not load it"


def _force(policy: Policy) -> Iterator[str]:
    if policy.force.jurisdiction not in policy.jurisdictions:
        yield f"force.toml, [force], jurisdiction: there is no {policy.force.jurisdiction!r} in jurisdictions.toml"
    if policy.force.default_handling not in policy.handling:
        yield f"force.toml, [force], default_handling: there is no {policy.force.default_handling!r} in handling.toml"
