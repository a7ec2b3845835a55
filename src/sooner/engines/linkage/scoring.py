"""Weighing one pair at once: the trained weights compiled into plain calls, to the same sum that Splink computes in bulk."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log2

from sooner.engines.linkage.conditions import Row, Test
from sooner.engines.linkage.model import MINIMUM_U, Comparison, Model


@dataclass(frozen=True, slots=True)
class Part:
    """What one comparison says: its title, the answer in words, and its weight in bits (above 0 speaks for one person)."""

    comparison: str
    answer: str
    weight: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """A pair's parts from the prior on. `weight` is their sum in bits."""

    weight: float
    parts: tuple[Part, ...]

    @property
    def probability(self) -> float:
        return probability(self.weight)


def probability(weight: float) -> float:
    """From bits to a share: 2^w / (1 + 2^w)."""
    if weight > 1000:
        return 1.0
    odds = float(2.0**weight)
    return odds / (1 + odds)


def weight_of(share: float) -> float:
    """From a share above 0 and below 1 to bits."""
    return log2(share / (1 - share))


Weigh = Callable[[Row, Row], tuple[int, float]]


class Scorer:
    """A model compiled. Thread-safe: it holds no state of a pair."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._prior = model.prior_weight
        self._weigh = tuple(_compiled(model, place) for place in range(len(model.comparisons)))

    def weight(self, one: Row, other: Row) -> float:
        """The pair's weight in bits, the prior included."""
        total = self._prior
        for weigh in self._weigh:
            total += weigh(one, other)[1]
        return total

    def answer(self, place: int, one: Row, other: Row) -> int:
        """Which level of a comparison holds, by its number."""
        return self._weigh[place](one, other)[0]

    def weighed(self, one: Row, other: Row) -> Weighed:
        """The pair's weight with what each comparison says, in the model's order."""
        parts = [Part("How rare a match is to begin with", "", self._prior)]
        for comparison, weigh in zip(self.model.comparisons, self._weigh, strict=True):
            level, weight = weigh(one, other)
            parts.append(Part(comparison.title, comparison.levels[level].title, weight))
        return Weighed(sum(part.weight for part in parts), tuple(parts))


def _compiled(model: Model, place: int) -> Weigh:
    comparison = model.comparisons[place]
    tests: list[tuple[Test, Weigh]] = []
    for number, (level, said) in enumerate(zip(comparison.levels, model.conditions[place], strict=True)):
        rare = comparison.by_frequency(level)
        found = _found(model, comparison, number) if rare else _fixed(number, level.weight)
        if said is not None:
            tests.append((said.holds, found))
    left = _fixed(len(comparison.levels) - 1, comparison.levels[-1].weight)

    def weigh(one: Row, other: Row) -> tuple[int, float]:
        for holds, found in tests:
            if holds(one, other):
                return found(one, other)
        return left(one, other)

    return weigh


def _fixed(number: int, weight: float) -> Weigh:
    said = (number, weight)
    return lambda one, other: said


def _found(model: Model, comparison: Comparison, number: int) -> Weigh:
    """A level whose weight depends on how common the value is: log2(u of the exact level) - log2(frequency) is added."""
    level = comparison.levels[number]
    at = model.columns.index(level.frequency_of)
    known, rarest = (
        model.frequencies.get(level.frequency_of, {}),
        model.rarest.get(level.frequency_of, MINIMUM_U),
    )
    base = log2(comparison.exact_u)

    def weigh(one: Row, other: Row) -> tuple[int, float]:
        common = max(_frequency(one[at]), _frequency(other[at]), MINIMUM_U)
        return number, level.weight + base - log2(common)

    def _frequency(value: str | None) -> float:
        return known.get(value, rarest) if value is not None else 0.0

    return weigh
