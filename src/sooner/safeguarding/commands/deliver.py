"""The outbox: signed messages to authorities' machines, retried with backoff until they answer; and their answers back.

At least once over the wire, recorded once here. The network is never waited for inside a transaction: a delivery is claimed by
moving its next attempt ahead, sent, and then recorded; a crash in between only means that it is sent again, under the same
idempotency key.
"""

import os
import random
import socket
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import connection, transaction

from sooner.engines.formats.social_care import message, signature
from sooner.engines.formats.social_care.bundle import loaded, need, only
from sooner.engines.formats.social_care.errors import MessageError, NotTaken
from sooner.engines.formats.social_care.model import Acknowledgement, Reply
from sooner.errors import NotAllowed, NotFound, Refused, SoonerError
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, Actor, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands import answers
from sooner.safeguarding.commands.authority import (
    SOCIAL_CARE_ONLY,
    apply_acknowledgement,
    apply_decision,
    locked,
    record_passage,
)
from sooner.safeguarding.commands.refer import MESSAGE, SOCIAL_CARE, record_event
from sooner.safeguarding.models import Answer, Delivery, Endpoint, SafeguardingReferral

LEASE = timedelta(minutes=2)
"""Longer than one message can take: each is claimed by itself, right before it is sent."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_WAIT = timedelta(minutes=15)
TELL_AGAIN_AFTER = timedelta(days=1)
LONGEST_REASON = 4000
ROUND_SECONDS = 5.0
"""A round ends after this time, so that a slow authority never keeps the worker from finding children."""
_jitter = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class _Claim:
    """A delivery that is this process's to attempt."""

    pk: int
    row: SafeguardingReferral


def deliver_due(*, limit: int = 50, seconds: float = ROUND_SECONDS) -> int:
    """Attempt the messages that are due, for a bounded time. Returns how many were attempted."""
    claim = _claim(skipping=())
    if claim is None:
        return 0
    until, attempted, silent = time.monotonic() + seconds, 0, set[str]()
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        while claim is not None:
            if not _attempt(client, claim):
                silent.add(claim.row.authority)
            attempted += 1
            more = attempted < limit and time.monotonic() < until
            claim = _claim(skipping=silent) if more else None
    return attempted


def _claim(*, skipping: Collection[str]) -> _Claim | None:
    """Take the next that is due for this process: no other one sees it until the lease is over."""
    now = clock.now()
    with transaction.atomic():
        due = Delivery.objects.filter(channel=MESSAGE, state="waiting", next_attempt_at__lte=now)
        if skipping:
            due = due.exclude(safeguarding_referral__authority__in=skipping)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        found = due.select_related("safeguarding_referral").order_by("next_attempt_at", "pk").first()
        if found is None:
            return None
        Delivery.objects.filter(pk=found.pk).update(next_attempt_at=now + LEASE, claimed_by=_me())
    return _Claim(found.pk, found.safeguarding_referral)


def _me() -> str:
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


def release_claims_of_the_dead() -> int:
    """What a killed process of this host had claimed is due again now, not when its lease is over. Returns how many.

    For a worker that starts and has claimed nothing yet: a claim under its own number is a predecessor's. Should the
    owner live after all, the message goes twice under one idempotency key.
    """
    host = _me().rpartition(":")[0]
    held = Delivery.objects.filter(channel=MESSAGE, state="waiting", claimed_by__startswith=f"{host}:")
    gone = {
        by for by in held.values_list("claimed_by", flat=True).distinct() if by == _me() or not _lives(by)
    }
    return held.filter(claimed_by__in=gone).update(next_attempt_at=clock.now(), claimed_by="")


def _lives(owner: str) -> bool:
    try:
        os.kill(int(owner.rpartition(":")[2]), 0)  # asks only whether there is such a process
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _attempt(client: httpx.Client, claim: _Claim) -> bool:
    """Send one message and record what came of it. False when the authority's system is down: more would only wait."""
    row = claim.row
    endpoint = Endpoint.objects.filter(authority=row.authority, active=True).first()
    if endpoint is None:
        _failed(claim.pk, "The authority has no machine address any more.")
        return True
    try:
        # Only the head of the answer is read: nothing that the other side sends can fill this process's memory.
        with client.stream(
            "POST", endpoint.url, content=row.payload.encode(), headers=_headers(row)
        ) as answer:
            status, receipt = answer.status_code, answer.headers.get("X-Receipt", "")
    except httpx.HTTPError as error:
        _failed(claim.pk, f"No answer from the authority's system ({type(error).__name__}).")
        _postpone(row.authority)
        return False
    except (httpx.InvalidURL, UnicodeError):
        _failed(claim.pk, "The authority's machine address cannot be used: correct it.")
        return True
    return _answered(claim, status, receipt)


