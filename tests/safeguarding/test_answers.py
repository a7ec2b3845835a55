"""An authority's signed answers are applied by the same rules as its pages: once, in order, and only with its own key."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sooner.engines.formats.social_care import message, signature
from sooner.engines.formats.social_care.message import MessageError
from sooner.engines.formats.social_care.model import Acknowledgement, Decision, Reply
from sooner.errors import NotAllowed, NotFound, Refused, SoonerError
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.safeguarding.commands.authority import decide, pass_on
from sooner.safeguarding.commands.deliver import receive_reply
from sooner.safeguarding.models import Delivery, Endpoint, SafeguardingReferral
from tests.factories.safeguarding import (
    CROYDON,
    HARINGEY,
    a_child,
    a_machine,
    a_position_of_trust,
    a_social_worker,
    a_told_child,
    key_name,
    open_duties,
    times_recorded,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
URL = "https://social-care.example.org/referrals"


def signed(reply: Reply, key: Ed25519PrivateKey, *, name: str = "") -> tuple[bytes, str]:
    data = message.encode_reply(reply)
    return data, signature.sign(data, key=key, key_id=name or key_name(HARINGEY))


def taken(row: SafeguardingReferral, at: datetime = NOON) -> Acknowledgement:
    return Acknowledgement(referral_key=row.idempotency_key, at=at, by="Wendy Example", reference="LA-77")


def decided(
    row: SafeguardingReferral, code: str = "strategy-discussion", at: datetime = NOON, reason: str = "Significant harm."
) -> Decision:  # fmt: skip
    return Decision(referral_key=row.idempotency_key, at=at, by="Wendy Example", decision=code, reason=reason)


@pytest.fixture
def key(noon: datetime) -> Ed25519PrivateKey:
    return a_machine(URL)


@pytest.fixture
def row(key: Ed25519PrivateKey) -> SafeguardingReferral:
    return a_told_child()[0]


def test_an_acknowledgement_by_message_ends_the_duty(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    held = receive_reply(*signed(taken(row), key))
    assert held.acknowledged_by == "Wendy Example (Haringey)"
    assert held.acknowledged_at == NOON
    assert "acknowledge-referral" not in open_duties("safeguarding-referral", row.pk)
    actor = Entry.objects.get(event="safeguarding-referral.acknowledged")
    assert (actor.actor_kind, actor.actor_label) == ("partner", "Haringey")


def test_a_decision_by_message_acknowledges_decides_and_opens_the_strategy_discussion(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    held = receive_reply(*signed(decided(row), key))
    assert (held.decision, held.decision_reason) == ("strategy-discussion", "Significant harm.")
    assert open_duties("safeguarding-referral", row.pk) == set()
    assert row.child_id is not None
    assert "hold-strategy-discussion" in open_duties("child", row.child_id)


def test_an_answer_received_twice_changes_nothing(row: SafeguardingReferral, key: Ed25519PrivateKey) -> None:
    for reply in (taken(row), taken(row), decided(row), decided(row), taken(row)):
        receive_reply(*signed(reply, key))
    assert times_recorded("safeguarding-referral.acknowledged") == 1
    assert times_recorded("safeguarding-referral.decided") == 1


def test_an_old_decision_sent_again_never_undoes_a_newer_one(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    old = signed(decided(row, "no-further-action", reason="Not known."), key)
    receive_reply(*old)
    with clock.standing_at(NOON + timedelta(hours=2)):
        decide(a_social_worker(), row=row, decision="strategy-discussion", reason="New information.")
        assert receive_reply(*old).decision == "strategy-discussion"
    assert times_recorded("safeguarding-referral.decided") == 2


def test_an_answer_that_comes_before_the_receipt_proves_that_the_message_arrived(
    key: Ed25519PrivateKey,
) -> None:
    child = a_child()
    row = SafeguardingReferral.objects.get(child=child)
    assert row.sent_at is None
    receive_reply(*signed(taken(row), key))
    row.refresh_from_db()
    assert row.sent_at == NOON
    assert Delivery.objects.get().state == "delivered"
    assert "tell-social-care" not in open_duties("child", child.pk)
    assert "acknowledge-referral" not in open_duties("safeguarding-referral", row.pk)
    assert times_recorded("safeguarding-referral.delivered") == 1


def test_a_time_in_the_future_or_before_the_referral_is_not_believed(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    with clock.standing_at(NOON + timedelta(minutes=5)):
        assert (
            receive_reply(*signed(taken(row, NOON - timedelta(days=9)), key)).acknowledged_at == row.made_at
        )
        held = receive_reply(*signed(decided(row, at=NOON + timedelta(days=365)), key))
        assert held.decided_at == NOON + timedelta(minutes=5)


def test_another_key_a_changed_message_and_an_unknown_name_are_refused(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    data, jws = signed(taken(row), key)
    for wrong in (
        signed(taken(row), Ed25519PrivateKey.generate()),
        (data.replace(b"Wendy", b"Wanda"), jws),
        signed(taken(row), key, name="nobody"),
        (data, ""),
        (data, "…"),
    ):
        with pytest.raises(NotAllowed):
            receive_reply(*wrong)
    row.refresh_from_db()
    assert row.acknowledged_at is None


def test_an_authority_cannot_answer_for_another(row: SafeguardingReferral) -> None:
    other = a_machine("https://croydon.example.org/", CROYDON)
    with pytest.raises(NotFound):
        receive_reply(*signed(taken(row), other, name=key_name(CROYDON)))


def test_an_authority_that_was_switched_off_is_not_believed(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    Endpoint.objects.update(active=False)
    with pytest.raises(NotAllowed):
        receive_reply(*signed(taken(row), key))


def test_a_decision_that_the_law_of_the_place_does_not_know_is_refused(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    with pytest.raises(Refused, match="care-and-support"):
        receive_reply(*signed(decided(row, "care-and-support"), key))


def test_a_referral_that_was_passed_on_is_not_decided_here_any_more(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    pass_on(a_social_worker(), row=row, authority=CROYDON, reason="Lives there.")
    with pytest.raises(Refused, match="another authority"):
        receive_reply(*signed(decided(row), key))


def test_a_position_of_trust_is_acknowledged_by_message_and_not_decided(key: Ed25519PrivateKey) -> None:
    row = a_position_of_trust()
    with pytest.raises(Refused, match="position of trust"):
        receive_reply(*signed(decided(row), key))
    assert receive_reply(*signed(taken(row), key)).acknowledged_at is not None


def test_control_characters_and_endless_words_are_not_stored(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    reason = "Signi\x00ficant\x1b harm.\nSeen. " + "x" * 90_000
    held = receive_reply(*signed(decided(row, reason=reason), key))
    assert held.decision_reason.startswith("Significant harm.\nSeen. ")
    assert len(held.decision_reason) <= 4000


def test_a_system_that_says_it_could_not_take_the_referral_has_acknowledged_nothing_and_somebody_must_call(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    deliver_done(row)
    refusal = message.encode_reply(taken(row)).replace(b'"code":"ok"', b'"code":"fatal-error"')
    jws = signature.sign(refusal, key=key, key_id=key_name(HARINGEY))
    for _ in range(2):
        assert receive_reply(refusal, jws).acknowledged_at is None
    assert {"mend-delivery", "acknowledge-referral"} <= open_duties("safeguarding-referral", row.pk)
    assert times_recorded("safeguarding-referral.delivery-failed") == 1
    assert "did not take it" in row.deliveries.get(channel="message").last_error
    receive_reply(*signed(taken(row), key))
    assert "mend-delivery" not in open_duties("safeguarding-referral", row.pk)


def deliver_done(row: SafeguardingReferral) -> None:
    """The message had arrived before its answer came."""
    row.deliveries.filter(channel="message").update(state="delivered", next_attempt_at=None)


def test_an_answer_comes_in_over_the_api_by_its_signature_alone(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    data, jws = signed(taken(row), key)
    post = _poster(data)
    assert post("x..y").status_code == 403
    assert post(jws).status_code == 200
    assert post(jws).status_code == 200
    assert times_recorded("safeguarding-referral.acknowledged") == 1


def _poster(data: bytes) -> Callable[[str], Any]:
    return lambda jws: Client().post(
        "/api/social-care-replies", data, content_type="application/fhir+json", headers={"X-JWS-Signature": jws}
    )  # fmt: skip


MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))
REPLIES = st.one_of(
    st.builds(Acknowledgement, referral_key=st.just("own") | st.text(max_size=80), at=MOMENTS, by=st.text(max_size=300)),
    st.builds(
        Decision, referral_key=st.just("own") | st.text(max_size=80), at=MOMENTS, by=st.text(max_size=300),
        decision=st.sampled_from(["section-17", "strategy-discussion"]) | st.text(max_size=60), reason=st.text(max_size=300),
    ),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(replies=st.lists(REPLIES, max_size=6))
def test_whatever_an_authority_signs_is_applied_or_refused_in_a_sentence_and_never_stops_a_clock_otherwise(
    replies: list[Reply], row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    """Invariant 2: only an answer that was applied ends the authority's duty."""
    for reply in replies:
        mine = row.idempotency_key if reply.referral_key == "own" else reply.referral_key
        given_ = type(reply)(
            **{**{f: getattr(reply, f) for f in reply.__struct_fields__}, "referral_key": mine}
        )
        with suppress(SoonerError, MessageError):
            receive_reply(*signed(given_, key))
    row.refresh_from_db()
    duties = open_duties("safeguarding-referral", row.pk)
    assert ("acknowledge-referral" in duties) == (row.acknowledged_at is None)
    assert ("decide-referral" in duties) == (row.decided_at is None)
    assert row.decision in {"", "section-17", "strategy-discussion", "immediate-protection"}
