"""The steps of an investigation, what must come before each, and the limits of warrants and bail. No database.

The rules speak over the recorded steps in the order in which they happened; each refusal says what to record
first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dateutil.relativedelta import relativedelta

from sooner.policy.loader import get_policy

WARRANT = ("warrant.applied", "warrant.granted", "warrant.refused", "warrant.executed")
CUSTODY = (
    "suspect.arrested",
    "suspect.bailed",
    "bail.extended",
    "bail.ended",
    "suspect.released-under-investigation",
    "suspect.charged",
    "suspect.no-further-action",
)
ON_BAIL = frozenset({"suspect.bailed", "bail.extended"})


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was recorded: what, when, and until when where that counts."""

    kind: str
    at: datetime
    until: datetime | None = None

    def until_or(self, other: datetime) -> datetime:
        return self.until or other


@dataclass(frozen=True, slots=True)
class StepKind:
    """A step people record: its title, whether it needs a time limit, words, or a known suspect."""

    title: str
    needs_until: bool = False
    needs_detail: str = ""
    needs_suspect: bool = False


KINDS: Mapping[str, StepKind] = {
    "warrant.applied": StepKind("Warrant applied for"),
    "warrant.granted": StepKind("Warrant granted"),
    "warrant.refused": StepKind("Warrant refused", needs_detail="Say why the warrant was refused."),
    "warrant.executed": StepKind("Warrant executed"),
    "suspect.contacted": StepKind("First contact with the suspect", needs_suspect=True),
    "suspect.arrested": StepKind("Suspect arrested", needs_suspect=True),
    "suspect.interviewed": StepKind("Suspect interviewed", needs_suspect=True),
    "suspect.bailed": StepKind("Suspect bailed", needs_until=True, needs_suspect=True),
    "bail.extended": StepKind("Bail extended", needs_until=True, needs_suspect=True),
    "bail.ended": StepKind("Bail ended", needs_detail="Say why bail ended and what protects the child now."),
    "suspect.released-under-investigation": StepKind(
        "Suspect released under investigation", needs_suspect=True
    ),
    "suspect.charged": StepKind("Suspect charged", needs_suspect=True),
    "suspect.no-further-action": StepKind(
        "No further action against the suspect", needs_detail="Give the reason for taking no further action."
    ),
    "release.reviewed": StepKind(
        "Release reviewed with social care",
        needs_detail="Say with whom in children's social care, and what protects the child now.",
    ),
    "victim.identified": StepKind("Victim identified"),
    "victim.updated": StepKind("Victim updated", needs_detail="Say who was told what, and how."),
    "victim.needs-assessed": StepKind("Victim's needs assessed"),
}


@dataclass(frozen=True, slots=True)
class BailLimit:
    """How long pre-charge bail may last in all, and who may authorise it."""

    authority: str
    title: str
    months: int | None


COURT = BailLimit("court", "Magistrates' court", None)


def bail_limits() -> tuple[BailLimit, ...]:
    """Who may authorise bail and for how long, by policy/data/limits.toml, the shortest first; a court at last."""
    found = get_policy().limits
    rows = [(one, found[f"bail-{one}"]) for one in ("custody-officer", "inspector", "superintendent")]
    return (*(BailLimit(one, limit.title, limit.months) for one, limit in rows), COURT)


def problem_with(kind: str, at: datetime, done: Sequence[Done]) -> str:
    """Why a step cannot come now, in a sentence; empty when it can."""
    before = sorted((step for step in done if step.at <= at), key=lambda step: step.at)
    later = [
        step for step in done if step.at > at and _track(step.kind) and _track(step.kind) == _track(kind)
    ]
    if later:
        return (
            f"{KINDS[later[0].kind].title} is on record after that time: steps are recorded in their order."
        )
    rule = _RULES.get(kind)
    return rule(at, before) if rule else ""


def problem_with_bail(
    kind: str, *, at: datetime, until: datetime, authority: str, done: Sequence[Done]
) -> str:
    """Why bail cannot last until then on that authority; empty when it can."""
    limits = bail_limits()
    limit = next((one for one in limits if one.authority == authority), None)
    if limit is None:
        return "Say on whose authority: " + ", ".join(one.title.lower() for one in limits) + "."
    if until <= at:
        return "Bail must end after it begins."
    begun = _bail_began(done, at)
    first = limits[0]
    if kind == "bail.extended" and until <= (_last(done, CUSTODY) or Done(kind, at)).until_or(at):
        return "An extension must end later than bail ends now."
    if kind == "suspect.bailed" and begun == at and limit != first:
        return f"Bail begins on the authority of a {first.title.lower()}, for at most {first.months} months."
    if kind == "bail.extended" and limit == first:
        return (
            f"A {first.title.lower()} cannot extend bail: an {limits[1].title.lower()} may, to {limits[1].months}"
            " months from its beginning."
        )
    if limit.months is not None and until > begun + relativedelta(months=limit.months):
        latest = begun + relativedelta(months=limit.months)
        return (
            f"On the authority of a {limit.title.lower()} bail lasts at most {limit.months} months from its"
            f" beginning, that is until {latest:%-d %B %Y}."
        )
    return ""


def warrant_expiry(granted: datetime) -> datetime:
    """When a search warrant can no longer be executed."""
    return granted + relativedelta(months=get_policy().limits["search-warrant"].months)


