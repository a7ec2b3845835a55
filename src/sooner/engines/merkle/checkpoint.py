"""Signed checkpoints in the text form of transparency logs (C2SP tlog-checkpoint over signed-note, Ed25519).

Three lines (origin, size, base64 of the root), an empty line, then one signature line for each signer.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = b"\x01"
MARK = "\u2014 "


class CheckpointError(ValueError):
    """The text is no checkpoint, or its signature does not hold; the message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root of a log at a moment, and whose log it is."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_hash(name: str, public: Ed25519PublicKey) -> bytes:
    """The four bytes that name a key: SHA-256 of name, newline, algorithm byte and raw key."""
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(name.encode() + b"\n" + ED25519 + raw).digest()[:4]


def sign_checkpoint(checkpoint: Checkpoint, *, name: str, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a note signed by `name`."""
    body = checkpoint.body()
    signature = key_hash(name, key.public_key()) + key.sign(body.encode())
    return f"{body}\n{MARK}{name} {base64.b64encode(signature).decode()}\n"


def parse_checkpoint(note: str) -> tuple[Checkpoint, dict[str, bytes]]:
    """The checkpoint and its signatures by name (key hash and signature together). Raises CheckpointError."""
    body, separator, tail = note.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) < 3:
        raise CheckpointError("this is not a checkpoint: it needs origin, size, root, an empty line and a signature")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (ValueError, binascii.Error) as error:
        raise CheckpointError("the checkpoint's size or root cannot be read") from error
    if len(root) != 32 or size < 0 or str(size) != lines[1]:
        raise CheckpointError("the checkpoint's size or root cannot be read")
    return Checkpoint(lines[0], size, root), _signatures(tail)


def _signatures(tail: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for line in tail.splitlines():
        name, _, value = line.removeprefix(MARK).rpartition(" ")
        if not line.startswith(MARK) or not name:
            raise CheckpointError(f"this signature line cannot be read: {line[:60]!r}")
        try:
            found[name] = base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error) as error:
            raise CheckpointError(f"the signature of {name} cannot be read") from error
    return found


def verify_checkpoint(note: str, *, keys: Mapping[str, Ed25519PublicKey]) -> Checkpoint:
    """The checkpoint, when a known key signed it. Raises CheckpointError otherwise."""
    checkpoint, signatures = parse_checkpoint(note)
    body = note.partition("\n\n")[0] + "\n"
    for name, signature in signatures.items():
        key = keys.get(name)
        if key is None or signature[:4] != key_hash(name, key):
            continue
        try:
            key.verify(signature[4:], body.encode())
        except InvalidSignature as error:
            raise CheckpointError(f"the signature of {name} does not hold: the checkpoint was changed") from error
        return checkpoint
    raise CheckpointError("no signature by a known key: fetch the force's key, or check that the file is whole")
