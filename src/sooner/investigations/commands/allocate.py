"""Allocating: a trained person with room for it leads each investigation. Anything else is an exception that
a supervisor gives reasons for and that is reviewed."""

from sooner.access.commands import grant_need_to_know
from sooner.access.decide import may
from sooner.access.models import User
from sooner.access.threads import parse
from sooner.duties.commands import own_thread
from sooner.errors import AlreadyDone, Refused
from sooner.investigations.commands.held import Held, all_threads_of, holding, said, threads_of
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.policy.loader import get_policy
from sooner.workforce.queries import Fit, fit_for, members, who_fits


def work_of(one: Investigation) -> tuple[str, ...]:
    """The kinds of work that leading this investigation is, as policy/data/skills.toml names them."""
    central = one.unit == get_policy().central_unit
    return ("lead-investigation", "central-investigation") if central else ("lead-investigation",)


def suggestions(one: Investigation) -> list[Fit]:
    """The people of its unit: who fits first, each with what is in the way."""
    return who_fits(work=work_of(one), unit=one.unit)


def allocate(user: User, *, investigation: Investigation, person: User, exception_reason: str = "") -> None:
    """Make `person` the lead. Raises Refused, saying each thing in the way, unless a reason for an exception
    is given.

    An exception opens a review (policy). A role that cannot lead, and another team, are never an exception.
    """
    with holding(user, "investigation.allocate", investigation) as held:
        _check_role(held.one, person)
        if held.one.lead_id == person.pk:
            raise AlreadyDone(f"{person.name} leads {held.one.reference} already. Nothing changed.")
        problems = fit_for(members([person])[0], work=work_of(held.one), unit=held.one.unit).problems
        if problems and not exception_reason.strip():
            raise Refused(
                f"{person.name} {_listed(problems)}."
                " Choose somebody else, or give a supervisor's reason for an exception."
            )
        _hand_over(user, held, person)
        held.record("investigation.allocated")
        if problems:
            held.record("allocation.excepted", problems=list(problems), reason=exception_reason.strip())


def _check_role(one: Investigation, person: User) -> None:
    if not may(person, "investigation.record"):
        title = get_policy().roles[person.role].title
        raise Refused(f"{person.name} cannot lead an investigation as {title}.")
    if person.unit and person.unit != one.unit:
        raise Refused(
            f"{person.name} is in another team: route {one.reference} there first, or choose somebody else."
        )


def _listed(problems: tuple[str, ...]) -> str:
    return problems[0] if len(problems) == 1 else f"{', '.join(problems[:-1])} and {problems[-1]}"


def _hand_over(user: User, held: Held, person: User) -> None:
    """The lead's name, the open duties of every thread, and, where restricted, the need to know."""
    one = held.one
    one.lead, one.allocated_at = person, clock.now()
    one.save(update_fields=["lead", "allocated_at"])
    own_thread(held.work, threads=threads_of(one), unit=one.unit, officer=person.pk)
    if one.restricted:
        for thread in all_threads_of(one):
            if not thread.startswith("safeguarding-referral:"):
                grant_need_to_know(
                    by=user, user=person, thread=parse(thread), reason=f"Leads {one.reference}"
                )


def review_exception(user: User, *, investigation: Investigation, finding: str) -> None:
    """Record that an allocation by exception was looked at again, and what was found."""
    finding = said(
        finding, "Say what you found: whether the lead now has the skills, or what is done instead."
    )
    with holding(user, "investigation.allocate", investigation) as held:
        entries = Entry.objects.filter(subject_kind="investigation", subject_id=held.one.pk)
        excepted = entries.filter(event="allocation.excepted").order_by("-pk").first()
        if excepted is None or entries.filter(event="allocation.reviewed", pk__gt=excepted.pk).exists():
            raise Refused(f"{held.one.reference} has no allocation by exception that waits for a review.")
        held.record("allocation.reviewed", reason=finding)
