"""Identifying: every child living with, related to, taught or cared for by, or in contact with the suspect, or named or
messaged in the report itself; and the suspect too, when under 18.

No risk level, score or priority is read here, so none can delay or suppress the search. Doubt counts as yes: a possible
person, address or age yields a possible child, which stands as at risk until a named person rules it out.
Set-based: a constant number of queries for a batch of referrals. Safe to run twice.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from sooner.engines import normalise
from sooner.engines.formats.document import Party as Described
from sooner.engines.formats.document import ReferralDocument
from sooner.intake.commands.resolve import latest_contents
from sooner.intake.models import Party, Referral
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork
from sooner.people import places
from sooner.people.models import Address, Person, Position, Relationship, Residence
from sooner.people.purpose import FINDING_CHILDREN, permitted
from sooner.policy.loader import get_policy
from sooner.safeguarding import ways
from sooner.safeguarding.models import Child, SafeguardingReferral
from sooner.safeguarding.ways import POSSIBLE, SURE, Way

PARENTING = frozenset({"parent", "guardian", "carer", "step-parent", "grandparent", "foster-carer"})
GROWN_BY = (
    4  # somebody recorded as the parent or carer of a child of this age or more is taken to be an adult
)


def identify(work: UnitOfWork, referral_ids: Sequence[int]) -> None:
    """Find the children of these referrals, make each a `Child`, and say what is still to be looked for."""
    cases = [_Case(referral, content) for referral, content in latest_contents(referral_ids)]
    _Around(cases).gather()
    held = _held(cases)
    _store_new(work, cases, held)
    _add_ways(work, cases, held)
    _learn_homes(work, cases, held)
    for case in cases:
        _record_search(work, case)


@dataclass(slots=True)
class _Case:
    """One referral on its way through the search."""

    referral: Referral
    content: ReferralDocument
    parties: list[Party] = field(default_factory=list)
    suspects: dict[int, str] = field(default_factory=dict)  # person -> certainty that this is the suspect
    homes: dict[int, str] = field(default_factory=dict)  # suspect's address -> certainty
    found: dict[int, list[Way]] = field(default_factory=lambda: defaultdict(list))
    trusted: list[Position] = field(default_factory=list)
    left_aside: int = 0
    """Records around the suspect that may not be used for finding children."""

    def add(self, person: int, way: Way) -> None:
        if all((known.way, known.words) != (way.way, way.words) for known in self.found[person]):
            self.found[person].append(way)

    @property
    def certain(self) -> set[int]:
        """Who is the suspect for sure. Who only may be is found as a child all the same: children bear their parents' names."""
        return {person for person, certainty in self.suspects.items() if certainty == SURE}

    def described(self) -> Iterator[tuple[Party, Described]]:
        by_place = dict(enumerate(self.content.parties))
        return ((party, by_place[party.place]) for party in self.parties if party.place in by_place)


