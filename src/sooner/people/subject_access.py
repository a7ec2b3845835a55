"""Everything held on one person, drawn up as a draft for the data-protection officer: facts with source, basis and as-of time,
decisions, who looked, where it was shared. Other people's names are replaced by what they are to the person. Reads only.

Rooms on higher floors register what they hold; a section says how many of its rows the drafter may not see.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet

from sooner.access.decide import Reader, visible
from sooner.access.models import User
from sooner.access.threads import restricted_threads
from sooner.ledger.models import Entry
from sooner.ledger.queries import title_of
from sooner.people.models import (
    Address,
    Contact,
    Doubt,
    Key,
    Link,
    Person,
    Position,
    Record,
    Relationship,
    Residence,
    Source,
)
from sooner.people.purpose import SUBJECT_ACCESS, permitted
from sooner.policy.loader import get_policy
from sooner.policy.model import Exemption

Row = Mapping[str, str]
"""A label with its words, for each thing said; nothing is said with empty words."""
STAFF = "A member of staff"
SHORT = {"nhs number": "NHS number", "gp": "GP"}
OF_ANOTHER = "another person (name withheld)"
DRAFT = "Draft for the data-protection officer. Not for release: each exemption below must be decided by a person first."


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing held. `exemptions`: keys of those to weigh. `hidden`: rows that the drafter need not know."""

    title: str
    rows: Sequence[Row]
    exemptions: tuple[str, ...] = ()
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose data is asked for: every number that leads to the person. `user`: who draws it up, None for the system."""

    numbers: Sequence[int]
    user: User | None
    redact: Callable[[str], str]

    def visible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that the drafter may see."""
        return rows if self.user is None else visible(rows, self.user)


@dataclass(frozen=True, slots=True)
class Held:
    """The whole draft."""

    person: Person
    sections: Sequence[Section]
    exemptions: Sequence[tuple[Exemption, Sequence[str]]]
    """Each with the titles of the sections in which it must be weighed."""

    @property
    def reference(self) -> str:
        return f"P-{self.person.pk:06d}"

    @property
    def hidden(self) -> int:
        return sum(section.hidden for section in self.sections)

    @property
    def rows(self) -> int:
        return sum(len(section.rows) for section in self.sections)


Holds = Callable[[Asked], Iterable[Section]]
_rooms: list[Holds] = []


def register_holds(holds: Holds) -> None:
    """Add what a room on a higher floor holds on persons; called once, at start."""
    if holds not in _rooms:
        _rooms.append(holds)


def held_on(person: Person, *, user: User | None = None) -> Held:
    """Everything held on a person. `user` bounds what of cases is shown to the drafter; None shows all."""
    numbers = [person.pk, *Person.objects.filter(joined_into=person).values_list("pk", flat=True)]
    asked = Asked(numbers, user, _redactor(person, numbers))
    sections = [
        *_facts(person, asked),
        *(section for holds in _rooms for section in holds(asked)),
        _looked(asked),
    ]
    return Held(person, sections, _to_decide(sections))


def _to_decide(sections: Sequence[Section]) -> list[tuple[Exemption, Sequence[str]]]:
    found = {
        key: [
            section.title
            for section in sections
            if key in section.exemptions and (section.rows or section.hidden)
        ]
        for key in get_policy().exemptions
    }
    return [(one, found[key]) for key, one in get_policy().exemptions.items() if found[key]]


def row(**said: object) -> Row:
    """A row of what there is to say: `_` in a name is a space, times and dates are written out, empty words are left out."""
    words = {_label(name): _words(value) for name, value in said.items()}
    return {name: value for name, value in words.items() if value}


def _label(name: str) -> str:
    words = name.replace("_", " ").strip()
    return SHORT.get(words, words.capitalize())


def _words(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%-d %B %Y, %H:%M} UTC"
    if isinstance(value, date):
        return f"{value:%-d %B %Y}"
    if isinstance(value, list | tuple):
        return "; ".join(_words(one) for one in value)
    return "" if value is None else str(value)


# What the people's room itself holds


