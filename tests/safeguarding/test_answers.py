"""An authority's signed answers are applied by the same rules as its pages: once, in order, and only with its own key."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sooner.access.decide import visible
from sooner.engines.formats.social_care import message, signature
from sooner.engines.formats.social_care.message import MessageError
from sooner.engines.formats.social_care.model import Acknowledgement, Decision, Reply
from sooner.errors import NotAllowed, NotFound, Refused, SoonerError
from sooner.intake.commands.read import bytes_of
from sooner.intake.commands.settle import read_again, settle_document
from sooner.intake.models import Document, Referral
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.pipeline.models import Task
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands.authority import decide, pass_on
from sooner.safeguarding.commands.deliver import receive_reply
from sooner.safeguarding.models import Delivery, Endpoint, SafeguardingReferral
from sooner.safeguarding.queries import answers_of
from tests.factories.access import a_user, signed_in
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


# Kept as they came


def kept() -> Document:
    return Document.objects.get(via="message")


def test_an_answer_is_kept_whole_with_its_fingerprint_and_signature_and_linked_to_what_it_answers(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    data, jws = signed(taken(row), key)
    receive_reply(data, jws)
    document = kept()
    assert bytes_of(document) == data
    assert (document.sha256, document.size) == (sha256(data).hexdigest(), len(data))
    assert (document.state, document.received_by, document.about) == ("answer", "Haringey", row.referral)
    answer = document.answer
    assert (answer.authority, answer.signature, answer.safeguarding_referral) == (HARINGEY, jws, row)
    assert answer.delivery == row.deliveries.get(channel="message")
    assert [times_recorded(f"answer.{what}") for what in ("received", "taken", "refused")] == [1, 1, 0]
    assert not Task.objects.filter(step="read").exists(), "it is no referral, and is not read as one"


def test_the_same_answer_again_is_counted_and_kept_once(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    for _ in range(3):
        receive_reply(*signed(taken(row), key))
    assert kept().times_received == 3
    assert times_recorded("answer.taken") == 1


@pytest.mark.parametrize("wrong", ["another key", "changed", "no signature", "not even text"])
def test_an_answer_whose_signature_does_not_hold_is_kept_before_a_person(
    row: SafeguardingReferral, key: Ed25519PrivateKey, wrong: str
) -> None:
    data, jws = signed(taken(row), key if wrong != "another key" else Ed25519PrivateKey.generate())
    data = data.replace(b"Wendy", b"Wanda") if wrong == "changed" else data
    data = b"\xff\x00<" if wrong == "not even text" else data
    with pytest.raises(NotAllowed):
        receive_reply(data, "" if wrong == "no signature" else jws)
    document = kept()
    assert (bytes_of(document), document.state, document.about) == (data, "unreadable", None)
    assert open_duties("document", document.pk) == {"look-at-refused-answer"}
    settle_document(a_user("referral_officer"), document=document, note="Called: it is not theirs.")
    assert open_duties("document", document.pk) == set()


@pytest.mark.parametrize(
    "made",
    [
        lambda row, key: signed(decided(row, "care-and-support"), key),
        lambda row, key: (b"{}", signature.sign(b"{}", key=key, key_id=key_name(HARINGEY))),
        lambda row, key: signed(taken(SafeguardingReferral(idempotency_key="nowhere")), key),
    ],
    ids=["a decision that the law does not know", "no message at all", "a referral that there is not"],
)
def test_a_signed_answer_that_cannot_be_applied_is_kept_before_a_person(
    row: SafeguardingReferral, key: Ed25519PrivateKey, made: Any
) -> None:
    data, jws = made(row, key)
    for _ in range(2):
        with pytest.raises(SoonerError):
            receive_reply(data, jws)
    document = kept()
    assert (bytes_of(document), document.state, document.answer.authority) == (data, "unreadable", HARINGEY)
    assert document.answer.refused
    assert document.answer.refused in document.reason
    assert open_duties("document", document.pk) == {"look-at-refused-answer"}
    assert times_recorded("answer.refused") == 1


def test_a_refused_answer_that_is_signed_rightly_the_next_time_leaves_nothing_to_look_at(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    data, jws = signed(taken(row), key)
    with pytest.raises(NotAllowed):
        receive_reply(data, "")
    receive_reply(data, jws)
    assert (kept().state, kept().answer.signature) == ("answer", jws)
    assert open_duties("document", kept().pk) == set()
    with pytest.raises(NotAllowed):
        receive_reply(data, "")
    assert kept().state == "answer", "what was taken is not put before a person for coming again unsigned"


def test_strangers_cannot_fill_the_store_nor_keep_an_authority_out(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    most = get_policy().force.refused_answers_a_day
    for number in range(most + 3):
        with pytest.raises(NotAllowed):
            receive_reply(b"junk %d" % number, "")
    assert Document.objects.filter(via="message").count() == most
    assert receive_reply(*signed(taken(row), key)).acknowledged_at is not None
    with clock.standing_at(clock.now() + timedelta(days=1, hours=1)), pytest.raises(NotAllowed):
        receive_reply(b"another day", "")
    assert Document.objects.filter(via="message").count() == most + 2


def test_an_answer_is_not_read_as_a_referral_even_when_somebody_asks(key: Ed25519PrivateKey) -> None:
    with pytest.raises(NotAllowed):
        receive_reply(b"junk", "")
    with pytest.raises(Refused, match="call the authority"):
        read_again(a_user("referral_officer"), document=kept())


def test_an_answer_is_seen_by_those_who_may_see_documents_and_its_referral(
    row: SafeguardingReferral, key: Ed25519PrivateKey
) -> None:
    receive_reply(*signed(taken(row), key))
    officer, inspector = a_user("referral_officer"), a_user("inspector_of_constabulary")
    assert [one.document for one in answers_of(officer, row)] == [kept()]
    assert [(one.document, one.answer.document) for one in answers_of(inspector, row)] == [(None, kept())]
    page = signed_in(officer).get(f"/documents/{kept().pk}/").content.decode()
    assert "An authority’s answer, kept" in page
    assert row.referral.reference in page
    assert kept().sha256 in signed_in(inspector).get(f"/social-care/{row.pk}/").content.decode()
    assert signed_in(inspector).get(f"/documents/{kept().pk}/").status_code == 403
    Referral.objects.update(restricted=True)
    assert not visible(Document.objects.all(), officer).exists()


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
