"""Whom a description may be of, with the evidence, below the listed share too: nothing that was weighed is hidden. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from sooner.engines.charts import Step
from sooner.engines.linkage.judging import Judge
from sooner.people import linkage, search
from sooner.people.commands.resolve import likely
from sooner.people.matching import Sought, shares
from sooner.people.models import Person, Prepared, Record, Residence
from sooner.policy.loader import get_policy

LEAST, MOST = 1e-6, 50
START = "How rare a match is to begin with"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom a description may be of: how likely, in words too, and what speaks for and against, in bits."""

    person: Person
    share: float
    words: str
    steps: tuple[Step, ...]

    @property
    def number(self) -> str:
        return f"{self.person.pk:06d}"


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates from the asked share on, the likeliest first; `more`: how many stand below it; `too_common`: keys that so
    many records share that they find nobody in particular; `left_aside`: records that may not be used for this."""

    rows: tuple[Candidate, ...]
    more: int
    too_common: int
    left_aside: int


def candidates(sought: Sought, *, record: int | None, lowered: bool) -> Candidates:
    """Whom the description may be of among all known records but its own (`record`). `lowered`: below the listed share too."""
    judge, columns = linkage.judge_at_once(least=LEAST), linkage.prepare(sought)
    (found,) = search.search([columns], judge=judge, without=[record] if record else [])
    rules = get_policy().linkage.rules
    share_of = shares(
        {hit.person: hit.weight for hit in found.hits}, sure=rules.sure, twice=rules.twice_share
    )
    hits = sorted(found.hits, key=lambda hit: -share_of[hit.person])
    shown = [hit for hit in hits if lowered or share_of[hit.person] >= rules.listed][:MOST]
    people = Person.objects.in_bulk(hit.person for hit in shown)
    rows = tuple(
        Candidate(
            people[hit.person],
            share_of[hit.person],
            likely(share_of[hit.person]),
            steps_of(judge, columns.values, hit.values),
        )
        for hit in shown
    )
    return Candidates(rows, len(hits) - len(shown), found.too_common, found.left_aside)


def steps_of(judge: Judge, one: Sequence[object], other: Sequence[object]) -> tuple[Step, ...]:
    """What each comparison of two records says, from the prior on; what is not known on one side says nothing and is left out."""
    parts = judge.weighed(one, other).parts
    return tuple(
        Step(part.comparison, part.answer, part.weight)
        for place, part in enumerate(parts)
        if place == 0 or part.weight
    )


@dataclass(frozen=True, slots=True)
class Side:
    """A record as a reviewer sees it, beside another: what its source says, by name."""

    record: Record
    facts: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        """The record in one line."""
        one = self.record
        name = f"{one.given_names} {one.family_name}".strip() or "No name"
        born = f", born {one.dob:%-d %B %Y}" if one.dob else ""
        return f"{name}{born}: {one.source.name}, as of {one.as_of:%-d %B %Y}"


def side_of(record: Record) -> Side:
    """What a source says of a person, in the order in which a reviewer compares it."""
    homes = "; ".join(
        f"{row.address.line1}, {row.address.postcode}".strip(", ") for row in record_homes(record)
    )
    said = (
        ("Given names", record.given_names),
        ("Family name", record.family_name),
        ("Other names", "; ".join(record.aliases)),
        ("Date of birth", f"{record.dob:%-d %B %Y}" if record.dob else ""),
        ("Sex", record.sex),
        ("Address", homes),
        ("School", record.school),
        ("NHS number", record.nhs_number),
        ("Pupil number", record.upn),
        (
            "Stands there as",
            "the one the row is about" if record.listed else "a grown-up in the row of a child",
        ),
        ("Source", f"{record.source.name}, {record.as_of:%-d %B %Y}"),
    )
    return Side(record, said)


def record_homes(record: Record) -> list[Residence]:
    return list(Residence.objects.filter(record=record).select_related("address").order_by("pk"))


def steps_between(one: Record, other: Record) -> tuple[Step, ...]:
    """The evidence on two records by the model in force; nothing while one of them is not prepared."""
    texts = dict(Prepared.objects.filter(record__in=(one.pk, other.pk)).values_list("record_id", "values"))
    if len(texts) < 2:
        return ()
    return steps_of(linkage.judge(), linkage.from_text(texts[one.pk]), linkage.from_text(texts[other.pk]))
