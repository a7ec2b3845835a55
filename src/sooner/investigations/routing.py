"""Which team an investigation belongs to: the unit of the suspect's borough, else of the children's, or the
central unit by a rule of the policy. Pure: the facts come in, a unit and the reason in words go out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sooner.investigations.case import Evidence, Observation, meeting
from sooner.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Places:
    """Authorities of the suspect's homes and of the children at risk, surest first, and the unit of the
    referral.
    """

    suspect: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    referral_unit: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """The unit, and why, in words."""

    unit: str
    because: str


def route(places: Places, evidence: Evidence, policy: Policy) -> Route:
    """The unit for a case. What no rule places goes to the central unit, so that nothing is without a
    team.
    """
    facts = evidence | _facts_of(places, policy)
    for rule in policy.routing:
        words = sorted(one.words for one in meeting(facts, fact=rule.fact, test=rule.test))
        if words:
            return Route(policy.central_unit, f"{rule.title}: {words[0]}"[:300])
    return _local(places, policy)


def _facts_of(places: Places, policy: Policy) -> Evidence:
    units = sorted({unit for code in (*places.suspect, *places.children) if (unit := policy.unit_of(code))})
    facts = {
        Observation("unit_by_place", unit, f"a place in the area of {policy.units[unit].name}")
        for unit in units
    }
    if not units and places.referral_unit in {"", policy.central_unit}:
        facts.add(Observation("unit_by_place", "none", "neither of the suspect nor of a child"))
    return frozenset(facts)


def _local(places: Places, policy: Policy) -> Route:
    said: Sequence[tuple[tuple[str, ...], str]] = (
        (places.suspect, "The suspect's home is in"),
        (places.children, "A child at risk lives in"),
    )
    for codes, words in said:
        for code in codes:
            if unit := policy.unit_of(code):
                return Route(unit, f"{words} {policy.authorities[code].name}")
    if places.referral_unit and places.referral_unit != policy.central_unit:
        return Route(places.referral_unit, "The referral's people and places point to this unit")
    return Route(policy.central_unit, "No place in the force's area is known for the suspect or the children")
