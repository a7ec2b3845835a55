"""What a ledger event opens and discharges, by policy/data/duties.toml, in the event's own transaction.

This is the only place where a duty is opened or discharged. Set-based: one query for the duties that a whole unit of work
could touch, one update, one insert.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sooner.access.models import RestrictedThread
from sooner.duties.models import Duty
from sooner.duties.store import set_columns
from sooner.ledger.models import Entry
from sooner.ledger.work import Recorded
from sooner.policy.calendar import deadline
from sooner.policy.loader import get_policy
from sooner.policy.model import Clock, DutyRule, EscalationRule, FactsCondition, Policy

Place = tuple[str, int, str]
"""(subject kind, subject id, duty key): at most one open duty has it."""
_OPPOSITE = {"child.reinstated": "child.ruled-out"}
"""What an event takes back."""
OVERSIGHT = frozenset({"break-glass"})
"""Records that look at a restricted record from outside: their duties stay open to those who review."""


@dataclass(frozen=True, slots=True)
class _Index:
    opens: dict[str, tuple[DutyRule, ...]]
    discharges: dict[str, tuple[DutyRule, ...]]
    restores: dict[str, tuple[DutyRule, ...]]


_indexed: list[tuple[Policy, _Index]] = []
"""The index of the policy in force. It holds the policy itself: another may come to stand at the same address."""


def _index(policy: Policy) -> _Index:
    if not _indexed or _indexed[0][0] is not policy:
        _indexed[:] = [(policy, _made(policy))]
    return _indexed[0][1]


def _made(policy: Policy) -> _Index:
    rules = policy.duties.values()
    return _Index(
        _by_event(rules, lambda rule: rule.opens_on),
        _by_event(rules, lambda rule: rule.discharged_by),
        _by_event(rules, lambda rule: rule.restored_by),
    )


def _by_event(
    rules: Iterable[DutyRule], events: Callable[[DutyRule], tuple[str, ...]]
) -> dict[str, tuple[DutyRule, ...]]:
    found: dict[str, list[DutyRule]] = {}
    for rule in rules:
        for event in events(rule):
            found.setdefault(event, []).append(rule)
    return {event: tuple(those) for event, those in found.items()}


def apply_rules(entries: list[Recorded]) -> Callable[[], None]:
    """The ledger's subscriber: decides before the entries are written, stores after they have their numbers."""
    changes = _Changes(get_policy())
    changes.load(entries)
    for entry in entries:
        changes.follow(entry)
    return changes.store


class _Changes:
    """The duties that one unit of work opens and discharges."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.index = _index(policy)
        self.open: dict[Place, Duty] = {}
        self.compartments: frozenset[str] = frozenset()
        self.opened: list[tuple[Duty, Recorded]] = []
        self.discharged: dict[int, tuple[Duty, Recorded]] = {}

    def load(self, entries: Iterable[Recorded]) -> None:
        """Fetch the open duties that any of the entries may find open, and hold them until the transaction ends: a duty
        that another process discharges meanwhile is opened anew, never taken for open."""
        wanted: dict[str, set[int]] = {}
        keys: set[str] = set()
        threads: set[str] = set()
        for entry in entries:
            opens = (*self.index.opens.get(entry.event, ()), *self.index.restores.get(entry.event, ()))
            for rule in (*opens, *self.index.discharges.get(entry.event, ())):
                keys.add(rule.key)
                wanted.setdefault(rule.subject, set()).update(entry.ids_of(rule.subject))
            if opens:
                threads.add(entry.thread)
        for kind in sorted(kind for kind, ids in wanted.items() if ids):
            held = Duty.objects.select_for_update().filter(
                subject_kind=kind, subject_id__in=wanted[kind], key__in=keys, discharged_at__isnull=True
            )
            for duty in held.order_by(
                "pk"
            ):  # one order for everybody: two transactions never wait for each other
                self.open[duty.subject_kind, duty.subject_id, duty.key] = duty
        if threads:
            inside = RestrictedThread.objects.filter(pk__in=threads)
            self.compartments = frozenset(inside.values_list("pk", flat=True))

    def follow(self, entry: Recorded) -> None:
        """Discharge, then open: an event that does both, such as an extended bail, starts the clock anew."""
        for rule in self.index.discharges.get(entry.event, ()):
            if _discharges(rule.discharged_if, entry.facts):
                for subject in entry.ids_of(rule.subject):
                    self._discharge(rule, subject, entry)
        for rule in self.index.opens.get(entry.event, ()):
            if _opens(rule.only_if, entry.facts):
                for subject in entry.ids_of(rule.subject):
                    self._open(rule, subject, entry, due=due_time(rule, entry, self.policy))
        for rule in self.index.restores.get(entry.event, ()):
            for subject in entry.ids_of(rule.subject):
                self._restore(rule, subject, entry)

    def _discharge(self, rule: DutyRule, subject: int, entry: Recorded) -> None:
        duty = self.open.pop((rule.subject, subject, rule.key), None)
        if duty is None:
            return
        duty.discharged_at = entry.at
        duty.next_tick_at = None
        self.discharged[id(duty)] = (duty, entry)
        entry.effects.append({"duty": rule.key, "kind": rule.subject, "id": subject, "discharged": True})

    def _restore(self, rule: DutyRule, subject: int, entry: Recorded) -> None:
        """Open again what the event's opposite ended, with the time that it had: a clock cannot be wound back."""
        held = Duty.objects.filter(subject_kind=rule.subject, subject_id=subject, key=rule.key)
        last = held.filter(discharged_at__isnull=False).order_by("-pk").first()
        if last is None or last.discharged_by is None:
            return
        ended_by = Entry.objects.filter(pk=last.discharged_by).values_list("event", flat=True).first()
        if ended_by == _OPPOSITE.get(entry.event):
            self._open(rule, subject, entry, due=last.due_at)

    def _open(self, rule: DutyRule, subject: int, entry: Recorded, *, due: datetime) -> None:
        place = (rule.subject, subject, rule.key)
        if place in self.open:
            return
        duty = Duty(
            key=rule.key,
            subject_kind=rule.subject,
            subject_id=subject,
            thread=entry.thread,
            harm=rule.harm,
            restricted=self._restricted(rule, entry),
            opened_at=entry.at,
            first_due_at=due,
            due_at=due,
            next_tick_at=due,
            **_owner(rule, entry.facts),
        )
        self.open[place] = duty
        self.opened.append((duty, entry))
        entry.effects.append({"duty": rule.key, "kind": rule.subject, "id": subject, "due": due.isoformat()})

    def _restricted(self, rule: DutyRule, entry: Recorded) -> bool:
        """Police duties follow the record's compartment; an authority's, whether only its named managers are told."""
        if rule.owner == "authority":
            return bool(entry.facts.get("named_managers_only"))
        if rule.subject in OVERSIGHT:
            return False
        return bool(entry.facts.get("restricted")) or entry.thread in self.compartments

    def store(self) -> None:
        """Discharge first, then insert: what an event ends and starts anew is never open twice, even for a moment."""
        fresh = {id(duty) for duty, _ in self.opened}
        for duty, entry in self.opened:
            duty.opened_by = entry.entry_id
        for duty, entry in self.discharged.values():
            duty.discharged_by = entry.entry_id
        ended = [duty for key, (duty, _) in self.discharged.items() if key not in fresh]
        set_columns(
            ("discharged_at", "discharged_by", "next_tick_at"),
            [(duty.pk, duty.discharged_at, duty.discharged_by, None) for duty in ended],
        )
        Duty.objects.bulk_create([duty for duty, _ in self.opened])


