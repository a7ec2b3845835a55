"""Checkpoints: signed, readable, and worthless once changed."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from sooner.engines.merkle.checkpoint import (
    Checkpoint,
    CheckpointError,
    key_hash,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EARLIER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS = {"example.org": KEY.public_key()}
CHECKPOINT = Checkpoint("example.org/ledger", 42, bytes(32))
NOTE = sign_checkpoint(CHECKPOINT, name="example.org", key=KEY)
BODY, SIGNATURES = NOTE.split("\n\n")


def signature_line(key: Ed25519PrivateKey, name: str, body: str = BODY + "\n") -> str:
    signature = key_hash(name, key.public_key()) + key.sign(body.encode())
    return f"\u2014 {name} {base64.b64encode(signature).decode()}\n"


@given(
    st.integers(0, 2**63),
    st.binary(min_size=32, max_size=32),
    st.sampled_from(["force/ledger", "The log of X"]),
)
def test_a_signed_checkpoint_is_read_back(size: int, root: bytes, origin: str) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert (
        verify_checkpoint(sign_checkpoint(checkpoint, name="example.org", key=KEY), keys=KEYS) == checkpoint
    )


def test_a_key_has_the_name_that_other_implementations_give_it() -> None:
    """The name and key of the example in the documentation of signed notes' first implementation."""
    raw = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert raw[:1] == b"\x01"
    assert key_hash("PeterNeumann", Ed25519PublicKey.from_public_bytes(raw[1:])).hex() == "c74f20a3"


def test_the_text_is_three_lines_an_empty_one_and_the_signature() -> None:
    name_of_key = base64.b64decode(SIGNATURES.split(" ")[2])[:4]
    assert NOTE.split("\n")[:4] == ["example.org/ledger", "42", "A" * 43 + "=", ""]
    assert SIGNATURES.startswith("\u2014 example.org ")
    assert name_of_key == key_hash("example.org", KEY.public_key())


def test_a_stranger_s_signature_is_not_taken() -> None:
    with pytest.raises(CheckpointError, match="no signature by a known key"):
        verify_checkpoint(NOTE, keys={"example.org": EARLIER.public_key()})
    with pytest.raises(CheckpointError, match="no signature by a known key"):
        verify_checkpoint(NOTE, keys={"example.net": KEY.public_key()})


def test_no_single_changed_character_goes_unnoticed() -> None:
    """Every place, every character of ASCII: base64's unused bits and other line ends among them."""
    for place, held in enumerate(NOTE):
        for character in map(chr, range(128)):
            if character != held:
                with pytest.raises(CheckpointError):
                    verify_checkpoint(NOTE[:place] + character + NOTE[place + 1 :], keys=KEYS)


@given(st.integers(0, len(NOTE) - 1))
def test_a_checkpoint_cut_short_is_noticed(length: int) -> None:
    with pytest.raises(CheckpointError):
        verify_checkpoint(NOTE[:length], keys=KEYS)


@given(st.text(max_size=80) | st.text("\n\u2014 +=A1", max_size=80))
def test_any_other_text_is_refused_with_a_plain_reason(text: str) -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint(text)


def test_a_partner_s_signature_beside_the_force_s_is_passed_over() -> None:
    for note in (
        NOTE + signature_line(EARLIER, "partner"),
        f"{BODY}\n\n{signature_line(EARLIER, 'partner')}{SIGNATURES}",
    ):
        assert verify_checkpoint(note, keys=KEYS) == CHECKPOINT


def test_a_note_signed_with_the_old_and_the_new_key_holds_for_who_knows_either() -> None:
    both = NOTE + signature_line(EARLIER, "example.org")
    assert verify_checkpoint(both, keys=KEYS) == CHECKPOINT
    assert verify_checkpoint(both, keys={"example.org": EARLIER.public_key()}) == CHECKPOINT


def test_one_failed_signature_by_a_known_key_spoils_the_note() -> None:
    forged = signature_line(EARLIER, "partner", body="something else\n")
    with pytest.raises(CheckpointError, match="signature of partner does not hold"):
        verify_checkpoint(NOTE + forged, keys={**KEYS, "partner": EARLIER.public_key()})


def test_extension_lines_are_signed_over() -> None:
    body = BODY + "\nan extension\n"
    note = f"{body}\n{signature_line(KEY, 'example.org', body=body)}"
    assert verify_checkpoint(note, keys=KEYS) == CHECKPOINT
    with pytest.raises(CheckpointError, match="does not hold"):
        verify_checkpoint(note.replace("an extension", "another"), keys=KEYS)


@pytest.mark.parametrize(
    ("checkpoint", "name"),
    [
        (Checkpoint("two\nlines", 1, bytes(32)), "example.org"),
        (Checkpoint("evil\n999\n" + "A" * 43 + "=", 1, bytes(32)), "example.org"),
        (Checkpoint("", 1, bytes(32)), "example.org"),
        (Checkpoint("a\tb", 1, bytes(32)), "example.org"),
        (Checkpoint("a\x00b", 1, bytes(32)), "example.org"),
        (Checkpoint("a", -1, bytes(32)), "example.org"),
        (Checkpoint("a", 1, bytes(31)), "example.org"),
        (CHECKPOINT, "a name with spaces"),
        (CHECKPOINT, "a+b"),
        (CHECKPOINT, ""),
    ],
)
def test_what_nobody_could_read_back_is_not_signed(checkpoint: Checkpoint, name: str) -> None:
    with pytest.raises(CheckpointError):
        sign_checkpoint(checkpoint, name=name, key=KEY)
