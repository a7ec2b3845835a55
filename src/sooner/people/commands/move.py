"""Moving records between persons: the one way in which two numbers become one, or one becomes two.

Every fact hangs on its record and goes with it. A number that no record is left of leads to where its records went; it is never
given to anybody else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from django.db.models import Case, OuterRef, Subquery, Value, When

from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork
from sooner.people.followers import follow_all
from sooner.people.models import Contact, Key, Person, Position, Record, Relationship, Residence

AT_ONCE = 500
NEW = -1
"""The target of records that become a person of their own. -1, -2, …: one new person each."""


def move(work: UnitOfWork, targets: Mapping[int, int], *, reason: str, **facts: object) -> dict[int, int]:
    """Give each record to its target person (below 0: a new one, the same number for the same person), and record why.

    Returns the person's number of each target below 0.
    """
    held = dict(_chunked(Record.objects.values_list("pk", "person_id"), list(targets)))
    moving = {
        record: person for record, person in targets.items() if record in held and held[record] != person
    }
    made = _new_persons({record: person for record, person in moving.items() if person < 0})
    settled = {record: made.get(person, person) for record, person in moving.items()}
    for chunk in _parts(settled):
        _move_facts({record: settled[record] for record in chunk})
    _leave_word(work, held, settled, reason, facts)
    return made


def _chunked(rows: object, pks: list[int]) -> Iterator[tuple[int, int]]:
    for start in range(0, len(pks), AT_ONCE):
        yield from rows.filter(pk__in=pks[start : start + AT_ONCE])  # type: ignore[attr-defined]  # a queryset of pairs


def _parts(numbers: Iterable[int]) -> Iterator[list[int]]:
    waiting = iter(numbers)
    while chunk := list(islice(waiting, AT_ONCE)):
        yield chunk


def _new_persons(moving: Mapping[int, int]) -> dict[int, int]:
    """A person for each target below 0, named as the first of its records is."""
    first: dict[int, int] = {}
    for record, target in sorted(moving.items()):
        first.setdefault(target, record)
    records = Record.objects.in_bulk(first.values())
    persons = {
        target: Person(
            name=f"{records[pk].given_names} {records[pk].family_name}".strip()[:200],
            dob=records[pk].dob,
            sex=records[pk].sex,
            created_at=clock.now(),
        )
        for target, pk in first.items()
    }
    Person.objects.bulk_create(persons.values())
    return {target: person.pk for target, person in persons.items()}


def _move_facts(targets: Mapping[int, int]) -> None:
    records = list(targets)
    chosen = Case(*(When(pk=pk, then=Value(person)) for pk, person in targets.items()))
    Record.objects.filter(pk__in=records).update(person_id=chosen)
    owner = Subquery(Record.objects.filter(pk=OuterRef("record_id")).values("person_id"))
    for kind in (Key, Residence, Contact, Position, Relationship):
        kind.objects.filter(record__in=records).update(person_id=owner)
    other = Subquery(Record.objects.filter(pk=OuterRef("other_record_id")).values("person_id"))
    Relationship.objects.filter(other_record__in=records).update(other_id=other)


def _leave_word(
    work: UnitOfWork,
    held: Mapping[int, int],
    settled: Mapping[int, int],
    reason: str,
    facts: Mapping[str, object],
) -> None:
    """Numbers left empty lead to where most of their records went; numbers that have records again lead nowhere."""
    went: dict[int, Counter[int]] = defaultdict(Counter)
    for record, person in settled.items():
        went[held[record]][person] += 1
    left = set(went)
    for chunk in _parts(sorted(left)):
        left -= set(Record.objects.filter(person__in=chunk).values_list("person_id", flat=True))
    joined = {person: went[person].most_common(1)[0][0] for person in sorted(left)}
    for chunk in _parts(joined):
        leading = Case(*(When(pk=pk, then=Value(joined[pk])) for pk in chunk))
        Person.objects.filter(pk__in=chunk).update(joined_into=leading)
        for person in chunk:
            Person.objects.filter(joined_into=person).update(joined_into_id=joined[person])
        follow_all({person: joined[person] for person in chunk})
    for chunk in _parts(sorted(set(settled.values()))):
        Person.objects.filter(pk__in=chunk).exclude(joined_into=None).update(joined_into=None)
    for person, into in joined.items():
        _say(work, "person.joined", person, into=into, reason=reason, **facts)
    for person in sorted(set(went) - set(joined)):
        _say(work, "person.parted", person, to=sorted(went[person]), reason=reason, **facts)


def _say(work: UnitOfWork, event: str, person: int, **facts: object) -> None:
    work.record(event, subject=Subject("person", person), thread=f"person:{person}", **facts)


def canonical(pk: int) -> int:
    """The number that a person's number leads to now."""
    found = Person.objects.filter(pk=pk).values_list("joined_into_id", flat=True).first()
    return found or pk
