"""What is made of a weight: sure, possible, or neither; and the answers that no weight outweighs."""

from collections.abc import Sequence
from dataclasses import dataclass

from sooner.engines.linkage.conditions import Row
from sooner.engines.linkage.model import Model
from sooner.engines.linkage.scoring import Scorer, Weighed, weight_of

SURE, POSSIBLE = "sure", "possible"


@dataclass(frozen=True, slots=True)
class Bar:
    """A comparison whose answer, one of these, keeps a pair from being sure: twins share all but the given name."""

    comparison: str
    answers: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shares: from `sure` on a pair is taken as one person, from `possible` on a person decides."""

    sure: float
    possible: float


class Judge:
    """A scorer with thresholds and bars. Holds no state of a pair."""

    def __init__(self, model: Model, thresholds: Thresholds, bars: Sequence[Bar]) -> None:
        self.model, self.scorer = model, Scorer(model)
        self.thresholds = thresholds
        self.sure, self.possible = weight_of(thresholds.sure), weight_of(thresholds.possible)
        places = {one.key: place for place, one in enumerate(model.comparisons)}
        self._bars = [(places[bar.comparison], _numbers(model, places[bar.comparison], bar)) for bar in bars]

    def certainty(self, one: Row, other: Row) -> tuple[str, float]:
        """`sure`, `possible` or nothing, and the weight in bits."""
        weight = self.scorer.weight(one, other)
        if weight >= self.sure:
            return (POSSIBLE if self.barred(one, other) else SURE), weight
        return (POSSIBLE if weight >= self.possible else ""), weight

    def certainty_of(self, share: float, *, barred: bool) -> str:
        """`sure`, `possible` or nothing of somebody's share among all who fit."""
        if share >= self.thresholds.sure and not barred:
            return SURE
        return POSSIBLE if share >= self.thresholds.possible else ""

    def barred(self, one: Row, other: Row) -> bool:
        """Whether an answer keeps the pair from being sure, whatever it weighs."""
        return any(self.scorer.answer(place, one, other) in numbers for place, numbers in self._bars)

    def weighed(self, one: Row, other: Row) -> Weighed:
        return self.scorer.weighed(one, other)


def _numbers(model: Model, place: int, bar: Bar) -> frozenset[int]:
    titles = [level.title for level in model.comparisons[place].levels]
    return frozenset(titles.index(answer) for answer in bar.answers)
