"""From weighed pairs to persons: the surest pairs first, never across what a person or a source keeps apart, numbers kept.

Pure and deterministic: the same pairs, decisions and numbers give the same persons, whatever the order they come in.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Pair = tuple[int, int, float]
"""Two records and the weight in bits that they are of one person."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What persons decided about pairs of records, each with a reason kept elsewhere: they outweigh every model."""

    same: Sequence[tuple[int, int]] = ()
    apart: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A pair over the threshold that was not joined, and why: `apart` (a person's word) or `source` (one source lists both)."""

    one: int
    other: int
    weight: float
    why: str


@dataclass(slots=True)
class Clusters:
    """`of` gives each record's cluster, named by its smallest record; `refused` goes before a person."""

    of: dict[int, int]
    refused: list[Refused] = field(default_factory=list)

    def members(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for record, cluster in sorted(self.of.items()):
            found[cluster].append(record)
        return found


def cluster(
    records: Iterable[int], pairs: Iterable[Pair], *, sources: Mapping[int, str], decisions: Decisions
) -> Clusters:
    """Join records by pairs, the heaviest first. `sources`: the source of a record that lists each person once; two records
    of one such source are never joined by weight."""
    joined = _Joined(records, sources, decisions.apart)
    for one, other in sorted(decisions.same):
        joined.join(one, other, by_hand=True)
    refused = []
    for one, other, weight in sorted(map(_upright, pairs), key=lambda pair: (-pair[2], pair[0], pair[1])):
        why = joined.join(one, other)
        if why:
            refused.append(Refused(one, other, weight, why))
    return Clusters(joined.named(), refused)


def _upright(pair: Pair) -> Pair:
    """The smaller record first."""
    one, other, weight = pair
    return (one, other, weight) if one <= other else (other, one, weight)


class _Joined:
    """A union-find whose sets know their sources and whom they are kept apart from."""

    def __init__(
        self, records: Iterable[int], sources: Mapping[int, str], apart: Sequence[tuple[int, int]]
    ) -> None:
        self.parent = {record: record for record in records}
        self.sources = {record: frozenset({source}) for record, source in sources.items() if source}
        self.apart: dict[int, set[int]] = defaultdict(set)
        for one, other in apart:
            self.apart[one].add(other)
            self.apart[other].add(one)
        self.members: dict[int, list[int]] = {}

    def root(self, record: int) -> int:
        while self.parent[record] != record:
            self.parent[record] = self.parent[self.parent[record]]
            record = self.parent[record]
        return record

    def join(self, one: int, other: int, *, by_hand: bool = False) -> str:
        """Join the sets of two records; empty when done, else why not."""
        if one not in self.parent or other not in self.parent:
            return ""
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return ""
        if not by_hand and (why := self._kept_apart(first, second)):
            return why
        self.parent[second] = first
        self.sources[first] = self.sources.get(first, frozenset()) | self.sources.pop(second, frozenset())
        self.members[first] = self._members(first) + self._members(second)
        self.members.pop(second, None)
        return ""

    def _members(self, root: int) -> list[int]:
        return self.members.get(root, [root])

    def _kept_apart(self, first: int, second: int) -> str:
        if self.sources.get(first, frozenset()) & self.sources.get(second, frozenset()):
            return "source"
        if self.apart:
            others = set(self._members(second))
            if any(self.apart.get(record, set()) & others for record in self._members(first)):
                return "apart"
        return ""

    def named(self) -> dict[int, int]:
        return {record: self.root(record) for record in self.parent}


def numbered(members: Mapping[int, Sequence[int]], held: Mapping[int, int]) -> dict[int, int | None]:
    """The person's number of each cluster, given the number that each record `held`: the number most of its records held, the
    smallest among equals; a number goes to one cluster only (the one with most of its records). None: a new number is due."""
    claims: list[tuple[int, int, int]] = []
    for name, records in members.items():
        counted = Counter(held[record] for record in records if record in held)
        claims += [(-count, number, name) for number, count in counted.items()]
    given: dict[int, int | None] = dict.fromkeys(members)
    taken: set[int] = set()
    for _, number, name in sorted(claims):
        if given[name] is None and number not in taken:
            given[name] = number
            taken.add(number)
    return given
