"""A linkage model: its comparisons and levels, and, once trained, the weights, kept with the run that trained them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import log2
from typing import Any

from sooner.engines.linkage.conditions import Condition, condition

MINIMUM_U = 1e-6
"""A name rarer than one in a million weighs no more than that: its frequency is not known better."""


class BadModel(ValueError):
    """The model cannot be used; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Level:
    """One answer of a comparison. `m` and `u`: how often it is seen among pairs of one person, and of two (Fellegi and
    Sunter 1969). A level without `when` is what is left; `unknown` weighs nothing."""

    title: str
    when: str = ""
    frequency_of: str = ""
    """The column whose rarer values weigh more at this level."""
    unknown: bool = False
    m: float | None = None
    u: float | None = None

    @property
    def weight(self) -> float:
        """log2(m / u): how much this answer speaks for one person. Without training nothing is said."""
        return 0.0 if self.unknown or not self.m or not self.u else log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, its levels in the order in which they are tried."""

    key: str
    title: str
    levels: tuple[Level, ...]

    @property
    def exact_u(self) -> float:
        """The `u` of the first level that goes by frequency, from which frequencies deviate; 0 when it was not learned."""
        return next((level.u for level in self.levels if level.frequency_of), 0.0) or 0.0

    def by_frequency(self, level: Level) -> bool:
        """Whether this level's weight follows how rare the value is: only when both its shares were learned."""
        return bool(level.frequency_of and level.m and level.u and self.exact_u)


@dataclass(frozen=True, slots=True)
class Training:
    """The run that trained a model: when, on what, from how many rows, by which seed and versions."""

    at: str
    on: str
    rows: int
    seed: int
    versions: Mapping[str, str]
    rounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """Comparisons over columns; `prior` is the share of all pairs that are of one person."""

    kind: str
    columns: tuple[str, ...]
    lists: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    prior: float = 1e-4
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rarest: Mapping[str, float] = field(default_factory=dict)
    """The frequency taken for a value that the training never saw."""
    training: Training | None = None

    def __post_init__(self) -> None:
        for comparison in self.comparisons:
            if len(comparison.levels) < 2 or comparison.levels[-1].when:
                raise BadModel(f"{comparison.key}: the last level must be what is left, without 'when'")
        _ = self.conditions  # a bad condition is said when the model is made

    @cached_property
    def conditions(self) -> tuple[tuple[Condition | None, ...], ...]:
        """By comparison and level; None for what is left."""
        return tuple(
            tuple(condition(level.when, self.columns) if level.when else None for level in one.levels)
            for one in self.comparisons
        )

    @property
    def prior_weight(self) -> float:
        return log2(self.prior / (1 - self.prior))

    @property
    def frequency_columns(self) -> tuple[str, ...]:
        levels = [level for comparison in self.comparisons for level in comparison.levels]
        return tuple(dict.fromkeys(level.frequency_of for level in levels if level.frequency_of))

    def weighted(self, weights: Sequence[Sequence[tuple[float | None, float | None]]]) -> "Model":
        """This model with the (m, u) of each comparison's levels; without any when `weights` is empty."""
        learned = weights or [[(None, None)] * len(one.levels) for one in self.comparisons]
        comparisons = (
            replace(
                one,
                levels=tuple(
                    replace(level, m=m, u=u) for level, (m, u) in zip(one.levels, said, strict=True)
                ),
            )
            for one, said in zip(self.comparisons, learned, strict=True)
        )
        return replace(self, comparisons=tuple(comparisons))


def dumps(model: Model) -> str:
    """The model as JSON text, the same text for the same model."""
    return json.dumps(asdict(model), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def loads(text: str) -> Model:
    """A model from its JSON. Raises BadModel."""
    try:
        said: dict[str, Any] = json.loads(text)
        training = said.pop("training")
        comparisons = tuple(
            Comparison(c["key"], c["title"], tuple(Level(**level) for level in c["levels"]))
            for c in said.pop("comparisons")
        )
        said |= {name: tuple(said[name]) for name in ("columns", "lists")}
        return Model(
            **said,
            comparisons=comparisons,
            training=Training(**{**training, "rounds": tuple(training["rounds"])}) if training else None,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadModel(f"this is not a linkage model: {error}") from error