class _Around:
    """Everything known around the suspects of a batch, gathered with one query a kind."""

    def __init__(self, cases: Sequence[_Case]) -> None:
        self.cases = cases
        self.today = clock.now().date()
        self.people: dict[int, Person] = {}
        self.parents: set[int] = set()
        self.may = permitted(FINDING_CHILDREN)

    def gather(self) -> None:
        self._parties()
        self._homes()
        residents = self._residents()
        relations = self._relations(residents)
        kin = self._homes_of_kin(relations)
        with_kin = self._residents_at({address for homes in kin.values() for address in homes})
        self._load_people(residents | with_kin, relations)
        for case in self.cases:
            self._from_report(case)
            self._from_homes(case, residents)
            self._from_relations(case, residents, relations)
            self._from_homes_of_kin(case, kin, with_kin)
        self._positions()
        self._count_aside()

    def _count_aside(self) -> None:
        """How many records around each case were not looked at, because they may not be used for finding children."""
        if not self.may.aside:
            return
        for case in self.cases:
            near = Q(person__in=case.suspects)
            rows = Residence.objects.filter(near | Q(address__in=case.homes)).exclude(kind="work")
            ties = Relationship.objects.filter(near | Q(other__in=case.suspects))
            found = {
                pk
                for facts in (rows, ties)
                for pk in facts.filter(source__in=self.may.aside).values_list("record_id", flat=True)
            }
            case.left_aside = len(found)

    def _parties(self) -> None:
        by_referral = {case.referral.pk: case for case in self.cases}
        for party in Party.objects.filter(referral__in=by_referral, current=True).order_by("place"):
            case = by_referral[party.referral_id]
            case.parties.append(party)
            if party.role == "suspect" and party.person_id:
                case.suspects[party.person_id] = SURE
                for match in party.how_matched:
                    case.suspects.setdefault(match["person"], match["certainty"])

    def _homes(self) -> None:
        suspects = {person for case in self.cases for person in case.suspects}
        rows = self.may.of(Residence.objects.filter(person__in=suspects).exclude(kind="work"))
        homes: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for person, address, kind, until in rows.values_list("person_id", "address_id", "kind", "until"):
            left = kind == "previous" or (until is not None and until < self.today)
            homes[person].append((address, POSSIBLE if left else SURE))
        near = places.near(address for rows in homes.values() for address, _ in rows)
        for case in self.cases:
            for person, certainty in case.suspects.items():
                for address, how in homes[person]:
                    both = SURE if SURE == certainty == how else POSSIBLE
                    case.homes[address] = SURE if case.homes.get(address) == SURE else both
                    for other in near[address]:
                        case.homes.setdefault(other, POSSIBLE)

    def _residents(self) -> dict[int, list[Residence]]:
        return self._residents_at({address for case in self.cases for address in case.homes})

    def _residents_at(self, addresses: set[int]) -> dict[int, list[Residence]]:
        residents: dict[int, list[Residence]] = defaultdict(list)
        rows = Residence.objects.filter(address__in=addresses).exclude(kind="work").select_related("source")
        for row in self.may.of(rows).order_by("pk"):
            residents[row.address_id].append(row)
        return residents

    def _relations(self, residents: dict[int, list[Residence]]) -> dict[int, list[Relationship]]:
        """Relationships of suspects, of those who live with them, and of the parents of children who do, by either person."""
        near = {person for case in self.cases for person in case.suspects}
        near |= {row.person_id for rows in residents.values() for row in rows}
        rows = self._related(Q(person__in=near) | Q(other__in=near))
        parents = {row.person_id for row in rows if row.kind in PARENTING} - near
        rows += self._related(Q(person__in=parents) & ~Q(other__in=near))
        relations: dict[int, list[Relationship]] = defaultdict(list)
        for row in rows:
            relations[row.person_id].append(row)
            relations[row.other_id].append(row)
        return relations

    def _related(self, which: Q) -> list[Relationship]:
        return list(self.may.of(Relationship.objects.filter(which).select_related("source")).order_by("pk"))

    def _homes_of_kin(self, relations: dict[int, list[Relationship]]) -> dict[int, set[int]]:
        """Where those now live whose parent or carer a suspect is: by suspect."""
        suspects = {person for case in self.cases for person in case.suspects}
        kin = {
            (suspect, row.other_id)
            for suspect in suspects
            for row in relations[suspect]
            if row.person_id == suspect and row.kind in PARENTING
        }
        homes: dict[int, set[int]] = defaultdict(set)
        rows = self.may.of(Residence.objects.filter(person__in={child for _, child in kin}, kind="home"))
        lived = rows.filter(Q(until=None) | Q(until__gte=self.today)).values_list("person_id", "address_id")
        for person, address in lived:
            for suspect in (suspect for suspect, child in kin if child == person):
                homes[suspect].add(address)
        return homes

    def _load_people(
        self, residents: dict[int, list[Residence]], relations: dict[int, list[Relationship]]
    ) -> None:
        wanted = {row.person_id for rows in residents.values() for row in rows}
        wanted |= {pk for rows in relations.values() for row in rows for pk in (row.person_id, row.other_id)}
        wanted |= {p.person_id for case in self.cases for p in case.parties if p.person_id}
        self.people = Person.objects.in_bulk(wanted)
        for row in (row for rows in relations.values() for row in rows):
            born = self.people[row.other_id].dob if row.other_id in self.people else None
            if row.kind in PARENTING and born and normalise.age_on(born, self.today) >= GROWN_BY:
                self.parents.add(row.person_id)

    def _is_child(self, person: int, *, age: int | None = None) -> bool | None:
        """True or False by date of birth, else by stated age; None when neither is known."""
        born = self.people[person].dob if person in self.people else None
        if born is not None:
            return normalise.age_on(born, self.today) < normalise.ADULT
        if age is not None:
            return age < normalise.ADULT
        return False if person in self.parents else None

    def _from_report(self, case: _Case) -> None:
        for party, described in case.described():
            if party.person_id and (way := self._way_in_report(party, described)):
                case.add(party.person_id, way)

    def _way_in_report(self, party: Party, described: Described) -> Way | None:
        child = self._is_child(party.person_id or 0, age=described.age)
        certainty = SURE if child else POSSIBLE
        source = "The report itself"
        if party.role == "suspect":
            doubtful = child is not True and bool(described.age_disputed)
            return (
                Way(ways.IS_SUSPECT, certainty, _suspect_words(described, doubtful), source)
                if child or doubtful
                else None
            )
        if party.role == "victim" and child is not False:
            return Way(ways.NAMED_VICTIM, SURE, "Named in the report as a victim", source)
        if party.role == "victim":
            return Way(
                ways.NAMED_VICTIM,
                POSSIBLE,
                "Named as a victim; the date of birth makes them an adult now",
                source,
            )
        if party.role == "child" and child is not False:
            words = described.relationship_to_suspect or "in contact with the suspect"
            return Way(ways.IN_CONTACT, SURE, f"Named in the referral: {words}", source)
        if party.role == "intended-recipient" and child is not False:
            unknown = "" if child else "; age not known"
            return Way(
                ways.MESSAGED, certainty, f"The report names them as the intended recipient{unknown}", source
            )
        return None

    def _from_homes(self, case: _Case, residents: dict[int, list[Residence]]) -> None:
        for address, certainty in case.homes.items():
            for row in residents[address]:
                child = self._is_child(row.person_id)
                if row.person_id in case.certain or child is False:
                    continue
                if (
                    child is None and certainty != SURE
                ):  # neither the home nor the age is known: no reason to think of a child
                    continue
                left = row.kind == "previous" or (row.until is not None and row.until < self.today)
                sure = certainty == SURE and not left and child is True
                way = ways.LIVES_WITH if certainty == SURE else ways.LIVED_WITH
                case.add(
                    row.person_id,
                    Way(
                        way,
                        SURE if sure else POSSIBLE,
                        _home_words(row, certainty, left, child),
                        row.source.name,
                    ),
                )

    def _from_relations(
        self, case: _Case, residents: dict[int, list[Residence]], relations: dict[int, list[Relationship]]
    ) -> None:
        for suspect, certainty in case.suspects.items():
            for row in relations[suspect]:
                self._add_relation(case, suspect, row, certainty)
        housemates = {row.person_id for address in case.homes for row in residents[address]}
        parents = {
            row.person_id
            for one in housemates | case.certain
            for row in relations[one]
            if row.other_id == one and row.kind in PARENTING
        }
        for adult in sorted((housemates | parents) - set(case.suspects)):
            for row in relations[adult]:
                if row.person_id == adult and row.kind in PARENTING:
                    self._add_child_of_household(case, row, lives_there=adult in housemates)

    def _add_relation(self, case: _Case, suspect: int, row: Relationship, certainty: str) -> None:
        other = row.other_id if row.person_id == suspect else row.person_id
        child = self._is_child(other)
        if other in case.certain or child is False:
            return
        how = SURE if certainty == SURE and child else POSSIBLE
        caring = row.person_id == suspect and row.kind in ways.CARING_KINDS
        if row.kind in ways.CARING_KINDS and not caring:
            return
        said = (
            f"The suspect is their {_plain(row.kind)}"
            if row.person_id == suspect
            else f"They are the suspect's {_plain(row.kind)}"
        )
        case.add(other, Way(ways.TAUGHT if caring else ways.RELATED, how, said, row.source.name))

    def _from_homes_of_kin(
        self, case: _Case, kin: dict[int, set[int]], residents: dict[int, list[Residence]]
    ) -> None:
        """A brother or sister whom another partner lists, and whose record does not name the suspect."""
        words = "Recorded where a child of the suspect lives"
        homes = sorted({home for suspect in case.suspects for home in kin.get(suspect, ())})
        for row in (row for home in homes for row in residents[home]):
            known = row.person_id in case.certain or row.person_id in case.found
            if row.kind == "home" and row.until is None and not known and self._is_child(row.person_id):
                case.add(row.person_id, Way(ways.WITH_THEIR_CHILD, POSSIBLE, words, row.source.name))

    def _add_child_of_household(self, case: _Case, row: Relationship, *, lives_there: bool) -> None:
        if row.other_id in case.certain or self._is_child(row.other_id) is False:
            return
        who = (
            "Somebody who lives with the suspect"
            if lives_there
            else "A parent of a child of the suspect's home"
        )
        words = f"{who} is their {_plain(row.kind)}"
        case.add(row.other_id, Way(ways.HOUSEHOLD_PARENT, POSSIBLE, words, row.source.name))

    def _positions(self) -> None:
        suspects = {person for case in self.cases for person in case.suspects}
        positions = self.may.of(Position.objects.filter(person__in=suspects, with_children=True)).order_by(
            "pk"
        )
        for position in positions:
            for case in self.cases:
                if position.person_id in case.suspects:
                    case.trusted.append(position)


