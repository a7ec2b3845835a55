"""An officer's corrections: a fact about a person, and whether two persons are one. Kept with name, reason and time."""

from datetime import date

from sooner.access.decide import actor_for, require
from sooner.access.models import User
from sooner.errors import Refused
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.people.models import Key, Link, Person


def correct_person(user: User, *, person: Person, name: str, dob: date | None, reason: str) -> None:
    """Correct the best-known name or birth date. What the sources say stays beside it."""
    require(user, "person.correct")
    if not reason.strip() or not name.strip():
        raise Refused("Give the name and the reason for the correction.")
    if dob is not None and dob > clock.now().date():
        raise Refused("The date of birth lies in the future.")
    with unit_of_work(actor_for(user)) as work:
        held = Person.objects.select_for_update().get(pk=person.pk)
        changed = [
            field for field, value in (("name", name.strip()), ("dob", dob)) if getattr(held, field) != value
        ]
        held.name, held.dob = name.strip()[:200], dob
        held.save(update_fields=["name", "dob"])
        _record(work, "person.corrected", held, changed=changed, reason=reason.strip())


def decide_link(user: User, *, person: Person, other: Person, same: bool, reason: str) -> None:
    """Decide that two persons are one, or are not; every later resolution respects it."""
    require(user, "person.correct")
    if person.pk == other.pk:
        raise Refused("These are one person already.")
    if not reason.strip():
        raise Refused("Give the reason: it stays on the record.")
    first, second = sorted((person.pk, other.pk))
    with unit_of_work(actor_for(user)) as work:
        Link.objects.update_or_create(
            person_id=first,
            other_id=second,
            defaults={"same": same, "reason": reason.strip(), "by_label": user.name, "at": clock.now()},
        )
        if same:
            _join(first, second)
        else:
            Person.objects.filter(pk=second, joined_into=first).update(joined_into=None)
        event = "link.confirmed" if same else "link.rejected"
        _record(work, event, person, other=other.pk, reason=reason.strip())


def _join(first: int, second: int) -> None:
    """The later number leads to the earlier one; nothing is moved, so the joining can be undone."""
    target = Person.objects.get(pk=first)
    while target.joined_into is not None:
        target = target.joined_into
    if target.pk != second:
        Person.objects.filter(pk=second).update(joined_into=target)
        Person.objects.filter(joined_into=second).update(joined_into=target)
    Key.objects.filter(person=second).update(person=target)


def _record(work: UnitOfWork, event: str, person: Person, **facts: object) -> None:
    work.record(event, subject=Subject("person", person.pk), thread=f"person:{person.pk}", **facts)
