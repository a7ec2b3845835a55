"""The outbox: signed messages to authorities' machines, retried with backoff until they answer; and their answers back.

At least once over the wire, recorded once here. The network is never waited for inside a transaction: a delivery is claimed by
moving its next attempt ahead, sent, and then recorded; a crash in between only means that it is sent again, under the same
idempotency key.
"""

import random
from datetime import timedelta

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import connection, transaction

from sooner.engines.formats.social_care import message, signature
from sooner.engines.formats.social_care.model import Acknowledgement
from sooner.errors import NotAllowed, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, Actor, unit_of_work
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands.authority import apply_acknowledgement, apply_decision, locked
from sooner.safeguarding.commands.refer import MESSAGE, record_event
from sooner.safeguarding.models import Delivery, Endpoint, SafeguardingReferral

LEASE = timedelta(minutes=2)
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_WAIT = timedelta(minutes=15)
TELL_AGAIN_AFTER = 96  # attempts at the longest wait in a day
_jitter = random.SystemRandom()


def deliver_due(*, limit: int = 50) -> int:
    """Attempt the messages that are due. Returns how many were attempted."""
    claimed = _claim(limit)
    if not claimed:
        return 0
    endpoints = {endpoint.authority: endpoint for endpoint in Endpoint.objects.filter(active=True)}
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        for pk in claimed:
            _attempt(client, pk, endpoints)
    return len(claimed)


def _claim(limit: int) -> list[int]:
    """Take what is due for this process: another one does not see it again until the lease is over."""
    now = clock.now()
    with transaction.atomic():
        due = Delivery.objects.filter(channel=MESSAGE, state="waiting", next_attempt_at__lte=now)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        pks = [delivery.pk for delivery in due.order_by("next_attempt_at")[:limit]]
        Delivery.objects.filter(pk__in=pks).update(next_attempt_at=now + LEASE)
    return pks


def _attempt(client: httpx.Client, pk: int, endpoints: dict[str, Endpoint]) -> None:
    row = Delivery.objects.select_related("safeguarding_referral").get(pk=pk).safeguarding_referral
    endpoint = endpoints.get(row.authority)
    if endpoint is None:
        _failed(pk, "The authority has no machine address any more.")
        return
    try:
        answer = client.post(endpoint.url, content=row.payload.encode(), headers=_headers(row))
    except httpx.HTTPError as error:
        _failed(pk, f"No answer from the authority's system ({type(error).__name__}).")
        return
    if answer.is_success:
        _delivered(pk, receipt=answer.headers.get("X-Receipt", f"HTTP {answer.status_code}"))
    else:
        _failed(pk, f"The authority's system answered {answer.status_code}.")


def _headers(row: SafeguardingReferral) -> dict[str, str]:
    return {
        "Content-Type": "application/fhir+json",
        "Idempotency-Key": row.idempotency_key,
        "X-JWS-Signature": row.signature,
    }


def _delivered(pk: int, *, receipt: str) -> None:
    with unit_of_work(SYSTEM) as work:
        held = Delivery.objects.select_for_update().get(pk=pk)
        if held.state == "delivered":
            return
        now = clock.now()
        held.state, held.delivered_at, held.receipt, held.next_attempt_at = (
            "delivered",
            now,
            receipt[:200],
            None,
        )
        held.attempts, held.last_error = held.attempts + 1, ""
        held.save(
            update_fields=["state", "delivered_at", "receipt", "next_attempt_at", "attempts", "last_error"]
        )
        row = locked(held.safeguarding_referral_id)
        record_event(work, row, "delivered")
        if row.sent_at is None:
            row.sent_at, row.sent_how = now, "A signed message to the authority's system"
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
        held.save(update_fields=["attempts", "last_error", "next_attempt_at"])
        if held.attempts == 1 or held.attempts % TELL_AGAIN_AFTER == 0:
            row = locked(held.safeguarding_referral_id)
            record_event(work, row, "delivery-failed", attempts=held.attempts)


def _wait(attempts: int) -> timedelta:
    """Twice as long each time, up to the longest, with a part left to chance so that not all return at once."""
    full = min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_WAIT)
    return full * _jitter.uniform(0.5, 1.0)


def receive_reply(data: bytes, jws: str) -> SafeguardingReferral:
    """An authority's answer: verified with its own key, then applied by the same rules as its page. Safe to receive twice.

    Raises NotAllowed when the signature does not hold or is another authority's, Refused when it is no answer, NotFound.
    """
    endpoints = {endpoint.key_id: endpoint for endpoint in Endpoint.objects.filter(active=True)}
    try:
        key_id = signature.verify(data, jws, keys={k: _key(e) for k, e in endpoints.items()})
    except signature.SignatureError as error:
        raise NotAllowed(f"The answer is not accepted: {error}.") from error
    try:
        reply = message.decode_reply(data)
    except message.MessageError as error:
        raise Refused(f"The answer is not understood: {error}.") from error
    authority = endpoints[key_id].authority
    row = SafeguardingReferral.objects.filter(idempotency_key=reply.referral_key, authority=authority).first()
    if row is None:
        raise NotFound("No referral to this authority has that number.")
    name = get_policy().authorities[authority].name
    with unit_of_work(Actor("partner", None, name)) as work:
        held = locked(row.pk)
        by = f"{reply.by} ({name})"
        if isinstance(reply, Acknowledgement):
            apply_acknowledgement(work, held, by=by, at=reply.at)
        else:
            apply_decision(work, held, by=by, decision=reply.decision, reason=reply.reason, at=reply.at)
    return held


def _key(endpoint: Endpoint) -> Ed25519PublicKey:
    key = load_pem_public_key(endpoint.public_key.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(f"The key of {endpoint.authority} is not an Ed25519 key.")
    return key
