"""What only a named person decides, with a reason: a lower priority, another team, who needs to know,
closing and reopening.
"""

from collections.abc import Sequence

from django.db.models import Q

from sooner.access.commands import grant_need_to_know
from sooner.access.decide import actor_for
from sooner.access.models import Grant, User
from sooner.access.threads import mark_restricted, parse
from sooner.duties.commands import own_thread, reassign, restrict_thread
from sooner.duties.models import Duty
from sooner.errors import AlreadyDone, Refused
from sooner.intake.models import Referral
from sooner.investigations.case import Evidence, as_rows, observed
from sooner.investigations.commands.gather import Subjects, gather
from sooner.investigations.commands.held import (
    Held,
    all_threads_of,
    children_at_risk,
    holding,
    referral_ids,
    said,
    threads_of,
)
from sooner.investigations.models import Investigation
from sooner.investigations.priority import Decision, Priority, Scale, prioritise
from sooner.ledger import clock
from sooner.ledger.work import Subject
from sooner.policy.loader import get_policy
from sooner.policy.model import Band


def evidence_now(one: Investigation) -> Evidence:
    """What is known of a case at this moment."""
    subjects = Subjects(one.pk, one.suspect_id)
    return observed(gather([subjects]).case(subjects, {}))


def priority_now(one: Investigation) -> Priority:
    """What policy makes of the case at this moment; the priority that stands may be higher, never lower by
    software.
    """
    return prioritise(evidence_now(one), Scale.of(get_policy()))


def lower_priority(user: User, *, investigation: Investigation, band: str, reason: str) -> None:
    """Put the investigation in a lower band. Refused while a child of it is or may be at risk: that stands
    first.

    It holds for the facts of today: what comes to light later raises the priority again.
    """
    reason = said(reason, "Give the reason for lowering the priority: it stays on the record with your name.")
    with holding(user, "investigation.reprioritise", investigation) as held:
        one, to = held.one, _band(band)
        if to.rank <= one.band_rank:
            raise Refused(
                f"{to.title} is not lower than the present priority. Software raises by itself;"
                " a person lowers."
            )
        _refuse_with_children(one)
        evidence, scale = evidence_now(one), Scale.of(get_policy())
        before, score = one.band, min(one.score, _most_in(to))
        one.band, one.band_rank, one.score = to.key, to.rank, score
        one.reasons = [
            row.as_row()
            for row in prioritise(evidence, scale, decision=Decision(to.rank, score, evidence)).reasons
        ]
        one.decision = {
            "rank": to.rank,
            "score": score,
            "by": user.name,
            "at": clock.now().isoformat(),
            "reason": reason,
            "weighed": as_rows(evidence),
        }
        one.save(update_fields=["band", "band_rank", "score", "reasons", "decision"])
        held.record("investigation.prioritised", how="person", before=before, reason=reason)


def _band(key: str) -> Band:
    found = next((band for band in get_policy().bands if band.key == key), None)
    if found is None:
        raise Refused(f"There is no priority {key!r} in the policy.")
    return found


def _most_in(band: Band) -> int:
    """The highest score that is still in a band."""
    above = [one.minimum for one in get_policy().bands if not one.rule and one.rank < band.rank]
    return min(above) - 1 if above else 10**6


def _refuse_with_children(one: Investigation) -> None:
    children = children_at_risk(one)
    if children:
        names = ", ".join(child.reference for child in children[:5])
        raise Refused(
            f"A child at risk stands above everything else: {names}. Decide about each child first, with a"
            f" reason; only then can the priority of {one.reference} be lowered."
        )


def reroute(user: User, *, investigation: Investigation, unit: str, reason: str) -> None:
    """Give the investigation to another team. The lead stays until that team allocates it, so that nobody
    is without.
    """
    reason = said(reason, "Give the reason for moving the investigation to another team.")
    policy = get_policy()
    if unit not in policy.units:
        raise Refused(f"There is no unit {unit!r}.")
    with holding(user, "investigation.reprioritise", investigation) as held:
        one = held.one
        if one.unit == unit:
            raise AlreadyDone(f"{one.reference} is with {policy.units[unit].name} already. Nothing changed.")
        before, one.unit = one.unit, unit
        one.routed_by, one.routed_because = user.name, f"Decided by {user.name}: {reason}"[:300]
        one.save(update_fields=["unit", "routed_by", "routed_because"])
        held.record("investigation.routed", how="person", before=before, reason=reason)
        own_thread(held.work, threads=[one.thread], unit=unit)
        for duty in Duty.objects.filter(thread=one.thread, discharged_at=None, authority="").exclude(role=""):
            reassign(user, duty=duty, unit=unit, reason=reason)


