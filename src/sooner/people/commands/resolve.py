"""Resolving: each description of a person becomes a person's number, the facts kept with their source.

Set-based: a batch of any size takes a constant number of queries, because the main job is only as fast as this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from django.db import connection
from django.db.models import Q

from sooner.engines import normalise
from sooner.engines.linkage.fields import COLUMNS
from sooner.engines.linkage.fields import Prepared as Columns
from sooner.ledger import clock
from sooner.people import linkage, places, search
from sooner.people.matching import (
    POSSIBLE,
    SURE,
    Candidate,
    Keys,
    Match,
    Place,
    Sought,
    decide,
    joined,
    keys_of,
    only_one_is_a_child,
    shares,
)
from sooner.people.models import Address, Contact, Key, Link, Person, Position, Record, Residence, Source
from sooner.people.purpose import FINDING_CHILDREN, Permitted, permitted
from sooner.policy.loader import get_policy

_BORN, _STAGE = COLUMNS.index("born"), COLUMNS.index("stage")


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source to be registered: key such as `referral:12`, kind, name for a reader, as-of time, lawful basis."""

    key: str
    kind: str
    name: str
    as_of: datetime
    lawful_basis: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The person a description was resolved to, whether newly made, and every match with its words."""

    person: int
    new: bool
    matches: tuple[Match, ...]
    record: int = 0
    """The record that keeps the description."""
    left_aside: int = 0
    """Records that may be of this person and may not be used for this."""


def register_sources(facts: Sequence[SourceFacts]) -> dict[str, Source]:
    """The sources by key, made where missing. A known source keeps its row, and its as-of time moves on."""
    now = clock.now()
    Source.objects.bulk_create(
        [
            Source(
                key=f.key,
                kind=f.kind,
                name=f.name[:120],
                as_of=f.as_of,
                loaded_at=now,
                lawful_basis=f.lawful_basis,
            )
            for f in facts
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["as_of", "loaded_at", "lawful_basis"],
    )
    return {source.key: source for source in Source.objects.filter(key__in=[f.key for f in facts])}


def resolve(
    sought: Sequence[Sought], sources: dict[str, Source], *, permit: Permitted | None = None
) -> list[Resolved]:
    """Resolve descriptions to persons, in order; runs inside the caller's unit of work.

    A description already resolved under the same source and external id keeps its person. Facts are added, none is
    taken away: what a source no longer says stays with its as-of time. `permit`: whose records may be read for it; those
    that may be used for finding children where nothing is said.
    """
    keys = [keys_of(one) for one in sought]
    _lock(keys)
    batch = _Batch(sources, permit or permitted(FINDING_CHILDREN))
    batch.look_up(sought, keys)
    resolved = [batch.place(one, its_keys) for one, its_keys in zip(sought, keys, strict=True)]
    return batch.store(resolved)


def _lock(keys: Iterable[Keys]) -> None:
    """On PostgreSQL, hold the strong keys, so that two processes do not make one person twice."""
    if connection.vendor != "postgresql":
        return
    values = sorted(
        {key for one in keys for key in (*one.identity, *one.name_dob, *one.name_address, *one.contact)}
    )
    if values:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(k, 7)) FROM unnest(%s::text[]) WITH ORDINALITY"
                " AS t(k, n) ORDER BY n",
                [values],
            )


class _Batch:
    """The state of one call to `resolve`: what is known, and what is to be stored."""

    def __init__(self, sources: dict[str, Source], permit: Permitted) -> None:
        self.sources = sources
        self.permit = permit
        self.left_aside: dict[int, int] = {}  # by place in the batch
        self.found: dict[str, list[Candidate]] = {}
        self.before: dict[tuple[str, str], tuple[int, int]] = {}  # (source, external id) -> (person, record)
        self.apart: set[tuple[int, int]] = set()
        self.judge = linkage.judge_at_once()
        self.widely_shared = get_policy().linkage.rules.widely_shared
        self.columns: list[Columns] = []
        self.weighed: dict[int, tuple[search.Hit, ...]] = {}  # by place in the batch
        self.fresh: dict[int, list[int]] = {}  # key -> places in the batch already placed
        self.new: dict[int, Person] = {}  # temporary negative number -> person
        self.placed: list[tuple[Sought, Keys, int]] = []

    def look_up(self, sought: Sequence[Sought], keys: Sequence[Keys]) -> None:
        self._look_up_records(sought)
        self._weigh(sought)
        values = set(chain.from_iterable(one.all for one in keys))
        rows = self.permit.of(Key.objects.filter(value__in=values), source="record__source").values_list(
            "value", "person_id", "person__joined_into_id", "person__name", "person__dob", "record__source__key",
            "record__listed",
        )  # fmt: skip
        for value, person, joined_into, name, dob, source, listed in rows:
            sharing = self.found.setdefault(value, [])
            candidate = Candidate(joined_into or person, name, dob, linkage.stage_of(source, listed=listed))
            if candidate not in sharing:
                sharing.append(candidate)

    def _look_up_records(self, sought: Sequence[Sought]) -> None:
        source_ids = {source.pk: key for key, source in self.sources.items()}
        rows = Record.objects.filter(
            source_id__in=source_ids, external_id__in={one.external_id for one in sought}
        ).values_list("source_id", "external_id", "person_id", "person__joined_into_id", "pk")
        for source, external_id, person, joined_into, record in rows:
            self.before[source_ids[source], external_id] = (joined_into or person, record)
        people = {person for person, _ in self.before.values()}
        if people:
            links = Link.objects.filter(same=False).filter(
                Q(record__person__in=people) | Q(other__person__in=people)
            )
            for pair in links.values_list("record__person_id", "other__person_id"):
                self.apart.add((min(pair), max(pair)))

    def _weigh(self, sought: Sequence[Sought]) -> None:
        """What the model says of each against all known records. Rows of an extract are weighed by the next run instead."""
        self.columns = [linkage.prepare(one) for one in sought]
        wanted = [place for place, one in enumerate(sought) if not one.needs_corroboration]
        own = {record for _, record in self.before.values()}
        found = search.search(
            [self.columns[place] for place in wanted], judge=self.judge, without=own, permit=self.permit
        )
        self.weighed = {place: one.hits for place, one in zip(wanted, found, strict=True)}
        self.left_aside = {place: one.left_aside for place, one in zip(wanted, found, strict=True)}

    def _model(self, place: int, one: Sought) -> list[Match]:
        """The model's matches of one description, among known records and those placed before it in this batch."""
        mine, best, found = self.columns[place].values, self._best(place), []
        share_of = shares(
            {person: hit.weight for person, hit in best.items()},
            sure=self.judge.thresholds.sure,
            twice=get_policy().linkage.rules.twice_share,
        )
        for person, hit in best.items():
            share = share_of[person]
            barred = self.judge.barred(mine, hit.values) or _only_one_is_a_child(one, hit.values)
            certainty = self.judge.certainty_of(share, barred=barred)
            if certainty:
                found.append(self._match(mine, person, hit, share, certainty))
        return found

    def _best(self, place: int) -> dict[int, search.Hit]:
        """The heaviest hit of each person."""
        if place not in self.weighed:
            return {}
        best = {hit.person: hit for hit in self.weighed[place]}
        for near in {n for key in self.columns[place].keys for n in self.fresh.get(key, ())}:
            values, person = self.columns[near].values, self.placed[near][2]
            certainty, weight = self.judge.certainty(self.columns[place].values, values)
            if certainty and (person not in best or best[person].weight < weight):
                best[person] = search.Hit(person, None, certainty, weight, values)
        return best

    def _match(
        self, mine: Sequence[object], person: int, hit: search.Hit, share: float, certainty: str
    ) -> Match:
        parts = tuple((p.comparison, p.answer, p.weight) for p in self.judge.weighed(mine, hit.values).parts)
        words = f"{likely(share)} that this is one person"
        return Match(person, certainty, words, hit.weight, share, hit.record, parts)

    def place(self, one: Sought, keys: Keys) -> Resolved:
        """Decide whose description this is, and remember its keys for those that follow in the batch."""
        before = self.before.get((one.source, one.external_id))
        matches = joined(
            decide(one, keys, self.found, widely_shared=self.widely_shared),
            self._model(len(self.placed), one),
        )
        if before:
            person, new = before[0], False
            matches = [m for m in matches if m.person != person and not self._known_apart(person, m.person)]
            matches = [
                Match(person, SURE, "Resolved before"),
                *(replace(m, certainty=POSSIBLE) for m in matches),
            ]
        elif matches and matches[0].certainty == SURE:
            person, new = matches[0].person, False
        else:
            person, new = self._new_person(one), True
        left_aside = self.left_aside.get(len(self.placed), 0)
        self._remember(person, one, keys)
        return Resolved(person, new, tuple(matches), left_aside=left_aside)

    def _known_apart(self, one: int, other: int) -> bool:
        return (min(one, other), max(one, other)) in self.apart

    def _new_person(self, one: Sought) -> int:
        number = -1 - len(self.new)
        self.new[number] = Person(
            name=one.display_name[:200], dob=one.dob, sex=one.sex, created_at=clock.now()
        )
        return number

    def _remember(self, person: int, one: Sought, keys: Keys) -> None:
        candidate = Candidate(person, one.display_name, one.dob, one.life_stage)
        for key in keys.all:
            sharing = self.found.setdefault(key, [])
            if all(known.person != person for known in sharing):
                sharing.append(candidate)
        for number in self.columns[len(self.placed)].keys:
            self.fresh.setdefault(number, []).append(len(self.placed))
        self.placed.append((one, keys, person))

    def store(self, resolved: list[Resolved]) -> list[Resolved]:
        """Write everything in bulk and return the results with real numbers."""
        Person.objects.bulk_create(self.new.values())
        number = {temporary: person.pk for temporary, person in self.new.items()}
        rows = [(one, keys, number.get(person, person)) for one, keys, person in self.placed]
        records = self._store_records(rows)
        self._store_places(rows, records)
        self._store_contacts(rows, records)
        self._store_positions(rows, records)
        self._fill_in(rows)
        search.store(list(dict(zip((r.pk for r in records), self.columns, strict=True)).items()))
        return [_renumbered(one, number, record.pk) for one, record in zip(resolved, records, strict=True)]

    def _store_records(self, rows: list[tuple[Sought, Keys, int]]) -> list[Record]:
        records = [self._record(one, person) for one, _, person in rows]
        Record.objects.bulk_create(
            records,
            update_conflicts=True,
            unique_fields=["source", "external_id"],
            update_fields=[
                "given_names", "family_name", "aliases", "dob", "sex", "occupation", "school", "nhs_number", "upn",
                "legal_status", "detail", "as_of", "listed",
            ],
        )  # fmt: skip
        known = {record for _, record in self.before.values()}
        held = (
            set(Key.objects.filter(record_id__in=known).values_list("record_id", "value")) if known else set()
        )
        Key.objects.bulk_create(
            Key(value=value, person_id=person, record_id=record.pk)
            for (_, keys, person), record in zip(rows, records, strict=True)
            for value in dict.fromkeys(keys.all)
            if (record.pk, value) not in held
        )
        return records

    def _record(self, one: Sought, person: int) -> Record:
        given, family = one.names[0] if one.names else ("", "")
        return Record(
            person_id=person,
            source=self.sources[one.source],
            external_id=one.external_id[:80],
            given_names=given[:120],
            family_name=family[:120],
            aliases=list(one.aliases) + [f"{g} {f}".strip() for g, f in one.names[1:]],
            dob=one.dob,
            sex=one.sex[:12],
            occupation=one.occupation[:120],
            school=one.school[:160],
            nhs_number=one.nhs_number[:10],
            upn=one.upn[:13],
            legal_status=one.legal_status[:80],
            detail=dict(one.detail),
            as_of=one.as_of,
            listed=one.listed,
        )

    def _store_places(self, rows: list[tuple[Sought, Keys, int]], records: Sequence[Record]) -> None:
        wanted = {place.key: place for one, _, _ in rows for place in one.places if place.key}
        if not wanted:
            return
        known = dict(Address.objects.filter(key__in=wanted).values_list("key", "pk"))
        made = [_address(key, place) for key, place in wanted.items() if key not in known]
        places.set_authorities(made)
        Address.objects.bulk_create(made, ignore_conflicts=True)
        if made:
            known |= dict(Address.objects.filter(key__in=[a.key for a in made]).values_list("key", "pk"))
        made_residences = {
            (record.pk, known[place.key], place.kind): Residence(
                person_id=person,
                record=record,
                address_id=known[place.key],
                source=self.sources[one.source],
                kind=place.kind,
                since=place.since,
                until=place.until,
                as_of=one.as_of,
            )
            for (one, _, person), record in zip(rows, records, strict=True)
            for place in one.places
            if place.key
        }
        Residence.objects.bulk_create(
            made_residences.values(),
            update_conflicts=True,
            unique_fields=["record", "address", "kind"],
            update_fields=["since", "until", "as_of"],
        )

    def _store_contacts(self, rows: list[tuple[Sought, Keys, int]], records: Sequence[Record]) -> None:
        made = {
            (record.pk, kind, value): Contact(
                person_id=person,
                record=record,
                kind=kind,
                value=value[:200],
                source=self.sources[one.source],
                as_of=one.as_of,
            )
            for (one, keys, person), record in zip(rows, records, strict=True)
            for kind, _, value in (key.partition(":") for key in keys.contact + keys.weak)
        }
        Contact.objects.bulk_create(made.values(), ignore_conflicts=True)

    def _store_positions(self, rows: list[tuple[Sought, Keys, int]], records: Sequence[Record]) -> None:
        made = {
            (record.pk, job.organisation[:160], job.role[:120]): Position(
                person_id=person,
                record=record,
                organisation=job.organisation[:160],
                role=job.role[:120],
                authority=job.authority,
                with_children=job.with_children,
                source=self.sources[one.source],
                as_of=one.as_of,
            )
            for (one, _, person), record in zip(rows, records, strict=True)
            for job in one.jobs
        }
        Position.objects.bulk_create(
            made.values(),
            update_conflicts=True,
            unique_fields=["record", "organisation", "role"],
            update_fields=["with_children", "authority", "as_of"],
        )

    def _fill_in(self, rows: list[tuple[Sought, Keys, int]]) -> None:
        """A known person without a birth date or name gains one that a source brings; none is overwritten. What may not be
        used for finding children adds nothing to what is best known."""
        if FINDING_CHILDREN not in self.permit.purposes:
            return
        brought = {person: one for one, _, person in rows if one.dob or one.display_name}
        fresh = {person.pk for person in self.new.values()}
        lacking = [pk for pk in brought if pk not in fresh]
        if not lacking:
            return
        changed = []
        for person in Person.objects.filter(pk__in=lacking):
            one = brought[person.pk]
            if (not person.dob and one.dob) or (not person.name and one.display_name):
                person.dob = person.dob or one.dob
                person.name = person.name or one.display_name[:200]
                changed.append(person)
        if changed:
            Person.objects.bulk_update(changed, ["dob", "name"])


