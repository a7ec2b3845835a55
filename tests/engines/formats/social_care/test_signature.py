"""Detached signatures: they hold for one message and one key, with one algorithm."""

import base64
import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from sooner.engines.formats.social_care import errors, signature

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS = {"force": KEY.public_key(), "authority": OTHER.public_key()}
PAYLOAD = b'{"resourceType":"Bundle"}'
SIGNED = signature.sign(PAYLOAD, key=KEY, key_id="force")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_with_header(header: bytes, key: Ed25519PrivateKey = KEY) -> str:
    """A detached JWS that is right in all but, perhaps, what its header says."""
    head = b64(header)
    return f"{head}..{b64(key.sign(f'{head}.{b64(PAYLOAD)}'.encode()))}"


def test_the_published_ed25519_example_verifies_detached() -> None:
    """RFC 8037 appendices A.1, A.4 and A.5: the key, the signature, the payload; the header names no key."""
    public = Ed25519PublicKey.from_public_bytes(unb64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
    signed = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    detached = f"eyJhbGciOiJFZERTQSJ9..{signed}"
    assert signature.verify(b"Example of Ed25519 signing", detached, keys={"": public}) == ""
    with pytest.raises(errors.SignatureError, match="does not fit"):
        signature.verify(b"Example of Ed25519 signing.", detached, keys={"": public})


def test_the_published_private_key_signs_as_the_example_does() -> None:
    """RFC 8037 appendix A.1's private key over our header gives what the RFC's signing input gives."""
    key = Ed25519PrivateKey.from_private_bytes(unb64("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
    head, middle, signed = signature.sign(b"Example of Ed25519 signing", key=key, key_id="a").split(".")
    assert json.loads(unb64(head)) == {"alg": "EdDSA", "kid": "a"}
    assert middle == ""
    assert unb64(signed) == key.sign(f"{head}.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".encode())


@given(st.binary(max_size=200), st.binary(max_size=200), st.text(max_size=20))
def test_a_signature_holds_for_its_message_only(payload: bytes, other: bytes, key_id: str) -> None:
    made = signature.sign(payload, key=KEY, key_id=key_id)
    assert signature.verify(payload, made, keys={key_id: KEY.public_key()}) == key_id
    if other != payload:
        with pytest.raises(errors.SignatureError):
            signature.verify(other, made, keys={key_id: KEY.public_key()})


def test_no_single_changed_character_of_a_signature_is_taken() -> None:
    for place, held in enumerate(SIGNED):
        for character in map(chr, range(128)):
            if character != held:
                with pytest.raises(errors.SignatureError):
                    signature.verify(PAYLOAD, SIGNED[:place] + character + SIGNED[place + 1 :], keys=KEYS)


def test_one_partner_does_not_sign_for_another() -> None:
    forged = signature.sign(PAYLOAD, key=OTHER, key_id="force")
    with pytest.raises(errors.SignatureError, match="does not fit"):
        signature.verify(PAYLOAD, forged, keys=KEYS)


def test_a_key_that_is_not_known_is_named() -> None:
    with pytest.raises(errors.SignatureError, match="'stranger'"):
        signature.verify(PAYLOAD, signature.sign(PAYLOAD, key=KEY, key_id="stranger"), keys=KEYS)


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","kid":"force"}',
        b'{"alg":"None","kid":"force"}',
        b'{"alg":"HS256","kid":"force"}',
        b'{"alg":"Ed448","kid":"force"}',
        b'{"alg":"eddsa","kid":"force"}',
        b'{"alg":["EdDSA"],"kid":"force"}',
        b'{"kid":"force"}',
        b'{"alg":"EdDSA","kid":"force","crit":["x"]}',
        b'{"alg":"EdDSA","kid":"force","crit":["b64"],"b64":false}',
        b'{"alg":"EdDSA","kid":"force","b64":false}',
        b"[]",
        b'"EdDSA"',
    ],
)
def test_no_other_algorithm_is_taken_even_over_a_right_signature(header: bytes) -> None:
    with pytest.raises(errors.SignatureError, match="only EdDSA"):
        signature.verify(PAYLOAD, signed_with_header(header), keys=KEYS)


def test_an_unsigned_message_is_not_taken() -> None:
    for bare in (b64(b'{"alg":"none"}') + "..", b64(b'{"alg":"EdDSA","kid":"force"}') + ".."):
        with pytest.raises(errors.SignatureError):
            signature.verify(PAYLOAD, bare, keys=KEYS)


def test_the_public_key_is_never_used_as_a_shared_secret() -> None:
    """The classic confusion: HMAC with the public key as its secret."""
    import hmac

    head = b64(b'{"alg":"HS256","kid":"force"}')
    mac = hmac.digest(KEY.public_key().public_bytes_raw(), f"{head}.{b64(PAYLOAD)}".encode(), "sha256")
    with pytest.raises(errors.SignatureError, match="only EdDSA"):
        signature.verify(PAYLOAD, f"{head}..{b64(mac)}", keys=KEYS)


def test_a_key_of_another_kind_is_not_used() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    keys = cast("Mapping[str, Any]", {"force": other})
    with pytest.raises(errors.SignatureError, match="of another kind"):
        signature.verify(PAYLOAD, SIGNED, keys=keys)


@pytest.mark.parametrize("kid", [b"7", b"null", b'["force"]', b'{"force":1}'])
def test_a_key_must_be_named_in_text(kid: bytes) -> None:
    with pytest.raises(errors.SignatureError, match="name its key"):
        signature.verify(PAYLOAD, signed_with_header(b'{"alg":"EdDSA","kid":' + kid + b"}"), keys=KEYS)


@pytest.mark.parametrize(
    "text", [b64(b"[" * 100_000) + "..AA", "....", "a.b.c", "", "..", "\u2014..\u2014", "e30=..AA"]
)
def test_any_other_text_is_refused_with_a_plain_reason(text: str) -> None:
    with pytest.raises(errors.SignatureError):
        signature.verify(PAYLOAD, text, keys=KEYS)


def test_a_signature_inside_the_message_s_own_text_is_not_detached() -> None:
    head, _, signed = SIGNED.split(".")
    with pytest.raises(errors.SignatureError, match="not a detached JWS"):
        signature.verify(PAYLOAD, f"{head}.{b64(PAYLOAD)}.{signed}", keys=KEYS)
