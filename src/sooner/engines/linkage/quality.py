"""How good a linkage is on labelled pairs: precision, recall and F1 with intervals, for all and by group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

CONFIDENCE = 1.959963984540054
"""The normal quantile of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % Wilson score interval (E. B. Wilson, JASA 22 (1927)); None without any case."""

    of: int
    hits: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def low(self) -> float:
        return self._bound(-1)

    @property
    def high(self) -> float:
        return self._bound(+1)

    def _bound(self, side: int) -> float:
        if not self.of:
            return 0.0 if side < 0 else 1.0
        share, z2 = self.hits / self.of, CONFIDENCE**2 / self.of
        spread = sqrt(share * (1 - share) * z2 + z2**2 / 4)
        return min(1.0, max(0.0, (share + z2 / 2 + side * spread) / (1 + z2)))


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of labelled pairs by truth and answer."""

    right: int = 0  # one person, and taken as one
    wrong: int = 0  # two persons, but taken as one
    missed: int = 0  # one person, but not taken as one

    @property
    def precision(self) -> Share:
        return Share(self.right + self.wrong, self.right)

    @property
    def recall(self) -> Share:
        return Share(self.right + self.missed, self.right)

    @property
    def f1(self) -> float | None:
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair whose truth is known, whether the linkage took it as one, and the groups it belongs to."""

    same: bool
    taken: bool
    groups: tuple[str, ...] = ()


EVERYBODY = "everybody"


def quality(pairs: Iterable[Labelled]) -> Mapping[str, Quality]:
    """The quality for everybody and for each group."""
    counts: dict[str, list[int]] = {EVERYBODY: [0, 0, 0]}
    for pair in pairs:
        if not pair.same and not pair.taken:
            continue
        place = 0 if pair.same and pair.taken else 1 if pair.taken else 2
        for group in (EVERYBODY, *pair.groups):
            counts.setdefault(group, [0, 0, 0])[place] += 1
    return {group: Quality(*numbers) for group, numbers in counts.items()}