def _facts(person: Person, asked: Asked) -> Iterable[Section]:
    may, mine = permitted(SUBJECT_ACCESS), Q(person__in=asked.numbers)
    sources = _Sources()
    records = list(may.of(Record.objects.filter(mine)).select_related("source").order_by("-as_of", "pk"))
    exempt = tuple(dict.fromkeys(key for one in records for key in sources.exemptions(one.source)))
    earlier = [f"P-{pk:06d}" for pk in asked.numbers[1:]]
    who = row(
        number=f"P-{person.pk:06d}",
        earlier_numbers=earlier,
        name=person.name,
        date_of_birth=person.dob,
        sex=person.sex,
    )
    yield Section("Best-known name, date of birth and sex", [who])
    yield Section(
        "What each source says", [_record(one, sources, asked) for one in records], (*exempt, "others")
    )
    yield Section("Addresses", [
        row(address=_address(one.address), kind=one.kind, since=one.since, until=one.until, **sources.of(one))
        for one in _ordered(may.of(Residence.objects.filter(mine)).select_related("address"))
    ], exempt)  # fmt: skip
    yield Section("Phones, e-mail, accounts and devices", [
        row(kind=one.kind, value=one.value, **sources.of(one)) for one in _ordered(may.of(Contact.objects.filter(mine)))
    ], exempt)  # fmt: skip
    yield Section("Work and volunteering", [
        row(organisation=one.organisation, role=one.role, with_children="yes" if one.with_children else "no", **sources.of(one))
        for one in _ordered(may.of(Position.objects.filter(mine)))
    ], exempt)  # fmt: skip
    ties = may.of(Relationship.objects.filter(mine | Q(other__in=asked.numbers)))
    yield Section(
        "Family and others", [_tie(one, asked, sources) for one in _ordered(ties)], (*exempt, "others")
    )
    yield Section("Whether records are of this person", list(_decisions(asked, sources)), ("others",))
    keys = Key.objects.filter(mine).count()
    yield Section("Made from the above to find the person again", [row(search_keys=f"{keys:,}")])