def add_home(*, person: int, place: Place, source: Source) -> None:
    """Tie a person to a home that an officer found, inside the caller's unit of work."""
    address = Address.objects.filter(key=place.key).first()
    if address is None:
        address = _address(place.key, place)
        places.set_authorities([address])
        address.save()
    record, _ = Record.objects.get_or_create(
        source=source, external_id=f"person-{person}", defaults={"person_id": person, "as_of": clock.now()}
    )
    Residence.objects.update_or_create(
        record=record, address=address, kind="home",
        defaults={"person_id": record.person_id, "source": source, "as_of": clock.now()},
    )  # fmt: skip


def _only_one_is_a_child(one: Sought, values: Sequence[object]) -> bool:
    born, stage = str(values[_BORN] or ""), str(values[_STAGE] or "")
    return only_one_is_a_child(one, date.fromisoformat(born) if born else None, stage)


def _address(key: str, place: Place) -> Address:
    return Address(
        key=key,
        line1=place.line1[:160],
        line2=place.line2[:160],
        town=place.town[:80],
        postcode=normalise.postcode(place.postcode),
        authority=place.authority,
        authority_how="source" if place.authority else "",
        line=normalise.first_line(place.line1)[:160],
    )


def _renumbered(one: Resolved, number: dict[int, int], record: int) -> Resolved:
    matches = tuple(replace(m, person=number.get(m.person, m.person)) for m in one.matches)
    person = number.get(one.person, one.person)
    return replace(one, person=person, matches=matches, record=record)


def likely(share: float) -> str:
    """A share in words: `99.8 % likely`."""
    return "Over 99.9 % likely" if share > 0.999 else f"{share:.1%} likely".replace("%", " %")
