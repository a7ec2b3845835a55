"""The strategy discussion: police, social care and health decide together what happens for the child, whether section 47
enquiries start, what the family is told, and when the overt action is taken, not later than which time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from sooner.access.decide import actor_for, require, visible
from sooner.access.models import User
from sooner.errors import AlreadyDone, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.safeguarding.commands.children import record_child
from sooner.safeguarding.models import Child, OvertAction, SafeguardingReferral, StrategyDiscussion

NEEDED = {"police": "police", "social-care": "social care", "health": "health"}


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who took part: agency is police, social-care, health, school or other."""

    name: str
    agency: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The joint plan for the overt action."""

    what: str
    not_later_than: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a discussion decided."""

    attendees: Sequence[Attendee]
    decisions: str
    section_47: bool
    family_told: str
    plan: Plan | None = None
    held_at: datetime | None = None
    """When it was held, if not at the arranged time."""


def arrange_discussion(
    user: User, *, children: Sequence[Child], arranged_for: datetime, place: str = ""
) -> StrategyDiscussion:
    """Arrange a discussion about children of one referral."""
    require(user, "strategy-discussion.arrange")
    if not children or len({child.referral_id for child in children}) != 1:
        raise Refused("Choose at least one child, all of the same referral.")
    with unit_of_work(actor_for(user)) as work:
        made = StrategyDiscussion.objects.create(
            referral=children[0].referral,
            arranged_by=user.name,
            arranged_at=clock.now(),
            arranged_for=arranged_for,
            place=place.strip()[:160],
        )
        made.children.set(children)
        _record(
            work,
            "strategy-discussion.arranged",
            made,
            [c.pk for c in children],
            until=arranged_for.isoformat(),
        )
    return made


def record_discussion(user: User, *, discussion: StrategyDiscussion, outcome: Outcome) -> StrategyDiscussion:
    """Record what was decided. An agency that guidance asks for and that was absent is named in the record, not hidden."""
    require(user, "strategy-discussion.record")
    _check(outcome)
    when = _held_at(discussion, outcome)
    with unit_of_work(actor_for(user)) as work:
        held = locked_discussion(user, discussion.pk)
        if held.held_at:
            raise AlreadyDone("This discussion is recorded already. Arrange another to decide again.")
        held.held_at, held.recorded_by = when, user.name
        held.attendees = [{"name": a.name.strip(), "agency": a.agency} for a in _there(outcome.attendees)]
        held.section_47, held.decisions = outcome.section_47, outcome.decisions.strip()
        held.family_told = outcome.family_told.strip()
        held.save()
        children = list(held.children.select_related("referral"))
        for_managers = _for_named_managers(children)
        _record(
            work, "strategy-discussion.held", held, [c.pk for c in children],
            section_47=outcome.section_47, absent=absent(outcome.attendees) or None,
        )  # fmt: skip
        for child in children if outcome.section_47 else ():
            record_child(
                work, "section-47.started", child, named_managers_only=child.pk in for_managers or None
            )
        if outcome.plan:
            make_plan(work, held, outcome.plan)
    return held


def _held_at(discussion: StrategyDiscussion, outcome: Outcome) -> datetime:
    """When it was held: not before it was arranged, and not in the future. Raises Refused."""
    now = clock.now()
    if outcome.held_at is None:
        if discussion.arranged_for > now:
            raise Refused("This discussion is arranged for later. If it was held already, say when.")
        return max(discussion.arranged_for, discussion.arranged_at)
    if not discussion.arranged_at.replace(second=0, microsecond=0) <= outcome.held_at <= now:
        raise Refused(
            "The time at which it was held is before it was arranged, or in the future: correct it."
        )
    return outcome.held_at


def _for_named_managers(children: Sequence[Child]) -> set[int]:
    """The children of whom only the named managers of their authority know: its duties about them are theirs alone."""
    told = SafeguardingReferral.objects.filter(child__in=children, restricted=True, rerouted_to=None)
    return set(told.filter(authority=F("child__authority")).values_list("child_id", flat=True))


def _check(outcome: Outcome) -> None:
    there = _there(outcome.attendees)
    if not there:
        raise Refused("Say who took part.")
    agencies = {attendee.agency for attendee in there}
    if not {"police", "social-care"} <= agencies:
        raise Refused(
            "Children's social care and police must both take part in a strategy discussion (Working Together):"
            " what police decide alone is none. Name who took part for each."
        )
    if not outcome.decisions.strip():
        raise Refused("Record what was decided for the child.")
    check_plan(outcome.plan)


def check_plan(plan: Plan | None) -> None:
    """A plan says what is done, and a time in the future by which it is done. Raises Refused."""
    if plan is None:
        return
    if not plan.what.strip():
        raise Refused("Say what the overt action is, such as a search warrant and arrest.")
    if plan.not_later_than <= clock.now():
        raise Refused("The not-later-than time has passed already: agree a time in the future.")


def absent(attendees: Sequence[Attendee]) -> list[str]:
    """The agencies that guidance asks for and that did not take part."""
    there = {attendee.agency for attendee in _there(attendees)}
    return [name for agency, name in NEEDED.items() if agency not in there]


def _there(attendees: Sequence[Attendee]) -> list[Attendee]:
    """Who was there has a name."""
    return [attendee for attendee in attendees if attendee.name.strip()]


def locked_discussion(user: User, pk: int) -> StrategyDiscussion:
    """The row, held until the unit of work ends, if the user may see it. Raises NotFound."""
    if not visible(StrategyDiscussion.objects.filter(pk=pk), user).exists():
        raise NotFound("There is no such discussion, or you do not need to know of it.")
    return StrategyDiscussion.objects.select_for_update(of=("self",)).select_related("referral").get(pk=pk)


def make_plan(work: UnitOfWork, discussion: StrategyDiscussion, plan: Plan) -> OvertAction:
    """The plan that a discussion agreed; a plan still open on the referral is replaced by it."""
    open_plans = list(
        OvertAction.objects.select_for_update()
        .filter(referral=discussion.referral, state="planned")
        .order_by("pk")
    )
    made = OvertAction.objects.create(
        discussion=discussion,
        referral=discussion.referral,
        what=plan.what.strip()[:200],
        not_later_than=plan.not_later_than,
        planned_at=clock.now(),
    )
    for old in open_plans:
        old.state, old.replaced_by = "replaced", made
        old.save(update_fields=["state", "replaced_by"])
        record_plan(work, "overt-action.replanned", old, replaced_by=made.pk)
    record_plan(work, "overt-action.planned", made)
    return made


def record_plan(work: UnitOfWork, event: str, plan: OvertAction, **facts: object) -> None:
    """Record an event of a joint plan with its time, so that its duty counts to it."""
    referral = plan.referral
    work.record(
        event,
        subject=Subject("overt-action", plan.pk),
        thread=referral.thread,
        referral=referral.pk,
        not_later_than=plan.not_later_than.isoformat(),
        child=list(plan.discussion.children.values_list("pk", flat=True)),
        unit=referral.unit,
        restricted=referral.restricted or None,
        **facts,
    )


def _record(
    work: UnitOfWork, event: str, discussion: StrategyDiscussion, children: Sequence[int], **facts: object
) -> None:
    referral = discussion.referral
    work.record(
        event,
        subject=Subject("strategy-discussion", discussion.pk),
        thread=referral.thread,
        referral=referral.pk,
        child=list(children),
        unit=referral.unit,
        restricted=referral.restricted or None,
        **facts,
    )