def _plain(kind: str) -> str:
    return kind.replace("-", " ")


def _suspect_words(described: Described, doubtful: bool) -> str:
    if doubtful:
        return "The suspect's stated and apparent age differ: they may be under 18"
    return "The suspect is under 18 and is protected as a child too"


def _home_words(row: Residence, certainty: str, left: bool, child: bool | None) -> str:
    where = "the suspect's home" if certainty == SURE else "an address that may be or was the suspect's home"
    words = f"Recorded at {where}" + (", until they moved" if left else "")
    return words if child else f"{words}; age not known"


def _held(cases: Iterable[_Case]) -> dict[tuple[int, int], Child]:
    """Each referral's children, also under the number that their person's leads to."""
    rows = Child.objects.filter(referral__in=[case.referral.pk for case in cases]).select_related(
        "person", "referral"
    )
    held = {(child.referral_id, child.person.joined_into_id or child.person_id): child for child in rows}
    return held | {(child.referral_id, child.person_id): child for child in rows}


def _store_new(work: UnitOfWork, cases: Sequence[_Case], held: dict[tuple[int, int], Child]) -> None:
    fresh = [
        (case, Child(
            referral=case.referral,
            person_id=person,
            certainty=SURE if any(way.certainty == SURE for way in found) else POSSIBLE,
            ways=[way.as_row() for way in found],
            identified_at=clock.now(),
        ))
        for case in cases
        for person, found in case.found.items()
        if (case.referral.pk, person) not in held
    ]  # fmt: skip
    set_homes([child for _, child in fresh], {case.referral.pk: case.homes for case in cases})
    Child.objects.bulk_create([child for _, child in fresh])
    for case, child in fresh:
        record_identified(work, child, case.referral)


