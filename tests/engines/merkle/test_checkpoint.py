"""Checkpoints: signed, readable, and worthless once changed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sooner.engines.merkle.checkpoint import Checkpoint, CheckpointError, sign_checkpoint, verify_checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOTE = sign_checkpoint(Checkpoint("example.org/ledger", 42, bytes(32)), name="example.org", key=KEY)


def test_a_signed_checkpoint_is_read_back() -> None:
    assert verify_checkpoint(NOTE, keys={"example.org": KEY.public_key()}) == Checkpoint(
        "example.org/ledger", 42, bytes(32)
    )


def test_a_stranger_s_signature_is_not_taken() -> None:
    other = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(CheckpointError, match="no signature by a known key"):
        verify_checkpoint(NOTE, keys={"example.org": other})


@given(st.integers(0, len(NOTE) - 1), st.characters(codec="ascii"))
def test_any_changed_character_is_noticed(place: int, character: str) -> None:
    changed = NOTE[:place] + character + NOTE[place + 1 :]
    if changed == NOTE:
        return
    with pytest.raises(CheckpointError):
        verify_checkpoint(changed, keys={"example.org": KEY.public_key()})
