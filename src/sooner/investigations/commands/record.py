"""What was done in an investigation, put on record by a person: each step in its order, refused in plain
words otherwise.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sooner.access.decide import may
from sooner.access.models import User
from sooner.errors import AlreadyDone, Refused
from sooner.investigations import steps
from sooner.investigations.commands.held import Held, children_at_risk, holding, said
from sooner.investigations.models import Action, Investigation, Kirat, Step, SuicideRisk
from sooner.investigations.steps import KINDS, Done
from sooner.ledger import clock

LEVELS = {"low": "Low", "medium": "Medium", "high": "High", "very-high": "Very high"}
OCCASIONS = {
    "contact": "First contact",
    "arrest": "Arrest",
    "interview": "Interview",
    "release": "Release or bail",
    "charge": "Charge",
    "review": "Review, within 48 hours or later",
}
RISKS = {"low": "Low", "raised": "Raised", "high": "High"}


EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=5 * 366)


def _past(moment: datetime) -> None:
    """What is recorded has happened, and not before the records of today began."""
    if not EARLIEST < moment <= clock.now():
        raise Refused("The time lies in the future, or before 2000: record what has happened, with its time.")


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What a person says of a step. `until`: when bail ends, or the warrant; `authority`: on whose word
    bail lasts.
    """

    kind: str
    at: datetime
    detail: str = ""
    until: datetime | None = None
    authority: str = ""


def done_in(one: Investigation) -> list[Done]:
    """The recorded steps, in the order in which they happened."""
    rows = Step.objects.filter(investigation=one).order_by("at", "pk")
    return [Done(kind, at, until) for kind, at, until in rows.values_list("kind", "at", "until")]


def record_step(user: User, *, investigation: Investigation, facts: StepFacts) -> Step:
    """Record a warrant, custody or victim step. Raises Refused where the law's limits or the order of
    things say no.
    """
    if facts.kind not in KINDS:
        raise Refused(f"There is no step {facts.kind!r}.")
    with holding(user, "investigation.record", investigation) as held:
        done = done_in(held.one)
        until = _checked(held.one, facts, done)
        if Step.objects.filter(investigation=held.one, kind=facts.kind, at=facts.at, until=until).exists():
            raise AlreadyDone("This step is on record. Nothing changed.")
        near = _children_near(held.one) if facts.kind in _LEAVES_CUSTODY else []
        made = Step.objects.create(
            investigation=held.one,
            kind=facts.kind,
            at=facts.at,
            until=until,
            detail=facts.detail.strip(),
            facts={"authority": facts.authority} if facts.authority else {},
            recorded_by=user.name,
            recorded_at=clock.now(),
        )
        held.record(
            facts.kind,
            step=made.pk,
            at=facts.at.isoformat(),
            until=until.isoformat() if until else None,
            on_authority=facts.authority or None,
            child_near=bool(near) if facts.kind in _LEAVES_CUSTODY else None,
            children=near or None,
        )
    return made


_LEAVES_CUSTODY = frozenset(
    {"suspect.bailed", "bail.ended", "suspect.released-under-investigation", "suspect.no-further-action"}
)


def _children_near(one: Investigation) -> list[int]:
    """Children at risk or confirmed, other than the suspect, around somebody who now leaves custody."""
    return [child.pk for child in children_at_risk(one) if child.person_id != one.suspect_id]


def _checked(one: Investigation, facts: StepFacts, done: list[Done]) -> datetime | None:
    """The step's end, when it has one. Raises Refused."""
    kind = KINDS[facts.kind]
    _past(facts.at)
    if kind.needs_suspect and one.suspect_id is None:
        raise Refused("Nobody is known as the suspect of this investigation: find out who it is first.")
    if kind.needs_detail:
        said(facts.detail, kind.needs_detail)
    if problem := steps.problem_with(facts.kind, facts.at, done):
        raise Refused(problem)
    return _until(facts, done)


def _until(facts: StepFacts, done: list[Done]) -> datetime | None:
    if facts.kind == "warrant.granted":
        latest = steps.warrant_expiry(facts.at)
        if facts.until is not None and not facts.at < facts.until <= latest:
            raise Refused(
                f"A warrant can be executed until {latest:%-d %B %Y} at the latest, counted from its issue."
            )
        return facts.until or latest
    if not KINDS[facts.kind].needs_until:
        return None
    if facts.until is None or facts.until > facts.at + LONGEST:
        raise Refused("Say until when bail lasts.")
    problem = steps.problem_with_bail(
        facts.kind, at=facts.at, until=facts.until, authority=facts.authority, done=done
    )
    if problem:
        raise Refused(problem)
    return facts.until