def told_children(children: Iterable[Child]) -> set[int]:
    """Which of these children an authority was told of already."""
    rows = SafeguardingReferral.objects.filter(
        child__in=[c.pk for c in children], sent_at__isnull=False, rerouted_to=None
    )
    return set(rows.values_list("child_id", flat=True))


def record_identified(
    work: UnitOfWork, child: Child, referral: Referral, *, how: str = "search", told: Container[int] = ()
) -> None:
    """Put on the record that a child may be at risk: unless social care was told already, this opens the duty to tell it."""
    work.record(
        "child.identified",
        subject=Subject("child", child.pk),
        thread=referral.thread,
        referral=referral.pk,
        person=child.person_id,
        certainty=child.certainty,
        ways=sorted({way["way"] for way in child.ways}),
        how=how,
        told=child.pk in told,
        urgent=referral.urgent,
        authority=child.authority or None,
        jurisdiction=get_policy().jurisdiction_of(child.authority),
        unit=referral.unit,
        restricted=referral.restricted or None,
    )
    if not child.authority:
        work.record(
            "authority.not-found",
            subject=Subject("child", child.pk),
            thread=referral.thread,
            referral=referral.pk,
            unit=referral.unit,
            restricted=referral.restricted or None,
        )


def _add_ways(work: UnitOfWork, cases: Sequence[_Case], held: dict[tuple[int, int], Child]) -> None:
    """A child already known gains further ways and a higher certainty; a ruling-out stays with its person and reason,
    but new evidence puts the child before a person again."""
    for case in cases:
        for person, found in case.found.items():
            child = held.get((case.referral.pk, person))
            rows = [way.as_row() for way in found]
            if child is None or all(row in child.ways for row in rows):
                continue
            raised = child.certainty != SURE and any(way.certainty == SURE for way in found)
            child.ways = [*child.ways, *(row for row in rows if row not in child.ways)]
            child.certainty = SURE if raised else child.certainty
            was_ruled_out = child.state == "ruled-out"
            if (
                was_ruled_out
            ):  # new evidence puts the child before a person again; no person has decided on it yet
                child.state, child.decided_by, child.decided_at, child.reason = "at-risk", "", None, ""
            child.save(update_fields=["ways", "certainty", "state", "decided_by", "decided_at", "reason"])
            if was_ruled_out or raised:
                record_identified(work, child, case.referral, how="new-evidence", told=told_children([child]))