def restrict(user: User, *, investigation: Investigation, people: Sequence[User], reason: str) -> None:
    """Keep the investigation, its referrals, children and duties to named people. The lead and whoever
    restricts are among them; police duties stay open, and the clocks go on."""
    reason = said(reason, "Give the reason for restricting the investigation.")
    with holding(user, "referral.restrict", investigation) as held:
        one = held.one
        if one.restricted:
            raise AlreadyDone(
                f"{one.reference} is restricted already. Grant need-to-know to let somebody else in."
            )
        one.restricted = True
        one.save(update_fields=["restricted"])
        threads = threads_of(one)
        mark_restricted(all_threads_of(one), since=clock.now())
        restrict_thread(held.work, threads=threads)
        _restrict_referrals(held, one, reason)
        _let_in(held, user, threads, reason)
        for person in {p.pk: p for p in (*people, *([one.lead] if one.lead else []))}.values():
            for thread in threads:
                grant_need_to_know(by=user, user=person, thread=parse(thread), reason=reason)


def _restrict_referrals(held: Held, one: Investigation, reason: str) -> None:
    ids = referral_ids(one)
    fresh = list(Referral.objects.select_for_update().filter(pk__in=ids, restricted=False).order_by("pk"))
    Referral.objects.filter(pk__in=[referral.pk for referral in fresh]).update(restricted=True)
    for referral in fresh:
        held.work.record(
            "referral.restricted",
            subject=Subject("referral", referral.pk),
            thread=referral.thread,
            investigation=one.pk,
            unit=referral.unit,
            restricted=True,
            reason=reason,
        )
    others = Investigation.objects.filter(joined__referral__in=ids, restricted=False).exclude(pk=one.pk)
    for other in others.distinct():
        Investigation.objects.filter(pk=other.pk).update(restricted=True)
        mark_restricted([other.thread], since=clock.now())


def _let_in(held: Held, user: User, threads: Sequence[str], reason: str) -> None:
    """Whoever restricts stays inside: from there the others are let in."""
    inside = set(Grant.objects.filter(user=user, withdrawn_at=None).values_list("thread", flat=True))
    now = clock.now()
    for thread in (thread for thread in threads if thread not in inside):
        made = Grant.objects.create(user=user, thread=thread, granted_by=user, granted_at=now, reason=reason)
        kind, _, pk = thread.partition(":")
        held.work.record_as(
            actor_for(user),
            "need-to-know.granted",
            subject=Subject(kind, int(pk)),
            thread=thread,
            user=user.pk,
            grant=made.pk,
            reason=reason,
        )


def close(user: User, *, investigation: Investigation, reason: str) -> None:
    """Close it. Refused while a child at risk has no decision, or while a duty that protects somebody is
    open.
    """
    reason = said(reason, "Give the reason for closing the investigation.")
    with holding(user, "investigation.close", investigation) as held:
        one = held.one
        _refuse_undecided(one)
        _refuse_open_duties(one)
        one.closed_at, one.closed_reason = clock.now(), reason
        one.save(update_fields=["closed_at", "closed_reason"])
        held.record("investigation.closed", reason=reason)


def _refuse_undecided(one: Investigation) -> None:
    undecided = [child.reference for child in children_at_risk(one) if child.state == "at-risk"]
    if undecided:
        raise Refused(
            f"{one.reference} cannot be closed: nobody has decided whether {', '.join(undecided[:5])} is at"
            " risk. Confirm or rule out each child first."
        )


def _refuse_open_duties(one: Investigation) -> None:
    """Harm 1 and 2 protect a child or a life. Only the duty to find a lead ends with the case itself."""
    open_duties = Duty.objects.filter(thread__in=all_threads_of(one), discharged_at=None, harm__lte=2)
    waiting = list(open_duties.exclude(Q(key="allocate-investigation")).order_by("harm", "due_at")[:50])
    if waiting:
        titles = {get_policy().duties[duty.key].title for duty in waiting if duty.key in get_policy().duties}
        raise Refused(
            f"{one.reference} cannot be closed while these wait: {'; '.join(sorted(titles))}."
            " Do them first: closing stops no clock that protects somebody."
        )


def reopen(user: User, *, investigation: Investigation, reason: str) -> None:
    """Open a closed investigation again. Refused when the suspect has another open one: that is the one to
    use.
    """
    reason = said(reason, "Give the reason for opening the investigation again.")
    with holding(user, "investigation.close", investigation, closed=True) as held:
        one = held.one
        others = Investigation.objects.filter(suspect=one.suspect_id, closed_at=None).exclude(pk=one.pk)
        if one.suspect_id is not None and (other := others.first()):
            raise Refused(f"{other.reference} is open about the same suspect: use that one.")
        one.closed_at, one.closed_reason, one.lead, one.allocated_at = None, "", None, None
        one.save(update_fields=["closed_at", "closed_reason", "lead", "allocated_at"])
        held.record("investigation.reopened", reason=reason)