def _answered(claim: _Claim, status: int, receipt: str) -> bool:
    if 200 <= status < 300:
        _delivered(claim.pk, receipt=receipt or f"HTTP {status}")
        return True
    _failed(claim.pk, f"The authority's system answered {status}.")
    down = status >= 500 or status == httpx.codes.TOO_MANY_REQUESTS
    if down:
        _postpone(claim.row.authority)
    return not down


def _headers(row: SafeguardingReferral) -> dict[str, str]:
    return {
        "Content-Type": "application/fhir+json",
        "Idempotency-Key": row.idempotency_key,
        "X-JWS-Signature": row.signature,
    }


def _delivered(pk: int, *, receipt: str) -> None:
    with unit_of_work(SYSTEM) as work:
        held = Delivery.objects.select_for_update().get(pk=pk)
        if held.state != "delivered":
            _end(work, held, locked(held.safeguarding_referral_id), receipt=receipt)


def _end(work: UnitOfWork, held: Delivery, row: SafeguardingReferral, *, receipt: str) -> None:
    """The authority's machine has it: the delivery ends, and if nothing told the authority before, this did."""
    held.state, held.delivered_at, held.receipt = "delivered", clock.now(), receipt[:200]
    held.next_attempt_at, held.attempts, held.last_error, held.claimed_by = None, held.attempts + 1, "", ""
    held.save(
        update_fields=[
            "state", "delivered_at", "receipt", "next_attempt_at", "attempts", "last_error", "claimed_by",
        ]
    )  # fmt: skip
    record_passage(work, row, "delivered")
    if row.sent_at is None:
        row.sent_at, row.sent_how = held.delivered_at, "A signed message to the authority's system"
        row.save(update_fields=["sent_at", "sent_how"])
        record_event(work, row, "sent")


def _failed(pk: int, reason: str) -> None:
    with unit_of_work(SYSTEM) as work:
        held = Delivery.objects.select_for_update().get(pk=pk)
        if held.state == "delivered":
            return
        held.attempts += 1
        held.last_error = reason
        held.next_attempt_at = clock.now() + _wait(held.attempts)
        held.claimed_by = ""
        held.save(update_fields=["attempts", "last_error", "next_attempt_at", "claimed_by"])
        row = locked(held.safeguarding_referral_id)
        if not _told_of_failure_lately(row):
            record_passage(work, row, "delivery-failed", attempts=held.attempts)


def _told_of_failure_lately(row: SafeguardingReferral) -> bool:
    """Whether the failure is on the record already: once at first, then once a day."""
    since = clock.now() - TELL_AGAIN_AFTER
    return Entry.objects.filter(
        subject_kind="safeguarding-referral",
        subject_id=row.pk,
        event="safeguarding-referral.delivery-failed",
        at__gt=since,
    ).exists()


def _postpone(authority: str) -> None:
    """A system that is down is asked again for all that is due to it when it is asked again for the one that waits longest;
    what is made meanwhile is tried at once."""
    now = clock.now()
    waiting = Delivery.objects.filter(
        channel=MESSAGE, state="waiting", safeguarding_referral__authority=authority
    )
    most = waiting.order_by("-attempts").values_list("attempts", flat=True).first() or 1
    due = list(waiting.filter(next_attempt_at__lte=now).values_list("pk", flat=True)[:1000])
    Delivery.objects.filter(pk__in=due, next_attempt_at__lte=now).update(next_attempt_at=now + _wait(most))


def _wait(attempts: int) -> timedelta:
    """Twice as long each time, up to the longest, with a part left to chance so that not all return at once."""
    full = min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_WAIT)
    return full * _jitter.uniform(0.5, 1.0)