def _learn_homes(work: UnitOfWork, cases: Sequence[_Case], held: dict[tuple[int, int], Child]) -> None:
    """A child's own home, learnt after its authority was told or the suspect's home stood in for it: the authority of that home
    is told at once. An authority that a person chose stays."""
    live = {child.pk: child for child in held.values() if child.state != "ruled-out"}
    children = [child for child in live.values() if child.authority_how != "person"]
    now = [_with_no_home(child) for child in children]
    set_homes(now, {case.referral.pk: case.homes for case in cases})
    told = _told_where(children)
    for child, fresh in zip(children, now, strict=True):
        if not fresh.authority or fresh.authority_how == "suspect-home":
            continue
        before, after = {child.authority, *child.also_authorities}, {fresh.authority, *fresh.also_authorities}
        if after == before and fresh.address_id == child.address_id:
            continue
        first = child.authority
        for name in ("address", "authority", "authority_how", "also_authorities"):
            setattr(child, name, getattr(fresh, name))
        child.save(update_fields=["address", "authority", "authority_how", "also_authorities"])
        if after - before:
            _record_home(work, child, before=first, told=after <= told[child.pk])


def _with_no_home(child: Child) -> Child:
    """The child as it would be with no home known."""
    return Child(pk=child.pk, referral_id=child.referral_id, person_id=child.person_id)


def _told_where(children: Iterable[Child]) -> dict[int, set[str]]:
    """The authorities that were told of each child."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = SafeguardingReferral.objects.filter(
        child__in=[child.pk for child in children], sent_at__isnull=False, rerouted_to=None
    )
    for child, authority in rows.values_list("child_id", "authority"):
        found[child].add(authority)
    return found


def _record_home(work: UnitOfWork, child: Child, *, before: str, told: bool) -> None:
    referral = child.referral
    work.record(
        "child.home-learnt",
        subject=Subject("child", child.pk),
        thread=referral.thread,
        referral=referral.pk,
        before=before or None,
        authority=child.authority,
        jurisdiction=get_policy().jurisdiction_of(child.authority),
        told=told,
        urgent=referral.urgent,
        unit=referral.unit,
        restricted=referral.restricted or None,
    )


def set_homes(children: Sequence[Child], fallback: dict[int, dict[int, str]]) -> None:
    """Where each unsaved child lives and which authorities that makes: the child's own home, never the suspect's, unless
    the child has none on record; then the suspect's home stands in, and `authority_how` says so."""
    lived = Residence.objects.filter(
        person__in={child.person_id for child in children}, kind__in=["home", "second-home"]
    )
    rows = (
        permitted(FINDING_CHILDREN)
        .of(lived)
        .filter(Q(until=None) | Q(until__gte=clock.now().date()))
        .select_related("address")
        .order_by("-as_of", "-pk")
    )
    homes: dict[int, list[Address]] = defaultdict(list)
    for row in rows:
        homes[row.person_id].append(row.address)
    spare_ids = {address for by_address in fallback.values() for address in by_address}
    spare = Address.objects.in_bulk(spare_ids) if any(c.person_id not in homes for c in children) else {}
    for child in children:
        _set_home(
            child,
            homes[child.person_id],
            [spare[a] for a in fallback.get(child.referral_id, {}) if a in spare],
        )


def _set_home(child: Child, own: Sequence[Address], spare: Sequence[Address]) -> None:
    known = [address for address in own if address.authority]
    stand_in = [] if known else [address for address in spare if address.authority]
    child.address = known[0] if known else own[0] if own else None
    authorities = list(dict.fromkeys(address.authority for address in known or stand_in))
    if authorities:
        child.authority, child.also_authorities = authorities[0], authorities[1:]
        child.authority_how = known[0].authority_how if known else "suspect-home"


def _record_search(work: UnitOfWork, case: _Case) -> None:
    under_18 = any(way.way == ways.IS_SUSPECT for found in case.found.values() for way in found)
    if case.homes:
        _say(work, case, "household.found", addresses=len(case.homes))
    else:
        _say(work, case, "household.not-found")
    if not case.found:
        _say(work, case, "children.none-found")
    if case.trusted:
        positions = sorted({one.pk for one in case.trusted})
        _say(work, case, "position-of-trust.identified", positions=positions, told=_officer_told(case))
    _say(
        work, case, "children.searched", children=len(case.found), under_18_suspect=under_18 or None,
        left_aside=case.left_aside or None,
    )  # fmt: skip


def _say(work: UnitOfWork, case: _Case, event: str, **facts: object) -> None:
    referral = case.referral
    work.record(
        event,
        subject=Subject("referral", referral.pk),
        thread=referral.thread,
        unit=referral.unit,
        restricted=referral.restricted or None,
        **facts,
    )


def _officer_told(case: _Case) -> bool:
    """Whether a designated officer was told of each suspect who works with children."""
    rows = SafeguardingReferral.objects.filter(
        referral=case.referral, kind="designated-officer", sent_at__isnull=False
    )
    return {one.person_id for one in case.trusted} <= set(rows.values_list("person_id", flat=True))