def _opens(condition: FactsCondition, facts: dict[str, Any]) -> bool:
    """A fact that the event does not give counts as false: what is not known to be done must be done."""
    return all(facts.get(name, False) in values for name, values in condition.items())


def _discharges(condition: FactsCondition, facts: dict[str, Any]) -> bool:
    """A fact that the event does not give discharges nothing."""
    return all(name in facts and facts[name] in values for name, values in condition.items())


def due_time(rule: DutyRule, entry: Recorded, policy: Policy) -> datetime:
    """When a duty that the entry opens is due, in UTC, by the clock of the entry's jurisdiction."""
    jurisdiction = str(entry.facts.get("jurisdiction") or policy.force.jurisdiction)
    return deadline(
        entry.at,
        rule.clock_in(jurisdiction),
        jurisdiction=policy.jurisdictions[jurisdiction],
        zone=policy.force.zone,
        facts=entry.facts,
    )


def _owner(rule: DutyRule, facts: dict[str, Any]) -> dict[str, Any]:
    """Whose duty it is: the rule says which kind of owner, the event's facts which one. A unit always stands with it, so
    that a duty without its officer is still somebody's; an authority's duty bears no unit, and is in its inbox."""
    unit = str(facts.get("unit") or "")
    if rule.owner == "authority":
        return {"authority": str(facts.get("authority") or "")}
    if rule.owner == "officer":
        return {"unit": unit, "officer_id": facts.get("officer")}
    if rule.owner.startswith("role:"):
        return {"unit": unit, "role": rule.owner.removeprefix("role:")}
    return {"unit": unit}


def rule_of(duty: Duty) -> DutyRule:
    """The policy's row for a duty. A row that was taken out of policy leaves its open duties standing, and saying so."""
    found = get_policy().duties.get(duty.key)
    return found or DutyRule(
        key=duty.key,
        title=duty.key.replace("-", " ").capitalize(),
        why="It was opened under a row that policy no longer has.",
        do="Ask the policy's owner to put the row back: nothing discharges this duty without it.",
        subject=duty.subject_kind,
        opens_on=(),
        discharged_by=(),
        due=Clock(),
        owner="unit",
        harm=duty.harm,
        source="",
    )


def next_escalation(duty: Duty, rule: DutyRule, policy: Policy) -> tuple[EscalationRule, datetime] | None:
    """The escalation that comes next for a late duty and when, or None when all were made."""
    if duty.escalations >= len(rule.escalates):
        return None
    step = rule.escalates[duty.escalations]
    at = deadline(
        duty.due_at,
        step.after,
        jurisdiction=policy.jurisdictions[policy.force.jurisdiction],
        zone=policy.force.zone,
    )
    return step, at