def receive_reply(data: bytes, jws: str) -> SafeguardingReferral:
    """An authority's answer: verified with its own key, kept whole, then read and applied by the same rules as its page. One
    that is refused is kept too, before a person. Safe to receive twice.

    Raises NotAllowed when the signature does not hold or is another authority's, Refused when it is no answer, NotFound.
    """
    try:
        endpoint = _signer(data, jws)
    except NotAllowed as refusal:
        answers.keep_unverified(data, jws, reason=str(refusal))
        raise
    kept = answers.keep(data, jws, authority=endpoint.authority)
    try:
        return _taken(kept, data, endpoint)
    except SoonerError as refusal:
        answers.refuse(kept, reason=answers.plain(refusal))
        raise


def _taken(kept: Answer, data: bytes, endpoint: Endpoint) -> SafeguardingReferral:
    name = get_policy().authorities[endpoint.authority].name
    try:
        reply, key = _read(data)
    except MessageError as error:
        raise Refused(f"The answer is not understood: {error}.") from error
    row = _answered_row(endpoint, key)
    answers.link(kept, row)
    with unit_of_work(Actor("partner", None, name)) as work:
        held = locked(row.pk)
        if isinstance(reply, NotTaken):
            _not_taken(work, held, f"{name} did not take it: {reply}.")
        else:
            _apply(work, held, reply, by=f"{answers.plain(reply.by)[:80]} ({name})")
        answers.take(work, kept, held)
    return held


def _read(data: bytes) -> tuple[Reply | NotTaken, str]:
    """The answer, and the key of the referral that it answers. Raises MessageError."""
    try:
        reply = message.decode_reply(data)
    except NotTaken as refusal:
        return refusal, _key_of(data)
    return reply, reply.referral_key


def _answered_row(endpoint: Endpoint, key: str) -> SafeguardingReferral:
    keyed = SafeguardingReferral.objects.filter(
        idempotency_key=answers.plain(key), authority=endpoint.authority
    )
    row = keyed.only("pk").first()
    if row is None:
        raise NotFound("No referral to this authority has that number.")
    return row


def _key_of(data: bytes) -> str:
    return need(only(loaded(data), "MessageHeader"), "response", "identifier")


def _not_taken(work: UnitOfWork, held: SafeguardingReferral, reason: str) -> None:
    """The authority's system has the message and says that it could not use it: a person must call. Once for each reason."""
    delivery = held.deliveries.select_for_update().filter(channel=MESSAGE).first()
    if delivery is not None and delivery.last_error != reason[:300]:
        delivery.last_error = reason[:300]
        delivery.save(update_fields=["last_error"])
        record_passage(work, held, "delivery-failed", reason=reason)


def _signer(data: bytes, jws: str) -> Endpoint:
    endpoints = {endpoint.key_id: endpoint for endpoint in Endpoint.objects.filter(active=True)}
    try:
        key_id = signature.verify(data, jws, keys={k: _key(e) for k, e in endpoints.items()})
    except signature.SignatureError as error:
        raise NotAllowed(f"The answer is not accepted: {error}.") from error
    return endpoints[key_id]


def _apply(work: UnitOfWork, held: SafeguardingReferral, reply: Reply, *, by: str) -> None:
    """An answer proves that the message arrived, even where its receipt was lost on the way."""
    at = _believable(reply.at, held)
    for delivery in held.deliveries.select_for_update().filter(channel=MESSAGE).exclude(state="delivered"):
        _end(work, delivery, held, receipt="Answered by message")
    if isinstance(reply, Acknowledgement):
        apply_acknowledgement(work, held, by=by, at=at)
        return
    if held.kind != SOCIAL_CARE:
        raise Refused(SOCIAL_CARE_ONLY)
    if held.decided_at and at < held.decided_at:
        return  # an older decision that comes again, or late, never undoes a newer one
    reason = answers.plain(reply.reason)[:LONGEST_REASON]
    apply_decision(work, held, by=by, decision=answers.plain(reply.decision), reason=reason, at=at)


def _believable(at: datetime, held: SafeguardingReferral) -> datetime:
    """The time that the authority's system gives, kept between the referral's making and now: clocks differ."""
    return max(held.made_at, min(at, clock.now()))


def _key(endpoint: Endpoint) -> Ed25519PublicKey:
    key = load_pem_public_key(endpoint.public_key.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(f"The key of {endpoint.authority} is not an Ed25519 key.")
    return key
