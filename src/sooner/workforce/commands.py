"""What is put on record about staff: capacity, competences, days away. Never why somebody is away, never a
judgement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from dateutil.relativedelta import relativedelta

from sooner.access.decide import actor_for, require
from sooner.access.models import User
from sooner.errors import AlreadyDone, Refused
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy
from sooner.workforce.models import Absence, Competence, Staff

MOST_CASES = 200


def set_capacity(user: User, *, person: User, capacity: int, rank: str | None = None) -> Staff:
    """How many open investigations `person` can lead at once (0 to 200), and their rank if given."""
    if not 0 <= capacity <= MOST_CASES:
        raise Refused(f"The capacity is a number of investigations from 0 to {MOST_CASES}.")
    with _changing(user, person) as (work, staff):
        staff.capacity = capacity
        staff.rank = staff.rank if rank is None else rank.strip()
        staff.save(update_fields=["capacity", "rank"])
        _record(work, staff, what="capacity", capacity=capacity)
    return staff


def record_competence(
    user: User,
    *,
    person: User,
    skill: str,
    awarded_on: date,
    expires_on: date | None = None,
    awarded_by: str = "",
) -> Competence:
    """A skill of policy/data/skills.toml was awarded. Without a last day, policy's validity counts; a
    later award renews.
    """
    row = get_policy().skills.get(skill)
    if row is None:
        raise Refused(
            f"There is no skill {skill!r} in the policy. Choose one of: {', '.join(get_policy().skills)}."
        )
    if awarded_on > clock.now().date():
        raise Refused("The award lies in the future: record it when it is made.")
    if expires_on is None and row.valid_months:
        expires_on = awarded_on + relativedelta(months=row.valid_months)
    if expires_on is not None and expires_on < awarded_on:
        raise Refused("The last day of validity is before the award.")
    with _changing(user, person) as (work, staff):
        held = Competence.objects.filter(staff=staff, skill=skill).first()
        if held and (held.awarded_on, held.expires_on) == (awarded_on, expires_on):
            raise AlreadyDone(f"{row.title} of that day is on record. Nothing changed.")
        facts = {
            "awarded_on": awarded_on,
            "expires_on": expires_on,
            "awarded_by": awarded_by.strip() or row.accreditor,
        }
        made, _ = Competence.objects.update_or_create(staff=staff, skill=skill, defaults=facts)
        _record(
            work, staff, what="competence", skill=skill, until=expires_on.isoformat() if expires_on else None
        )
    return made


def record_absence(user: User, *, person: User, first_day: date, last_day: date) -> Absence:
    """Days away, both included. On these days nobody is asked to take on a new investigation."""
    if last_day < first_day:
        raise Refused("The last day away is before the first.")
    with _changing(user, person) as (work, staff):
        made, is_new = Absence.objects.get_or_create(staff=staff, first_day=first_day, last_day=last_day)
        if not is_new:
            raise AlreadyDone("These days away are on record. Nothing changed.")
        _record(work, staff, what="absence", first=first_day.isoformat(), until=last_day.isoformat())
    return made


@contextmanager
def _changing(user: User, person: User) -> Iterator[tuple[UnitOfWork, Staff]]:
    require(user, "staff.change")
    if user.unit and user.unit != person.unit:
        raise Refused(
            f"{person.name} is in another unit: their own supervisor or the training lead records this."
        )
    with unit_of_work(actor_for(user)) as work:
        Staff.objects.get_or_create(user=person)
        yield work, Staff.objects.select_for_update().get(user=person)


def _record(work: UnitOfWork, staff: Staff, **facts: object) -> None:
    work.record("staff.changed", subject=Subject("staff", staff.pk), thread=f"user:{staff.user_id}", **facts)
