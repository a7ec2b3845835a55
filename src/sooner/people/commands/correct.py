"""An officer's corrections of a fact about a person. Kept with name, reason and time."""

from datetime import date

from sooner.access.decide import actor_for, require
from sooner.access.models import User
from sooner.errors import Refused
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.people.models import Person


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


def _record(work: UnitOfWork, event: str, person: Person, **facts: object) -> None:
    work.record(event, subject=Subject("person", person.pk), thread=f"person:{person.pk}", **facts)
