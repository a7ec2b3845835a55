"""Priority: what each fact of a case weighs, which band that makes, and why, in words that anybody can check.

Pure. A fact can only add: none lowers a priority, and a child at risk stands above everything else. A lower
priority comes from a named person alone (`Decision`), and holds only until a fact arrives that this person
had not weighed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sooner.investigations.case import CHILD_AT_RISK, Case, Evidence, meeting, observed
from sooner.policy.model import Band, Indicator, Policy


@dataclass(frozen=True, slots=True)
class Reason:
    """One indicator that the case meets: what it weighs, the facts, and the published source."""

    indicator: str
    title: str
    weight: int
    evidence: tuple[str, ...]
    source: str

    def as_row(self) -> dict[str, Any]:
        return {
            "indicator": self.indicator,
            "title": self.title,
            "weight": self.weight,
            "evidence": list(self.evidence),
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """A named person's lower priority, and the evidence that this person weighed."""

    rank: int
    score: int
    weighed: Evidence


@dataclass(frozen=True, slots=True)
class Priority:
    """Lower rank first, then higher score. `reasons` are heaviest first."""

    band: str
    rank: int
    score: int
    reasons: tuple[Reason, ...]

    def outranks(self, other: "Priority") -> bool:
        """Whether this comes strictly before the other."""
        return self.place < other.place

    @property
    def place(self) -> tuple[int, int]:
        return self.rank, -self.score


@dataclass(frozen=True, slots=True)
class Scale:
    """The policy's indicators, and its bands in order: one by rule for children at risk, the others by
    score.
    """

    indicators: Mapping[str, Indicator]
    bands: Sequence[Band]

    @classmethod
    def of(cls, policy: Policy) -> "Scale":
        return cls(policy.indicators, policy.bands)


def priority_of(case: Case, scale: Scale) -> Priority:
    """The priority of a case by its facts alone."""
    return prioritise(observed(case), scale)


def prioritise(evidence: Evidence, scale: Scale, *, decision: Decision | None = None) -> Priority:
    """The priority that these observations make. With a decision, only what it had not weighed raises
    above it.
    """
    reasons = _reasons(evidence, scale)
    if decision is None:
        score = _sum(reasons)
        band = _band(scale, score, child=speaks_of_child(evidence))
    else:
        fresh = evidence - decision.weighed
        score = decision.score + _sum(_reasons(fresh, scale))
        reached = _band(scale, score, child=speaks_of_child(fresh))
        band = min(reached, _with_rank(scale, decision.rank), key=lambda one: one.rank)
    return Priority(band.key, band.rank, score, reasons)


def _reasons(evidence: Evidence, scale: Scale) -> tuple[Reason, ...]:
    found = (_reason(key, row, evidence) for key, row in scale.indicators.items())
    return tuple(sorted(filter(None, found), key=lambda reason: (-reason.weight, reason.indicator)))


def _reason(key: str, row: Indicator, evidence: Evidence) -> Reason | None:
    words = {one.words for one in meeting(evidence, fact=row.fact, test=row.test)}
    return Reason(key, row.title, max(row.weight, 0), tuple(sorted(words)), row.source) if words else None


def _sum(reasons: Sequence[Reason]) -> int:
    return sum(reason.weight for reason in reasons)


def speaks_of_child(evidence: Evidence) -> bool:
    """Whether any observation is of a child who is or may be at risk."""
    return any(one.fact == CHILD_AT_RISK for one in evidence)


def _band(scale: Scale, score: int, *, child: bool) -> Band:
    if child:
        return next(band for band in scale.bands if band.rule == CHILD_AT_RISK)
    others = [band for band in scale.bands if not band.rule]
    return next((band for band in others if score >= band.minimum), others[-1])


def _with_rank(scale: Scale, rank: int) -> Band:
    return next((band for band in scale.bands if band.rank == rank), scale.bands[-1])


def in_words(priority: Priority, title: str) -> str:
    """One paragraph: the band and what put it there."""
    if not priority.reasons:
        return f"{title}: no indicator of the policy is met by what is known so far."
    said = "; ".join(
        f"{reason.title[:1].lower()}{reason.title[1:]} ({reason.weight})" for reason in priority.reasons
    )
    return f"{title}, score {priority.score}: {said}."
