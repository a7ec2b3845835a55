"""Charts as places and lengths, in SVG units: how evidence adds up, how much each answer weighs, who lived where when. Facts
in, a picture out, no database. A chart never stands alone: the same facts are in the table beneath it, in the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

LABELS, PLOT, VALUES = 320, 360, 90
ROW, BAR, MARGIN = 34, 20, 10
WIDTH = LABELS + PLOT + VALUES
LETTERS = 42


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of evidence: what was compared, what was found, and its weight in bits (log2 of the odds)."""

    title: str
    answer: str
    bits: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart. `kind`: start, for, against, or total. `total` is the sum up to here, in bits."""

    title: str
    answer: str
    bits: float
    total: float
    kind: str
    x: float
    y: float
    width: float

    @property
    def label(self) -> str:
        words = f"{self.title}: {self.answer}" if self.answer else self.title
        return words if len(words) <= LETTERS else f"{words[: LETTERS - 1]}…"

    @property
    def text_y(self) -> float:
        return self.y + BAR - 5

    @property
    def value_x(self) -> int:
        return LABELS + PLOT + 12


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of bars; `zero` is where nothing speaks for or against."""

    bars: tuple[Bar, ...]
    zero: float
    width: int
    height: int
    description: str
    bar_height: int = BAR


def waterfall(steps: Sequence[Step]) -> Bars:
    """Evidence added up: each bar begins where the one before it ended, the last is the sum."""
    sums = [0.0]
    for step in steps:
        sums.append(sums[-1] + step.bits)
    ends = [*pairwise(sums), (0.0, sums[-1])]
    scale = _scale([end for pair in ends for end in pair])
    kinds = ["start" if place == 0 else _kind(step.bits) for place, step in enumerate(steps)]
    told = [*steps, Step("Together", "", sums[-1])]
    bars = tuple(
        Bar(
            step.title, step.answer, round(step.bits, 2), round(end, 2), kind,
            scale.at(min(start, end)), _y(place), max(scale.long(abs(end - start)), 2),
        )
        for place, (step, (start, end), kind) in enumerate(zip(told, ends, [*kinds, "total"], strict=True))
    )  # fmt: skip
    speaks = sum(1 for step in steps[1:] if step.bits > 0)
    words = f"{speaks} of {max(len(steps) - 1, 0)} comparisons speak for one person; together {sums[-1]:+.1f} bits."
    return Bars(bars, scale.at(0), WIDTH, _height(len(bars)), words)


def weights(steps: Sequence[Step]) -> Bars:
    """How much each answer weighs by itself, from zero to the right for one person, to the left for two."""
    scale = _scale([step.bits for step in steps])
    bars = tuple(
        Bar(
            step.title, step.answer, round(step.bits, 2), round(step.bits, 2), _kind(step.bits),
            scale.at(min(step.bits, 0)), _y(place), max(scale.long(abs(step.bits)), 2),
        )
        for place, step in enumerate(steps)
    )  # fmt: skip
    return Bars(
        bars,
        scale.at(0),
        WIDTH,
        _height(len(bars)),
        "How many bits each answer weighs. The table says the same.",
    )


def _kind(bits: float) -> str:
    return "for" if bits >= 0 else "against"


@dataclass(frozen=True, slots=True)
class _Scale:
    least: float
    unit: float

    def at(self, bits: float) -> float:
        return round(LABELS + (bits - self.least) * self.unit, 1)

    def long(self, bits: float) -> float:
        return round(bits * self.unit, 1)


def _scale(values: Sequence[float]) -> _Scale:
    least, most = min([0.0, *values]), max([0.0, *values])
    return _Scale(least, PLOT / max(most - least, 1.0))


def _y(place: int) -> int:
    return MARGIN + place * ROW


def _height(rows: int) -> int:
    return 2 * MARGIN + rows * ROW


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody at an address. `since`: None when no source says; `until`: None when they live there still."""

    name: str
    since: date | None
    until: date | None
    source: str
    kind: str = "adult"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stay in the drawing. `open_start`: from when is not known."""

    stay: Stay
    x: float
    y: float
    width: float
    open_start: bool

    @property
    def label(self) -> str:
        return self.stay.name if len(self.stay.name) <= LETTERS else f"{self.stay.name[: LETTERS - 1]}…"

    @property
    def text_y(self) -> float:
        return self.y + BAR - 5


@dataclass(frozen=True, slots=True)
class Years:
    """A chart of stays over time; `ticks` are years and where they begin."""

    spans: tuple[Span, ...]
    ticks: tuple[tuple[int, float], ...]
    width: int
    height: int
    description: str
    bar_height: int = BAR


def stays(rows: Sequence[Stay], *, today: date) -> Years:
    """Who lived there when, from the earliest known day to today."""
    known = [day for row in rows for day in (row.since, row.until) if day is not None]
    first = min([*known, today.replace(year=today.year - 2, day=1)])
    unit = (PLOT + VALUES) / max((today - first).days, 1)

    def x(day: date) -> float:
        return round(LABELS + max((min(day, today) - first).days, 0) * unit, 1)

    spans = tuple(
        Span(row, x(row.since or first), _y(place), max(x(row.until or today) - x(row.since or first), 3), row.since is None)
        for place, row in enumerate(rows)
    )  # fmt: skip
    step = max(1, (today.year - first.year) // 6)
    years = range(first.year + 1, today.year + 1, step)
    now = sum(1 for row in rows if row.until is None or row.until >= today)
    return Years(
        spans,
        tuple((year, x(date(year, 1, 1))) for year in years),
        WIDTH,
        _height(len(rows)) + 20,
        f"{len(rows)} stays since {first.year}; {now} go on. The table says from when to when.",
    )
