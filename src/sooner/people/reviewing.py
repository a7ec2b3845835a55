"""Which pair of records a reviewer sees next, and how far the review is. Reads only."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from sooner.engines.charts import Step
from sooner.engines.linkage.scoring import weight_of
from sooner.people import linkage
from sooner.people.assess import Group, assess, labels
from sooner.people.evidence import Side, side_of, steps_between
from sooner.people.models import Doubt, Link, LinkageModel, LinkageRun, Person, Record
from sooner.people.purpose import FINDING_CHILDREN, permitted
from sooner.policy.loader import get_policy

BANDS = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records to be looked at, with the evidence; `joined`: they stand under one number now."""

    one: Side
    other: Side
    steps: tuple[Step, ...]
    joined: bool

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """Each fact by name as both records say it, where one of them says it."""
        both = zip(self.one.facts, self.other.facts, strict=True)
        return [(name, first, second) for (name, first), (_, second) in both if first or second]


def next_pair(*, after: int = 0) -> Pair | None:
    """The next pair that nobody decided on; None when none is left.

    Pairs come from all weights in turn, and in every fourth place two records that a run has joined: an assessment on doubts
    alone would say nothing of what was taken as sure. `after` is how many were looked at and left undecided.
    """
    place = Link.objects.filter(via="review").count() + after
    order = [(place + turn) % (BANDS + 1) for turn in range(BANDS + 1)]
    for band in order:
        found = _joined(place) if band == BANDS else _doubt(band, after)
        if found is not None:
            return found
    return None


def _doubt(band: int, after: int) -> Pair | None:
    least, most = _bounds()
    step = (most - least) / BANDS
    low, high = least + band * step, least + (band + 1) * step
    weights = Q(weight__gte=low) if band == BANDS - 1 else Q(weight__gte=low, weight__lt=high)
    decided = Link.objects.filter(record=OuterRef("record"), other=OuterRef("other"))
    aside = permitted(FINDING_CHILDREN).aside
    rows = Doubt.objects.filter(weights, ~Exists(decided)).exclude(
        Q(record__source__in=aside) | Q(other__source__in=aside)
    )
    row = rows.order_by("pk")[after : after + 1].first()
    return None if row is None else pair_of(row.record_id, row.other_id)


def _bounds() -> tuple[float, float]:
    rules = get_policy().linkage.rules
    return weight_of(rules.possible), weight_of(rules.sure) + 10


def _joined(place: int) -> Pair | None:
    """Two records of different sources that stand under one number, which nobody decided on."""
    decided = Link.objects.filter(Q(record=OuterRef("pk")) | Q(other=OuterRef("pk")))
    elsewhere = Record.objects.filter(person=OuterRef("person")).exclude(source=OuterRef("source"))
    rows = Record.objects.filter(~Exists(decided), Exists(elsewhere), source__key__startswith="extract:")
    count = rows.count()
    if not count:
        return None
    one = rows.order_by("pk")[place * 7919 % count]
    other = Record.objects.filter(person=one.person).exclude(source=one.source).order_by("pk").first()
    return None if other is None else pair_of(min(one.pk, other.pk), max(one.pk, other.pk))


def pair_of(one: int, other: int) -> Pair | None:
    """Two records side by side; None when one of them is gone."""
    held = Record.objects.select_related("source").in_bulk([one, other])
    if len(held) < 2:
        return None
    first, second = held[one], held[other]
    return Pair(
        side_of(first), side_of(second), steps_between(first, second), first.person_id == second.person_id
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the review is: pairs decided, and doubts that wait."""

    decided: int
    waiting: int


def progress() -> Progress:
    decided = Link.objects.filter(record=OuterRef("record"), other=OuterRef("other"))
    return Progress(Link.objects.count(), Doubt.objects.filter(~Exists(decided)).count())


@dataclass(frozen=True, slots=True)
class Overview:
    """The model in force, its answers with their weights by comparison, the latest runs, and its quality on labelled pairs."""

    trained: str
    rows: int
    comparisons: tuple[tuple[str, tuple[Step, ...]], ...]
    runs: tuple[LinkageRun, ...]
    groups: tuple[Group, ...]
    own: bool
    persons: int


def overview() -> Overview:
    model = linkage.judge().model
    training = model.training
    comparisons = tuple(
        (
            one.title,
            tuple(
                Step(level.title.capitalize(), "", level.weight) for level in one.levels if not level.unknown
            ),
        )
        for one in model.comparisons
    )
    return Overview(
        f"{training.on}, {training.at[:10]}" if training else "Never trained",
        training.rows if training else 0,
        comparisons,
        tuple(LinkageRun.objects.order_by("-pk")[:5]),
        tuple(assess(labels())),
        LinkageModel.objects.filter(adopted_at__isnull=False).exists(),
        Person.objects.filter(joined_into=None).count(),
    )
