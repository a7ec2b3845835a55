"""Detached signatures over messages: JWS (RFC 7515 appendix F) with EdDSA (RFC 8037). No other algorithm is taken."""

import base64
import binascii
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sooner.engines.formats.social_care.errors import SignatureError as SignatureError


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise SignatureError("the signature is not base64url") from error
    if _b64(data) != text:  # padding, the other alphabet, or unused bits that are not zero
        raise SignatureError("the signature is not base64url")
    return data


def sign(payload: bytes, *, key: Ed25519PrivateKey, key_id: str) -> str:
    """The detached JWS of the payload: `header..signature`, with the key's name in the header as `kid`."""
    header = _b64(msgspec.json.encode({"alg": "EdDSA", "kid": key_id}))
    return f"{header}..{_b64(key.sign(f'{header}.{_b64(payload)}'.encode()))}"


def verify(payload: bytes, signature: str, *, keys: Mapping[str, Ed25519PublicKey]) -> str:
    """The key id that signed the payload. Raises SignatureError unless a known key did, with EdDSA.

    The algorithm is not the sender's to choose: `alg` must say EdDSA and the key must be an Ed25519 key. Header extensions
    that must be understood (`crit`, and with it RFC 7797's `b64`) are refused.
    """
    parts = signature.split(".")
    if len(parts) != 3 or parts[1] or not signature.isascii():
        raise SignatureError("this is not a detached JWS (header..signature)")
    key_id = _key_id(parts[0])
    key = keys.get(key_id)
    if key is None:
        raise SignatureError(f"no key is known under the name {key_id[:80]!r}")
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureError(f"the key known as {key_id!r} is of another kind: only Ed25519 keys are used")
    try:
        key.verify(_unb64(parts[2]), f"{parts[0]}.{_b64(payload)}".encode())
    except InvalidSignature as error:
        raise SignatureError(
            "the signature does not fit the message: it was changed, or another key signed it"
        ) from error
    return key_id


def _key_id(header: str) -> str:
    try:
        said = msgspec.json.decode(_unb64(header))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise SignatureError("the signature's header cannot be read") from error
    if not isinstance(said, dict) or said.get("alg") != "EdDSA" or "crit" in said or "b64" in said:
        raise SignatureError("only EdDSA signatures are taken")
    key_id = said.get("kid", "")
    if not isinstance(key_id, str):
        raise SignatureError("the signature's header does not name its key in text")
    return key_id