@dataclass(frozen=True, slots=True)
class KiratFacts:
    """The team's own KIRAT result, as its assessor gave it."""

    level: str
    version: str
    assessor: str
    assessed_at: datetime
    assessor_trained_on: date | None = None
    unknowns: str = ""


def record_kirat(user: User, *, investigation: Investigation, facts: KiratFacts) -> Kirat:
    """Record a KIRAT result beside our indicators. It is never computed here, and delays no search for
    children.
    """
    if facts.level not in LEVELS:
        raise Refused(f"The level is one of: {', '.join(LEVELS.values())}.")
    _past(facts.assessed_at)
    assessor = said(facts.assessor, "Name the assessor.")
    version = said(facts.version, "Say which version of KIRAT was used.")
    with holding(user, "kirat.record", investigation) as held:
        made, is_new = Kirat.objects.get_or_create(
            investigation=held.one,
            level=facts.level,
            version=version,
            assessor=assessor,
            assessed_at=facts.assessed_at,
            defaults={
                "assessor_trained_on": facts.assessor_trained_on,
                "unknowns": facts.unknowns.strip(),
                "recorded_by": user.name,
            },
        )
        if not is_new:
            raise AlreadyDone("This result is on record. Nothing changed.")
        held.record(
            "kirat.recorded",
            level=facts.level,
            kirat=made.pk,
            assessed_at=facts.assessed_at.isoformat(),
            enforced=steps.is_enforced(done_in(held.one)),
            referral=_first_referral(held),
        )
    return made


def _first_referral(held: Held) -> int | None:
    """The pipeline looks again at investigations by their referrals."""
    return held.one.joined.order_by("pk").values_list("referral_id", flat=True).first()


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """How the suspect's own risk of suicide was found, when, and what was done about it."""

    occasion: str
    in_person: bool
    level: str
    what_was_done: str
    assessed_at: datetime


def assess_suicide_risk(user: User, *, investigation: Investigation, facts: RiskFacts) -> SuicideRisk:
    """Record an assessment of the suspect's own risk. In person, except a review, which may be by
    telephone.
    """
    if facts.occasion not in OCCASIONS or facts.level not in RISKS:
        raise Refused("Choose the occasion and the level of risk.")
    if not facts.in_person and facts.occasion != "review":
        raise Refused(
            f"At {OCCASIONS[facts.occasion].lower()} the suspect is seen in person. What was done by"
            " telephone is a review; the duty to see the suspect stays open."
        )
    _past(facts.assessed_at)
    done = said(facts.what_was_done, "Say what was done: who was told, what support was offered.")
    with holding(user, "suicide-risk.record", investigation) as held:
        made, is_new = SuicideRisk.objects.get_or_create(
            investigation=held.one,
            occasion=facts.occasion,
            in_person=facts.in_person,
            level=facts.level,
            assessed_at=facts.assessed_at,
            defaults={"what_was_done": done, "assessed_by": user.name},
        )
        if not is_new:
            raise AlreadyDone("This assessment is on record. Nothing changed.")
        held.record(
            "suicide-risk.assessed",
            assessment=made.pk,
            occasion=facts.occasion,
            level=facts.level,
            in_person=facts.in_person,
            **steps.comes_after(facts.assessed_at, done_in(held.one)),
        )
    return made


def add_action(
    user: User, *, investigation: Investigation, title: str, owner: User, due_at: datetime
) -> Action:
    """Give somebody a line of enquiry with a time. The duty to complete it is the owner's."""
    title = said(title, "Say what is to be done.")
    now = clock.now()
    if not now < due_at < now + LONGEST:
        raise Refused("The time for the action is past, or years away: choose another.")
    if not may(owner, "investigation.record"):
        raise Refused(f"{owner.name} cannot own an action: choose somebody who works on investigations.")
    with holding(user, "investigation.record", investigation) as held:
        open_ones = Action.objects.filter(investigation=held.one, title=title, owner=owner, completed_at=None)
        if open_ones.exists():
            raise AlreadyDone(f"{owner.name} has this action already. Nothing changed.")
        made = Action.objects.create(
            investigation=held.one, title=title[:300], owner=owner, due_at=due_at, added_at=clock.now()
        )
        held.record("action.added", action=made.pk, officer=owner.pk, until=due_at.isoformat())
    return made


def complete_action(user: User, *, action: Action, result: str) -> None:
    """Record an action's result, which ends its duty."""
    result = said(result, "Say what came of it, also when it was nothing.")
    with holding(user, "investigation.record", action.investigation) as held:
        kept = Action.objects.select_for_update().get(pk=action.pk)
        if kept.completed_at is not None:
            raise AlreadyDone("This action is completed. Nothing changed.")
        kept.completed_at, kept.result = clock.now(), result
        kept.save(update_fields=["completed_at", "result"])
        held.record("action.completed", action=kept.pk)
