"""Gathering what bears on a batch of cases: one query a kind, however many cases there are. Changes
nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sooner.engines import normalise
from sooner.engines.formats.document import ReferralDocument, from_json
from sooner.intake.models import Referral, Version
from sooner.investigations.case import Case, ChildFacts, Evidence, from_rows
from sooner.investigations.models import JoinedReferral, Kirat
from sooner.investigations.routing import Places
from sooner.ledger import clock
from sooner.people.models import Person, Position, Residence
from sooner.people.purpose import FINDING_CHILDREN, permitted
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child


@dataclass(slots=True)
class Subjects:
    """What to gather for: investigations with their suspects, and the referrals of each (known and new)."""

    investigation: int | None
    suspect: int | None
    referrals: list[Referral] = field(default_factory=list)


@dataclass(slots=True)
class Gathered:
    """Facts by person, referral and investigation."""

    born: dict[int, date | None] = field(default_factory=dict)
    roles: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    homes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    children: dict[int, list[Child]] = field(default_factory=lambda: defaultdict(list))
    members: dict[int, list[tuple[int, str, Evidence]]] = field(default_factory=lambda: defaultdict(list))
    kirats: dict[int, str] = field(default_factory=dict)

    def case(self, one: Subjects, evidence: dict[int, Evidence]) -> Case:
        """The case as it stands; `evidence` is what the batch's own referrals say, by referral."""
        members = {pk: kept for pk, _, kept in self.members.get(one.investigation or 0, ())}
        members |= {
            referral.pk: evidence[referral.pk] for referral in one.referrals if referral.pk in evidence
        }
        suspect = one.suspect or 0
        born = self.born.get(suspect)
        return Case(
            children=tuple(_facts(child) for pk in members for child in self.children.get(pk, ())),
            report_count=len(members),
            trusted_roles=tuple(self.roles.get(suspect, ())),
            suspect_age=normalise.age_on(born, clock.now().date()) if born else None,
            places=tuple(self.homes.get(suspect, ())),
            kirat=self.kirats.get(one.investigation or 0, ""),
            earlier=frozenset().union(*members.values()) if members else frozenset(),
        )

    def places(self, one: Subjects) -> Places:
        """Where the case's people live, for routing."""
        units = {pk: unit for pk, unit, _ in self.members.get(one.investigation or 0, ())}
        units |= {referral.pk: referral.unit for referral in one.referrals}
        children = [child.authority for pk in sorted(units) for child in self.children.get(pk, ())]
        local = [unit for _, unit in sorted(units.items()) if unit not in {"", get_policy().central_unit}]
        homes = tuple(self.homes.get(one.suspect or 0, ()))
        return Places(homes, tuple(filter(None, children)), local[0] if local else "")


def _facts(child: Child) -> ChildFacts:
    ways = tuple(sorted({row["way"] for row in child.ways}))
    return ChildFacts(
        child.person_id, child.reference, child.state == "confirmed", child.certainty == "sure", ways
    )


def gather(subjects: Sequence[Subjects]) -> Gathered:
    """The facts of these cases, with a constant number of queries."""
    found = Gathered()
    held = [one.investigation for one in subjects if one.investigation is not None]
    if held:
        _members(found, held)
    suspects = {one.suspect for one in subjects if one.suspect is not None}
    if suspects:
        _people(found, suspects)
    referrals = {referral.pk for one in subjects for referral in one.referrals}
    referrals |= {pk for rows in found.members.values() for pk, _, _ in rows}
    _children(found, referrals)
    return found


def _members(found: Gathered, investigations: Sequence[int]) -> None:
    rows = JoinedReferral.objects.filter(investigation__in=investigations, referral__closed_at=None)
    wanted = ("investigation_id", "referral_id", "referral__unit", "evidence")
    for investigation, referral, unit, evidence in rows.values_list(*wanted):
        found.members[investigation].append((referral, unit, from_rows(evidence)))
    kirats = Kirat.objects.filter(investigation__in=investigations).order_by("assessed_at", "pk")
    found.kirats = dict(kirats.values_list("investigation_id", "level"))


def _people(found: Gathered, suspects: Iterable[int]) -> None:
    found.born = dict(Person.objects.filter(pk__in=suspects).values_list("pk", "dob"))
    may = permitted(FINDING_CHILDREN)
    positions = may.of(Position.objects.filter(person__in=suspects, with_children=True)).order_by("pk")
    for person, role in positions.values_list("person_id", "role"):
        found.roles[person].append(role or "role not known")
    lived = Residence.objects.filter(person__in=suspects, kind="home").exclude(address__authority="")
    homes = may.of(lived)
    for person, authority in homes.order_by("-as_of", "-pk").values_list("person_id", "address__authority"):
        if authority not in found.homes[person]:
            found.homes[person].append(authority)


def _children(found: Gathered, referrals: Iterable[int]) -> None:
    rows = Child.objects.filter(referral__in=referrals).exclude(state="ruled-out").order_by("pk")
    for child in rows.defer("reason", "also_authorities"):
        found.children[child.referral_id].append(child)


def contents(referrals: Sequence[Referral]) -> dict[int, ReferralDocument]:
    """The latest reading of each referral, by referral."""
    latest = {referral.pk: referral.version for referral in referrals}
    rows = Version.objects.filter(referral__in=latest, number__in=set(latest.values()))
    return {
        pk: from_json(content)
        for pk, number, content in rows.values_list("referral_id", "number", "content")
        if latest[pk] == number
    }