_ENDS = frozenset({"suspect.charged", "suspect.no-further-action"})
ANSWERED = {
    "contact": ("suspect.contacted",),
    "arrest": ("suspect.arrested",),
    "interview": ("suspect.interviewed",),
    "release": ("suspect.bailed", "suspect.released-under-investigation"),
    "charge": ("suspect.charged",),
}
"""What an assessment of the suspect's own risk answers, by its occasion."""


def comes_after(assessed: datetime, done: Sequence[Done]) -> dict[str, bool]:
    """For each occasion, whether an assessment of that time came after all that it answers: one of before answers nothing."""
    return {
        f"after_{occasion}": all(step.at <= assessed for step in done if step.kind in kinds)
        for occasion, kinds in ANSWERED.items()
    }


def is_enforced(done: Sequence[Done]) -> bool:
    """Whether the suspect was reached already: a warrant executed or an arrest made."""
    return any(step.kind in {"warrant.executed", "suspect.arrested"} for step in done)


def state_of(done: Sequence[Done]) -> Done | None:
    """Where the suspect stands: the last arrest, bail, release, charge or end."""
    return _last(done, CUSTODY)


def _track(kind: str) -> str:
    return "warrant" if kind in WARRANT else "custody" if kind in CUSTODY else ""


def _last(done: Sequence[Done], kinds: Sequence[str]) -> Done | None:
    """The latest of these kinds; of two in the same minute, the one recorded later."""
    found = [(step.at, place) for place, step in enumerate(done) if step.kind in kinds]
    return done[max(found)[1]] if found else None


def _bail_began(done: Sequence[Done], at: datetime) -> datetime:
    """When bail first began in this case: a release in between, with bail anew, does not begin the months again."""
    since = max((step.at for step in done if step.kind in _ENDS), default=None)
    return min(
        (s.at for s in done if s.kind == "suspect.bailed" and s.at <= at and (since is None or s.at > since)),
        default=at,
    )


def _applied(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, WARRANT)
    if last and last.kind == "warrant.applied":
        return "A warrant is applied for already: record whether it was granted or refused."
    if last and last.kind == "warrant.granted" and (last.until is None or last.until > at):
        return "A warrant is granted already: execute it."
    return ""


def _granted(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, WARRANT)
    return (
        ""
        if last and last.kind == "warrant.applied"
        else "No application for a warrant waits: record it first."
    )


def _executed(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, WARRANT)
    if last is None or last.kind != "warrant.granted":
        return "A warrant that was not granted cannot be executed: record that it was granted first."
    if last.until is not None and last.until < at:
        return f"The warrant ended on {last.until:%-d %B %Y}: apply for another."
    return ""


def _contacted(at: datetime, before: Sequence[Done]) -> str:
    return "First contact is on record already." if any(s.kind == "suspect.contacted" for s in before) else ""


def _arrested(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, CUSTODY)
    return "The suspect is under arrest already." if last and last.kind == "suspect.arrested" else ""


def _interviewed(at: datetime, before: Sequence[Done]) -> str:
    reached = any(step.kind in {"suspect.contacted", "suspect.arrested"} for step in before)
    return "" if reached else "Record the first contact or the arrest before the interview."


def _bailed(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, CUSTODY)
    if last and last.kind in {"suspect.arrested", "suspect.released-under-investigation"}:
        return ""
    if last and last.kind in ON_BAIL:
        return "The suspect is on bail: extend it instead."
    return "Record the arrest before bail."


def _on_bail(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, CUSTODY)
    return "" if last and last.kind in ON_BAIL else "The suspect is not on bail."


def _extended(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, CUSTODY)
    if problem := _on_bail(at, before):
        return problem
    if last and last.until is not None and at > last.until:
        return f"Bail lapsed on {last.until:%-d %B %Y} and cannot be extended: record that it ended."
    return ""


def _released(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, CUSTODY)
    if last and last.kind in {"suspect.arrested", "bail.ended", *ON_BAIL}:
        return ""
    return "Record the arrest before the release."


def _charged(at: datetime, before: Sequence[Done]) -> str:
    if (last := _last(before, CUSTODY)) and last.kind == "suspect.charged":
        return "The suspect is charged already."
    reached = any(step.kind in {"suspect.arrested", "suspect.interviewed"} for step in before)
    return "" if reached else "Record the arrest or the interview before the charge."


def _ended(at: datetime, before: Sequence[Done]) -> str:
    last = _last(before, CUSTODY)
    if last and last.kind == "suspect.charged":
        return "The suspect is charged: the court decides from there."
    return (
        "No further action is on record already." if last and last.kind == "suspect.no-further-action" else ""
    )


def _needs_assessed(at: datetime, before: Sequence[Done]) -> str:
    known = any(step.kind == "victim.identified" for step in before)
    return "" if known else "Record that a victim was identified first."


_RULES: Mapping[str, Callable[[datetime, Sequence[Done]], str]] = {
    "warrant.applied": _applied,
    "warrant.granted": _granted,
    "warrant.refused": _granted,
    "warrant.executed": _executed,
    "suspect.contacted": _contacted,
    "suspect.arrested": _arrested,
    "suspect.interviewed": _interviewed,
    "suspect.bailed": _bailed,
    "bail.extended": _extended,
    "bail.ended": _on_bail,
    "suspect.released-under-investigation": _released,
    "suspect.charged": _charged,
    "suspect.no-further-action": _ended,
    "victim.needs-assessed": _needs_assessed,
}
