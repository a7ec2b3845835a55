"""The authority's side of a referral: acknowledge, decide, pass on; and what police record of telling and chasing it."""

from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sooner.access.decide import actor_for, require, visible
from sooner.access.models import User
from sooner.errors import AlreadyDone, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy
from sooner.policy.model import Decision
from sooner.safeguarding.commands.children import RULED_OUT, record_child
from sooner.safeguarding.commands.refer import BY_HAND, SOCIAL_CARE, record_event, refer
from sooner.safeguarding.models import Child, Delivery, Endpoint, SafeguardingReferral

SOCIAL_CARE_ONLY = "A referral about a position of trust is acknowledged, not decided here."
PASSED_ON = "This referral was passed to another authority."
HERE = frozenset({"127.0.0.1", "::1", "localhost"})


def locked_referral(user: User, pk: int) -> SafeguardingReferral:
    """The row, held until the unit of work ends, if the user may see it. Raises NotFound."""
    if not visible(SafeguardingReferral.objects.filter(pk=pk), user).exists():
        raise NotFound("There is no such referral, or it is not yours to see.")
    return locked(pk)


def locked(pk: int) -> SafeguardingReferral:
    return (
        SafeguardingReferral.objects.select_for_update(of=("self",))
        .select_related("referral", "child")
        .get(pk=pk)
    )


def acknowledge(user: User, *, row: SafeguardingReferral) -> None:
    """Somebody at the authority has it, and has read the handling instruction."""
    require(user, "safeguarding-referral.acknowledge")
    with unit_of_work(actor_for(user)) as work:
        held = locked_referral(user, row.pk)
        if held.acknowledged_at:
            raise AlreadyDone(f"{held.acknowledged_by} acknowledged it already. Nothing changed.")
        apply_acknowledgement(work, held, by=user.name)


def apply_acknowledgement(
    work: UnitOfWork, held: SafeguardingReferral, *, by: str, at: datetime | None = None
) -> None:
    """Acknowledged, by page or by message. A second acknowledgement changes nothing."""
    if held.acknowledged_at:
        return
    held.acknowledged_at, held.acknowledged_by = at or clock.now(), by[:120]
    held.save(update_fields=["acknowledged_at", "acknowledged_by"])
    record_event(work, held, "acknowledged")


def options_for(authority: str) -> dict[str, Decision]:
    """The decisions that the law of the authority's jurisdiction knows, by key."""
    policy = get_policy()
    return dict(policy.jurisdictions[policy.jurisdiction_of(authority)].decisions)


def decide(user: User, *, row: SafeguardingReferral, decision: str, reason: str) -> None:
    """The authority's decision on the referral, with its reasons. It also acknowledges."""
    require(user, "safeguarding-referral.decide")
    with unit_of_work(actor_for(user)) as work:
        held = locked_referral(user, row.pk)
        if held.kind != SOCIAL_CARE:
            raise Refused(SOCIAL_CARE_ONLY)
        apply_decision(work, held, by=user.name, decision=decision, reason=reason)


def apply_decision(
    work: UnitOfWork,
    held: SafeguardingReferral,
    *,
    by: str,
    decision: str,
    reason: str,
    at: datetime | None = None,
) -> None:
    """Decided, by page or by message. The same decision again changes nothing; another one is recorded as a new decision."""
    if held.rerouted_to_id:
        raise Refused(PASSED_ON)
    option = options_for(held.authority).get(decision)
    if option is None:
        raise Refused(f"{decision!r} is not a decision that this authority can take.")
    if not reason.strip():
        raise Refused("Give the reasons for the decision.")
    if held.decided_at and (held.decision, held.decision_reason) == (decision, reason.strip()):
        return
    apply_acknowledgement(work, held, by=by, at=at)
    held.decided_at, held.decided_by = at or clock.now(), by[:120]
    held.decision, held.decision_reason = decision, reason.strip()
    held.save(update_fields=["decided_at", "decided_by", "decision", "decision_reason"])
    record_event(
        work, held, "decided", decision=decision, section_47=option.section_47, reason=reason.strip()
    )


def pass_on(user: User, *, row: SafeguardingReferral, authority: str, reason: str) -> SafeguardingReferral:
    """Not this authority's child: the referral goes to the right one at once, and stays here until it is there."""
    require(user, "safeguarding-referral.decide")
    if authority not in get_policy().authorities or authority == row.authority:
        raise Refused("Choose the other authority from the list.")
    if not reason.strip():
        raise Refused("Say how you know that the child lives in the other authority.")
    with unit_of_work(actor_for(user)) as work:
        held = locked_referral(user, row.pk)
        if held.child is None or held.rerouted_to_id:
            raise Refused("Only an open referral about a child can be passed on.")
        if held.child.state == RULED_OUT:
            raise Refused(
                "Police no longer count this child as at risk: decide on the referral instead, and call the police contact."
            )
        made = _to(work, held.child, authority)
        held.rerouted_to = made
        held.save(update_fields=["rerouted_to"])
        record_event(work, held, "rerouted", to=authority, reason=reason.strip())
    return made


