"""Reading the staff: who is there, what each is trained for, what each carries, who can take a piece of
work.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from sooner.access.decide import Reader, may
from sooner.access.models import User
from sooner.errors import NotFound
from sooner.ledger import clock
from sooner.policy.loader import get_policy
from sooner.workforce.models import Absence, Competence, Staff

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as planning sees one. `skills` are valid today, `lapsed` no longer."""

    person: User
    rank: str
    capacity: int
    open_cases: int
    skills: frozenset[str]
    lapsed: frozenset[str]
    away: bool

    @property
    def room(self) -> int:
        """How many more investigations this person can lead."""
        return max(self.capacity - self.open_cases, 0)


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a person can take the work, and each reason why not, in words."""

    member: Member
    problems: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.problems


def people_visible_to(user: User) -> QuerySet[User]:
    """Staff whom the reader may see: of the own unit, or all for the force's and the training's roles."""
    reader = Reader(user)
    people = User.objects.filter(is_active=True, role__in=_leading_roles())
    if reader.scope == "unit":
        return people.filter(unit=reader.unit) if reader.unit else people.none()
    if reader.scope == "force" or may(user, "staff.change"):
        return people
    return people.none()


def _leading_roles() -> frozenset[str]:
    return get_policy().capabilities["investigation.record"].roles


def staff_of(user: User, *, unit: str = "") -> list[Member]:
    """The staff the reader may see, of one unit or of all, by unit and name."""
    people = people_visible_to(user).order_by("unit", "name", "pk")
    return members(list((people.filter(unit=unit) if unit else people)[:MOST_SHOWN]))


def member_for(user: User, pk: int) -> Member:
    """One member of staff, if the reader may see them. Raises NotFound."""
    found = people_visible_to(user).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such member of staff, or they are in another unit.")
    return members([found])[0]


def competences_of(person: User) -> list[Competence]:
    """Everything awarded to a person, the newest first."""
    return list(Competence.objects.filter(staff__user=person).order_by("-awarded_on", "skill"))


def absences_of(person: User) -> list[Absence]:
    """Days away that are not over."""
    today = clock.now().date()
    return list(Absence.objects.filter(staff__user=person, last_day__gte=today).order_by("first_day"))


def members(people: Sequence[User]) -> list[Member]:
    """These people as members of staff; four queries, however many they are."""
    pks, today = [person.pk for person in people], clock.now().date()
    staff = {row.user_id: row for row in Staff.objects.filter(user__in=pks)}
    cases, (valid, lapsed) = open_caseload(pks), _skills(pks, today)
    away = set(
        Absence.objects.filter(staff__user__in=pks, first_day__lte=today, last_day__gte=today).values_list(
            "staff__user_id", flat=True
        )
    )
    return [
        Member(
            person=person,
            rank=staff[person.pk].rank if person.pk in staff else "",
            capacity=staff[person.pk].capacity if person.pk in staff else _default_capacity(),
            open_cases=cases.get(person.pk, 0),
            skills=frozenset(valid[person.pk]),
            lapsed=frozenset(lapsed[person.pk]),
            away=person.pk in away,
        )
        for person in people
    ]


def _default_capacity() -> int:
    return int(Staff._meta.get_field("capacity").default)


def open_caseload(people: Iterable[int]) -> dict[int, int]:
    """Open investigations that each person leads. The room above is reached through the user's own
    relation.
    """
    counted = User.objects.filter(pk__in=people).annotate(
        cases=Count("investigations", filter=Q(investigations__closed_at=None))
    )
    return dict(counted.values_list("pk", "cases"))


def skills_of(people: Iterable[int]) -> dict[int, set[str]]:
    """Skills of each person that are valid today."""
    return _skills(people, clock.now().date())[0]


def _skills(people: Iterable[int], day: date) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    valid: dict[int, set[str]] = defaultdict(set)
    lapsed: dict[int, set[str]] = defaultdict(set)
    rows = Competence.objects.filter(staff__user__in=people, awarded_on__lte=day)
    for person, skill, until in rows.values_list("staff__user_id", "skill", "expires_on"):
        (lapsed if until is not None and until < day else valid)[person].add(skill)
    return valid, lapsed


def skills_for(work: Iterable[str]) -> list[str]:
    """The skills that policy asks for these kinds of work, such as `lead-investigation`."""
    wanted = set(work)
    return [key for key, skill in get_policy().skills.items() if wanted & set(skill.needed_for)]


def fit_for(member: Member, *, work: Iterable[str], unit: str) -> Fit:
    """Whether a person can take work of these kinds in a unit now."""
    return Fit(member, tuple(_problems(member, skills_for(work), unit)))


def _problems(member: Member, skills: Sequence[str], unit: str) -> Iterable[str]:
    titles = get_policy().skills
    for skill in skills:
        if skill in member.lapsed:
            yield f"{titles[skill].title} has lapsed"
        elif skill not in member.skills:
            yield f"does not hold {titles[skill].title}"
    if not member.room:
        yield f"leads {member.open_cases} open investigations, with capacity for {member.capacity}"
    if member.away:
        yield "is away today"
    if member.person.unit and member.person.unit != unit:
        yield f"is in another team, {_unit_name(member.person.unit)}"


def _unit_name(code: str) -> str:
    return get_policy().units[code].name if code in get_policy().units else code


def who_fits(*, work: Sequence[str], unit: str) -> list[Fit]:
    """The people of a unit for these kinds of work: those who fit first, then by room, each with what is
    in the way.
    """
    people = User.objects.filter(is_active=True, unit=unit, role__in=_leading_roles())
    fits = [fit_for(member, work=work, unit=unit) for member in members(list(people[:MOST_SHOWN]))]
    return sorted(fits, key=lambda fit: (len(fit.problems), -fit.member.room, fit.member.person.name))
