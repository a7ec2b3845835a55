"""The message to social care: lossless for our facts, valid FHIR R4 for everybody else's tools, and signed."""

from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.formats.social_care import message, signature
from sooner.engines.formats.social_care.model import (
    Acknowledgement,
    Adult,
    Child,
    Concern,
    Decision,
    Home,
    Sender,
    SocialCareReferral,
)

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=30
)
DATES = st.none() | st.dates(date(1930, 1, 1), date(2026, 1, 1))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
HOMES = st.none() | st.builds(Home, lines=st.lists(WORDS, max_size=2).map(tuple), town=WORDS, postcode=WORDS)
KEYS_OF_REFERRALS = st.uuids().map(str)
CHILDREN = st.builds(
    Child,
    reference=WORDS,
    name=WORDS,
    date_of_birth=DATES,
    home=HOMES,
    sex=st.sampled_from(["male", "F", ""]),
)
ADULTS = st.builds(Adult, name=WORDS, relationship=WORDS, date_of_birth=DATES, is_suspect=st.booleans())
REFERRALS = st.builds(
    SocialCareReferral,
    reference=WORDS,
    idempotency_key=st.uuids().map(str),
    sent_at=MOMENTS,
    authority=st.just("E09000007"),
    authority_name=WORDS,
    sender=st.builds(Sender, force=WORDS, unit=WORDS, officer=WORDS, contact=WORDS),
    handling=st.just("do-not-contact-household"),
    handling_words=WORDS,
    concern=st.builds(
        Concern, summary=WORDS, how_found=st.lists(WORDS, max_size=3).map(tuple), certainty=st.just("sure")
    ),
    child=st.none() | CHILDREN,
    adults=st.lists(ADULTS, max_size=3).map(tuple),
    children=st.lists(CHILDREN, max_size=2).map(tuple),
    urgent=st.booleans(),
    not_later_than=st.none() | MOMENTS,
)


@settings(max_examples=80, deadline=None)
@given(REFERRALS)
def test_every_referral_is_read_back_whole_and_is_valid_fhir(referral: SocialCareReferral) -> None:
    sent = message.encode(referral)
    assert message.decode(sent) == referral
    Bundle.model_validate_json(sent)


@settings(deadline=None)
@given(
    st.builds(Acknowledgement, referral_key=KEYS_OF_REFERRALS, at=MOMENTS, by=WORDS, reference=WORDS)
    | st.builds(Decision, referral_key=KEYS_OF_REFERRALS, at=MOMENTS, by=WORDS, decision=WORDS, reason=WORDS)
)
def test_every_answer_is_read_back_and_is_valid_fhir(reply: Acknowledgement | Decision) -> None:
    sent = message.encode_reply(reply)
    assert message.decode_reply(sent) == reply
    Bundle.model_validate_json(sent)


@given(
    st.binary(max_size=60)
    | st.sampled_from([b"{}", b"[]", b'{"resourceType":"Bundle","type":"message","entry":[{}]}'])
)
def test_nonsense_is_refused_with_a_plain_reason(data: bytes) -> None:
    with pytest.raises(message.MessageError):
        message.decode(data)
    with pytest.raises(message.MessageError):
        message.decode_reply(data)


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"force": KEY.public_key()}


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_signature_holds_for_its_message_only(payload: bytes, other: bytes) -> None:
    made = signature.sign(payload, key=KEY, key_id="force")
    assert signature.verify(payload, made, keys=KEYS) == "force"
    if other != payload:
        with pytest.raises(signature.SignatureError):
            signature.verify(other, made, keys=KEYS)


@pytest.mark.parametrize(
    "header",
    ['{"alg":"none"}', '{"alg":"HS256","kid":"force"}', '{"alg":"EdDSA","kid":"force","crit":["x"]}', "[]"],
)
def test_no_other_algorithm_is_taken(header: str) -> None:
    made = signature.sign(b"x", key=KEY, key_id="force")
    with pytest.raises(signature.SignatureError, match="only EdDSA"):
        signature.verify(b"x", signature._b64(header.encode()) + ".." + made.split(".")[2], keys=KEYS)


def test_the_published_ed25519_example_verifies() -> None:
    """RFC 8037 appendix A.4, with its payload detached."""
    public = Ed25519PublicKey.from_public_bytes(
        signature._unb64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    )
    signed = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    public.verify(signature._unb64(signed), b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")
