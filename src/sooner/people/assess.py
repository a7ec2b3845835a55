"""How good the linkage is on pairs that people looked at: by group, with intervals. Reads; decides nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sooner.engines.linkage.quality import EVERYBODY, Labelled, Quality, quality
from sooner.people import linkage
from sooner.people.models import Link, LinkKey, Prepared, Record
from sooner.people.purpose import FINDING_CHILDREN, permitted
from sooner.policy.loader import get_policy

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Label:
    """Two records by number, and whether a person found them to be of one person."""

    one: int
    other: int
    same: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group's quality: `joined` counts pairs that the model takes as sure, `shown` also those it puts before a person. `short`:
    the share of one person's pairs that are joined or shown lies below the policy's floor; None with too few pairs to say."""

    name: str
    joined: Quality
    shown: Quality
    short: bool | None


def labels() -> list[Label]:
    """Every pair on which somebody decided."""
    rows = Link.objects.order_by("pk").values_list("record_id", "other_id", "same")
    return [Label(one, other, same) for one, other, same in rows]


def assess(pairs: Sequence[Label]) -> list[Group]:
    """The quality of the model in force on these pairs, for everybody first and then by group."""
    rules, weighed = get_policy().linkage.quality, list(_weighed(pairs))
    joined = quality(Labelled(label.same, sure, groups) for label, sure, _, groups in weighed)
    shown = quality(Labelled(label.same, shown, groups) for label, _, shown, groups in weighed)
    names = [EVERYBODY, *sorted((set(joined) | set(shown)) - {EVERYBODY})]
    return [
        Group(
            name,
            joined.get(name, Quality()),
            found := shown.get(name, Quality()),
            _short(found, rules.recall_floor, rules.least_pairs),
        )
        for name in names
    ]


def _short(found: Quality, floor: float, least: int) -> bool | None:
    recall = found.recall
    if recall.of < least or recall.value is None:
        return None
    return recall.value < floor


def _weighed(pairs: Sequence[Label]) -> Iterator[tuple[Label, bool, bool, tuple[str, ...]]]:
    """Each pair that is still held: whether it is sure, whether it is shown at all, and its groups."""
    judge, may = linkage.judge(), permitted(FINDING_CHILDREN)
    for start in range(0, len(pairs), AT_ONCE):
        part = pairs[start : start + AT_ONCE]
        numbers = {pk for label in part for pk in (label.one, label.other)}
        values = dict(
            may.of(Prepared.objects.filter(record__in=numbers), source="record__source").values_list(
                "record_id", "values"
            )
        )
        facts, keys = _facts(numbers), _keys(numbers)
        for label in part:
            if label.one not in values or label.other not in values:
                continue
            one, other = linkage.from_text(values[label.one]), linkage.from_text(values[label.other])
            certainty, _ = judge.certainty(one, other)
            met = not keys.get(label.one, set()).isdisjoint(keys.get(label.other, set()))
            groups = tuple(_groups(one, other, judge.model.columns, facts[label.one], facts[label.other]))
            yield label, met and certainty == "sure", met and certainty != "", groups


def _keys(numbers: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for record, value in LinkKey.objects.filter(record__in=numbers).values_list("record_id", "value"):
        found.setdefault(record, set()).add(value)
    return found


Facts = tuple[str, str]


def _facts(numbers: Iterable[int]) -> Mapping[int, Facts]:
    """Each record's names as written, and the ethnicity that its source gives."""
    rows = Record.objects.filter(pk__in=numbers).values_list("pk", "given_names", "family_name", "detail")
    return {pk: (f"{given} {family}", str(detail.get("ethnicity", ""))) for pk, given, family, detail in rows}


def _groups(
    one: Sequence[object], other: Sequence[object], columns: Sequence[str], mine: Facts, theirs: Facts
) -> Iterator[str]:
    values = {name: (one[place], other[place]) for place, name in enumerate(columns)}
    yield f"names in {_script(mine[0] + theirs[0])}"
    for said in {mine[1], theirs[1]} - {""}:
        yield f"ethnicity: {said}"
    for column, words in (("born", "date of birth"), ("outwards", "address"), ("given", "given name")):
        if not all(values[column]):
            yield f"without a {words}" if column != "outwards" else "without an address"
    homes = values["places"]
    if all(homes):
        moved = set(homes[0]).isdisjoint(homes[1])  # type: ignore[call-overload]  # a list column
        yield "moved house" if moved else "at one address"


_SCRIPTS = (
    ("Cyrillic letters", 0x0400, 0x052F), ("Hebrew letters", 0x0590, 0x05FF), ("Arabic letters", 0x0600, 0x077F),
    ("Indian letters", 0x0900, 0x0DFF), ("Chinese characters", 0x3400, 0x9FFF), ("Greek letters", 0x0370, 0x03FF),
)  # fmt: skip


def _script(text: str) -> str:
    """In which letters the names are written: of another script, Latin with marks, or plain Latin."""
    for name, first, last in _SCRIPTS:
        if any(first <= ord(letter) <= last for letter in text):
            return name
    return "plain Latin letters" if text.isascii() else "Latin letters with marks"
