"""Drawing up a copy of what is held on a person, for the data-protection officer. That it was drawn up, by whom and why is on
the ledger."""

import re

from sooner.access.decide import actor_for, require
from sooner.access.models import User
from sooner.errors import NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, unit_of_work
from sooner.people.models import Person
from sooner.people.subject_access import Draft, held_on

REFERENCE = re.compile(r"P-?0*([1-9]\d{0,17})", re.IGNORECASE)


def export_for(user: User, *, person: Person, reason: str, via: str = "page") -> Draft:
    """Draw up everything held on a person, as far as the user may see. Raises Refused without a reason."""
    require(user, "person.export")
    return _drawn_up(actor_for(user), person, reason, via, user)


def export_all(actor: Actor, *, reference: str, reason: str) -> Draft:
    """The same without bounds, for whoever runs the installation. `reference` as P-000123. Raises NotFound."""
    found = REFERENCE.fullmatch(reference.strip())
    if found is None:
        raise Refused("The reference is not understood: write it as P-000123.")
    person = Person.objects.select_related("joined_into").filter(pk=int(found[1])).first()
    if person is None:
        raise NotFound(f"There is no person {reference.strip()}. Check the number.")
    return _drawn_up(actor, person.joined_into or person, reason, "cli", None)


def _drawn_up(actor: Actor, person: Person, reason: str, via: str, user: User | None) -> Draft:
    if not reason.strip():
        raise Refused("Give the reason, such as the number of the request: it stays on the record.")
    with unit_of_work(actor) as work:
        draft = Draft(held_on(person, user=user), clock.now(), reason.strip())
        work.record(
            "person.exported",
            subject=Subject("person", person.pk),
            thread=f"person:{person.pk}",
            via=via,
            rows=draft.held.rows,
            hidden=draft.held.hidden or None,
            reason=reason.strip(),
        )
    return draft