def _ordered(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("source").order_by("-as_of", "pk")


class _Sources:
    """By what right each source's facts are held."""

    def __init__(self) -> None:
        self.rules = {rule.source_key: rule for rule in get_policy().extracts.values()}

    def exemptions(self, source: Source) -> tuple[str, ...]:
        rule = self.rules.get(source.key)
        return rule.exemptions if rule else ("crime",)

    def of(self, fact: Any) -> dict[str, object]:
        """Source, basis, purposes and as-of time of a fact."""
        source: Source = fact.source
        rule, known = self.rules.get(source.key), get_policy().purposes
        said: dict[str, object] = {"source": source.name, "as_of": fact.as_of}
        if rule is None:
            return said | {
                "lawful_basis": source.lawful_basis,
                "purpose": "Law enforcement: the case at hand",
            }
        kept = min((fact.as_of + timedelta(days=rule.retention_days)).date(), rule.agreement.expires)
        return said | {
            "lawful_basis": rule.lawful_basis,
            "purpose": [known[key].title for key in rule.purposes],
            "agreement": f"{rule.agreement.reference} with {rule.agreement.partner}",
            "kept_until": kept,
        }


def _record(one: Record, sources: _Sources, asked: Asked) -> Row:
    detail = {
        name: "Withheld: the name of a member of staff" if name == "worker" else asked.redact(str(words))
        for name, words in one.detail.items()
        if words
    }
    return row(
        name=f"{one.given_names} {one.family_name}".strip(),
        aliases=one.aliases,
        date_of_birth=one.dob,
        sex=one.sex,
        number_at_the_source=one.external_id if one.listed else "Mentioned in the row of another person",
        nhs_number=one.nhs_number,
        unique_pupil_number=one.upn,
        school=one.school,
        occupation=one.occupation,
        legal_status=one.legal_status,
        **detail,
        **sources.of(one),
    )


def _address(one: Address) -> str:
    return ", ".join(part for part in (one.line1, one.line2, one.town, one.postcode) if part)


def _tie(one: Relationship, asked: Asked, sources: _Sources) -> Row:
    kind = one.kind.replace("-", " ")
    mine = one.person_id in asked.numbers
    words = (
        f"This person is {kind} of {OF_ANOTHER}"
        if mine
        else f"{OF_ANOTHER.capitalize()} is {kind} of this person"
    )
    return row(relationship=words, **sources.of(one))


def _decisions(asked: Asked, sources: _Sources) -> Iterable[Row]:
    mine = Q(record__person__in=asked.numbers) | Q(other__person__in=asked.numbers)
    for one in (
        Link.objects.filter(mine).select_related("record__source", "other__source").order_by("at", "pk")
    ):
        yield row(
            decided="One person" if one.same else "Two people",
            records_of=[one.record.source.name, one.other.source.name],
            when=one.at,
            by=STAFF,
            reason=asked.redact(one.reason),
        )
    for doubt in Doubt.objects.filter(mine).select_related("record__source", "other__source").order_by("pk"):
        yield row(
            decided="Not decided: the model says that two records may be of one person",
            records_of=[doubt.record.source.name, doubt.other.source.name],
        )


def _looked(asked: Asked) -> Section:
    """Every entry of the ledger about the person, each actor by role."""
    hidden_threads = restricted_threads() - Reader(asked.user).known_threads if asked.user else frozenset()
    entries = Entry.objects.filter(subject_kind="person", subject_id__in=asked.numbers).order_by("pk")
    shown = list(entries.exclude(thread__in=hidden_threads))
    roles = dict(User.objects.filter(pk__in={one.actor_id for one in shown}).values_list("pk", "role"))
    rows = [
        row(
            what=title_of(one.event),
            page=one.facts.get("page"),
            when=one.at,
            by=_actor(one, roles),
            reason=asked.redact(str(one.facts.get("reason", ""))),
        )
        for one in shown
    ]
    return Section("Who looked, and what was done", rows, ("crime",), entries.count() - len(shown))


def _actor(one: Entry, roles: Mapping[int, str]) -> str:
    if one.actor_kind != "user":
        return "A partner" if one.actor_kind == "partner" else "The system"
    role = get_policy().roles.get(roles.get(one.actor_id or 0, ""))
    return f"{STAFF}: {role.title.casefold()}" if role else STAFF


# Other people's names


def _redactor(person: Person, numbers: Sequence[int]) -> Callable[[str], str]:
    """Replaces the names of those tied to the person, or at home with them, by what they are to the person."""
    own = {word for name in _names_of(Person.objects.filter(pk__in=numbers)) for word in name.split()}
    named: dict[str, str] = {}
    for people, words in _around(numbers):
        for name in _names_of(people):
            for part in (name, *name.split()):
                if len(part) > 2 and part not in own:
                    named.setdefault(part, words)
    if not named:
        return lambda text: text
    pattern = re.compile(
        r"\b(" + "|".join(re.escape(name) for name in sorted(named, key=len, reverse=True)) + r")\b",
        re.IGNORECASE,
    )
    return lambda text: pattern.sub(lambda found: f"[{named[found[0].casefold()]}]", text)


def _around(numbers: Sequence[int]) -> Iterable[tuple[QuerySet[Model], str]]:
    """Other people, and what they are to the person."""
    others = Person.objects.exclude(pk__in=numbers)
    ties = Relationship.objects.filter(Q(person__in=numbers) | Q(other__in=numbers))
    for kind in ties.values_list("kind", flat=True).distinct():
        words = kind.replace("-", " ")
        theirs, mine = ties.filter(kind=kind, other__in=numbers), ties.filter(kind=kind, person__in=numbers)
        yield others.filter(pk__in=theirs.values("person")), f"the person's {words}"
        yield others.filter(pk__in=mine.values("other")), f"somebody whose {words} the person is"
    homes = Residence.objects.filter(person__in=numbers).values("address")
    with_them = Residence.objects.filter(address__in=homes).values("person")
    yield others.filter(pk__in=with_them), "somebody at the same address"
    links = Link.objects.filter(Q(record__person__in=numbers) | Q(other__person__in=numbers))
    linked = Q(records__in=links.values("record")) | Q(records__in=links.values("other"))
    yield others.filter(linked), "another person"


def _names_of(people: QuerySet[Any]) -> list[str]:
    return [name.casefold() for name in people.values_list("name", flat=True) if name]


# As JSON


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that was drawn up, and why."""

    held: Held
    at: datetime
    reason: str
    status: str = field(default=DRAFT)

    @property
    def as_json(self) -> dict[str, Any]:
        """The draft as one readable object."""
        return {
            "status": self.status,
            "about": self.held.reference,
            "drawn_up": self.at.isoformat(),
            "why": self.reason,
            "exemptions_to_decide": [
                {
                    "exemption": one.title,
                    "source": one.source,
                    "question": one.question,
                    "weigh_in": list(titles),
                    "decision": "",
                    "decided_by": "",
                }
                for one, titles in self.held.exemptions
            ],
            "not_shown_to_the_drafter": self.held.hidden,
            "held": [
                {
                    "section": one.title,
                    "weigh": list(one.exemptions),
                    "not_shown_to_the_drafter": one.hidden,
                    "rows": [dict(said) for said in one.rows],
                }
                for one in self.held.sections
            ],
        }
