"""Signed checkpoints in the text form of transparency logs (C2SP tlog-checkpoint over signed-note, Ed25519).

Three lines (origin, size, base64 of the root), an empty line, then one signature line for each signer. Reading is strict:
a text that differs from what was signed in any character is never taken, not even in base64's unused bits.
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
MOST_SIGNATURES = 100


class CheckpointError(ValueError):
    """The text is no checkpoint, or its signature does not hold; the message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root (32 bytes) of a log at a moment, and whose log it is."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who signed, the four bytes that name the key, and the signature itself."""

    name: str
    key_hash: bytes
    signature: bytes


def key_hash(name: str, public: Ed25519PublicKey) -> bytes:
    """The four bytes that name a key: SHA-256 of name, newline, algorithm byte and raw key."""
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(name.encode() + b"\n" + ED25519 + raw).digest()[:4]


def sign_checkpoint(checkpoint: Checkpoint, *, name: str, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a note signed by `name`. Raises CheckpointError for what nobody could read back."""
    body = checkpoint.body()
    signature = key_hash(name, key.public_key()) + key.sign(body.encode())
    note = f"{body}\n{MARK}{name} {base64.b64encode(signature).decode()}\n"
    if parse_checkpoint(note)[0] != checkpoint:
        raise CheckpointError("the origin must be one line: give the log a plain name")
    return note


def parse_checkpoint(note: str) -> tuple[Checkpoint, tuple[NoteSignature, ...]]:
    """The checkpoint and its signatures, none of them checked yet. Raises CheckpointError.

    Lines after the root are extensions: they are signed over, and otherwise left alone.
    """
    _require_plain(note)
    body, separator, tail = note.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) < 3 or not lines[0]:
        raise CheckpointError(
            "this is not a checkpoint: it needs origin, size, root, an empty line and a signature"
        )
    root = _decoded(lines[2], "root")
    if (
        not (lines[1].isascii() and lines[1].isdigit())
        or len(lines[1]) > 20
        or str(int(lines[1])) != lines[1]
    ):
        raise CheckpointError("the checkpoint's size cannot be read")
    if len(root) != 32:
        raise CheckpointError("the checkpoint's root cannot be read: it is not 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root), _signatures(tail)


def _require_plain(note: str) -> None:
    if any((ord(c) < 32 and c != "\n") or 0xD800 <= ord(c) < 0xE000 for c in note):
        raise CheckpointError("the checkpoint holds characters that are not plain text: fetch it again")
    if not note.endswith("\n"):
        raise CheckpointError("the checkpoint's last line is cut off: fetch it again")


def _decoded(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise CheckpointError(f"the checkpoint's {what} cannot be read") from error
    if base64.b64encode(data).decode() != text:  # the unused bits of the last character are not zero
        raise CheckpointError(f"the checkpoint's {what} cannot be read: it was changed")
    return data


def _signatures(tail: str) -> tuple[NoteSignature, ...]:
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise CheckpointError(f"the checkpoint has more than {MOST_SIGNATURES} signatures")
    return tuple(_signature(line) for line in lines)


def _signature(line: str) -> NoteSignature:
    name, _, value = line.removeprefix(MARK).partition(" ")
    if not line.startswith(MARK) or not name or "+" in name or name.split() != [name]:
        raise CheckpointError(f"this signature line cannot be read: {line[:60]!r}")
    data = _decoded(value, f"signature by {name}")
    if len(data) < 5:
        raise CheckpointError(f"the checkpoint's signature by {name} is too short")
    return NoteSignature(name, data[:4], data[4:])


def verify_checkpoint(note: str, *, keys: Mapping[str, Ed25519PublicKey]) -> Checkpoint:
    """The checkpoint, when a known key signed it and no known key's signature fails. Raises CheckpointError otherwise.

    Signatures by keys that are not known (another partner's, a key of earlier years) are passed over, as signed-note says.
    """
    checkpoint, signatures = parse_checkpoint(note)
    body = note.partition("\n\n")[0] + "\n"
    known = [s for s in signatures if s.name in keys and s.key_hash == key_hash(s.name, keys[s.name])]
    if not known:
        raise CheckpointError(
            "no signature by a known key: fetch the force's key, or check that the file is whole"
        )
    for signed in known:
        try:
            keys[signed.name].verify(signed.signature, body.encode())
        except InvalidSignature as error:
            raise CheckpointError(
                f"the signature of {signed.name} does not hold: the checkpoint was changed"
            ) from error
    return checkpoint