def _to(work: UnitOfWork, child: Child, authority: str) -> SafeguardingReferral:
    Child.objects.filter(pk=child.pk).update(authority=authority, authority_how="authority")
    refer(work, [child.pk])
    return SafeguardingReferral.objects.get(
        child=child, authority=authority, kind=SOCIAL_CARE, rerouted_to=None
    )


def record_sent_by_hand(user: User, *, row: SafeguardingReferral, to_whom: str, how: str) -> None:
    """Police told the authority by telephone or secure e-mail, because it has no sign-in here and no machine address."""
    require(user, "safeguarding-referral.reroute")
    if not to_whom.strip() or not how.strip():
        raise Refused("Say whom you told, and how: the number called or the address written to.")
    with unit_of_work(actor_for(user)) as work:
        held = locked_referral(user, row.pk)
        if held.sent_at:
            raise AlreadyDone("The authority was told already. Nothing changed.")
        held.sent_at, held.sent_how = clock.now(), f"{how.strip()}, to {to_whom.strip()}"[:200]
        held.save(update_fields=["sent_at", "sent_how"])
        Delivery.objects.filter(safeguarding_referral=held, channel=BY_HAND).update(
            state="delivered", delivered_at=held.sent_at, receipt=held.sent_how
        )
        record_event(work, held, "sent", how=held.sent_how)


def record_passage(work: UnitOfWork, row: SafeguardingReferral, what: str, **facts: object) -> None:
    """Record how a referral travels (delivered, delivery-failed, chased): the same events for either kind."""
    work.record(
        f"safeguarding-referral.{what}",
        subject=Subject("safeguarding-referral", row.pk),
        thread=row.referral.thread,
        referral=row.referral_id,
        child=row.child_id,
        authority=row.authority,
        jurisdiction=get_policy().jurisdiction_of(row.authority),
        unit=row.referral.unit,
        urgent=row.urgent,
        restricted=row.referral.restricted or None,
        named_managers_only=row.restricted or None,
        **facts,
    )


def chase(user: User, *, row: SafeguardingReferral, spoke_to: str, answer: str) -> None:
    """Police asked the authority for its decision: with whom they spoke and what was said."""
    require(user, "safeguarding-referral.reroute")
    if not spoke_to.strip() or not answer.strip():
        raise Refused("Say whom you spoke to and what they said.")
    with unit_of_work(actor_for(user)) as work:
        held = locked_referral(user, row.pk)
        record_passage(work, held, "chased", reason=f"{spoke_to.strip()}: {answer.strip()}")


def record_assessment(user: User, *, child: Child | None, row: SafeguardingReferral, words: str) -> None:
    """The authority completed its assessment, or recorded why it takes longer."""
    _by_authority(user, child, row, "assessment.completed", words)


def record_conference(user: User, *, child: Child | None, row: SafeguardingReferral, words: str) -> None:
    """The authority held the initial child protection conference, or recorded why it is not needed."""
    _by_authority(user, child, row, "child-protection-conference.held", words)


def _by_authority(user: User, child: Child | None, row: SafeguardingReferral, event: str, words: str) -> None:
    require(user, "safeguarding-referral.decide")
    if not words.strip():
        raise Refused("Say what the outcome was.")
    with unit_of_work(actor_for(user)) as work:
        held = locked_referral(user, row.pk)
        if child is None or held.child_id != child.pk:
            raise Refused("This referral is not about that child.")
        if held.rerouted_to_id:
            raise Refused(PASSED_ON)
        record_child(work, event, child, reason=words.strip())


def set_endpoint(
    actor: Actor, *, authority: str, url: str, key_id: str, public_key: str, active: bool = True
) -> None:
    """An authority's machine address and the public key (PEM, Ed25519) that its answers are verified with."""
    if authority not in get_policy().authorities:
        raise Refused(f"There is no authority {authority!r} in the policy.")
    _check_address(url)
    if Endpoint.objects.filter(key_id=key_id).exclude(authority=authority).exists():
        raise Refused("This key name is another authority's: each signs under a name of its own.")
    try:
        key = load_pem_public_key(public_key.encode())
    except ValueError as error:
        raise Refused("The public key cannot be read: paste the whole PEM text.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("The public key must be an Ed25519 key.")
    with unit_of_work(actor) as work:
        Endpoint.objects.update_or_create(
            authority=authority,
            defaults={"url": url, "key_id": key_id, "public_key": public_key, "active": active},
        )
        work.record(
            "endpoint.changed",
            subject=Subject("endpoint", None),
            thread="force",
            authority=authority,
            active=active,
        )


def _check_address(url: str) -> None:
    """What is sent names a child: never without encryption, except to this very machine. Raises Refused."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused("The machine address cannot be read: write it as https://host/path.") from error
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in HERE)):
        raise Refused("The machine address must begin with https://, because what is sent names a child.")
