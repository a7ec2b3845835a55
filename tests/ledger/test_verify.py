"""Verification: whoever rewrites history, even with the database's own powers, is found out, and where."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from sooner.engines.merkle.checkpoint import Checkpoint as Signed
from sooner.engines.merkle.checkpoint import sign_checkpoint
from sooner.ledger import triggers
from sooner.ledger.checkpoints import EVERY, load_key, origin, public_key, public_pem, sign_due, sign_now
from sooner.ledger.models import Checkpoint, Entry, Tile
from sooner.ledger.queries import check_kept
from sooner.ledger.sealing import LEAF_FIELDS, leaf_bytes, sealed_size, stored_tree
from sooner.ledger.verify import Verdict, verify
from tests.factories.ledger import a_checkpoint, a_history, seal_all

pytestmark = pytest.mark.django_db


def verdict(*kept: str) -> Verdict:
    return verify(keys={origin(): public_key()}, kept=kept)


def tamper(statement: str, *values: str | bytes | int | None) -> None:
    """Change history as somebody with the database's powers could: without the triggers."""
    triggers.remove()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    triggers.install()


def reseal() -> None:
    """The thorough intruder: every hash is made anew from the entries as they now are."""
    triggers.remove()
    Tile.objects.all().delete()
    Entry.objects.update(leaf_index=None)
    seal_all()
    triggers.install()


def test_a_whole_history_holds_and_its_root_is_the_checkpoints() -> None:
    made = a_checkpoint(600)
    found = verdict(made.note)
    assert found.problems == []
    assert (found.entries, found.checkpoints, found.agreed) == (600, 2, 600)
    assert found.unsealed == 1  # the entry that says the checkpoint was signed
    assert found.root == bytes(made.root) == stored_tree().root(600)


def test_verification_shows_how_far_it_is() -> None:
    a_checkpoint(12)
    seen: list[tuple[int, int]] = []
    verify(keys={origin(): public_key()}, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(12, 12)]


@pytest.mark.parametrize("column", ["body", "actor_label", "event", "thread", "subject_kind"])
@pytest.mark.parametrize("place", [0, 299, 599])
def test_one_changed_column_is_found_with_its_place(column: str, place: int) -> None:
    a_checkpoint(600)
    tamper(f"UPDATE ledger_entry SET {column} = 'x' WHERE leaf_index = %s", place)  # noqa: S608  # names of the test
    assert [
        f"Entry {place:,} (" in problem and "was changed" in problem for problem in verdict().problems
    ] == [True]


@pytest.mark.parametrize(
    ("column", "value"), [("at", "2020-01-01 00:00:00+00:00"), ("actor_id", 7), ("subject_id", None)]
)
def test_a_changed_time_or_number_is_found_too(column: str, value: str | int | None) -> None:
    a_checkpoint(5)
    tamper(f"UPDATE ledger_entry SET {column} = %s WHERE leaf_index = 3", value)  # noqa: S608  # names of the test
    assert "Entry 3 (" in verdict().problems[0]


def test_a_removed_entry_is_found() -> None:
    a_checkpoint(5)
    tamper("DELETE FROM ledger_entry WHERE leaf_index = 2")
    assert verdict().problems == ["Entry 2 of the sealed history is missing: entries were removed."]


def test_a_removed_end_is_found_by_the_tree_and_by_the_checkpoint() -> None:
    a_checkpoint(5)
    tamper("DELETE FROM ledger_entry WHERE leaf_index >= 3")
    words = " ".join(verdict().problems)
    assert "covers more entries than the 3 that are here" in words
    assert "removed at the end" in words


def test_two_changed_places_swapped_are_found() -> None:
    a_checkpoint(5)
    tamper("UPDATE ledger_entry SET leaf_index = leaf_index + 100 WHERE leaf_index IN (1, 2)")
    tamper(
        "UPDATE ledger_entry SET leaf_index = CASE leaf_index WHEN 101 THEN 2 ELSE 1 END WHERE leaf_index > 100"
    )
    assert "Entry 1 (" in verdict().problems[0]


def test_a_history_rewritten_with_all_its_hashes_is_found_by_every_partner_who_kept_a_checkpoint() -> None:
    early, late = a_checkpoint(300).note, a_checkpoint(300).note
    tamper('UPDATE ledger_entry SET body = \'{"effects":[],"facts":{}}\' WHERE leaf_index = 400')
    reseal()
    triggers.remove()
    Checkpoint.objects.all().delete()
    triggers.install()
    assert verdict().holds, "without anybody's checkpoint it cannot be seen"
    assert verdict(early).holds, "the first partner's checkpoint ends before the change"
    found = verdict(early, late)
    assert len(found.problems) == 1
    assert "differs from the checkpoint kept by a partner" in found.problems[0]
    assert "behind entry 300" in found.problems[0]
    assert check_kept(early).holds
    assert "rewritten" in check_kept(late).words


def test_a_history_cut_short_and_sealed_anew_is_found_by_a_kept_checkpoint() -> None:
    kept = a_checkpoint(20).note
    tamper("DELETE FROM ledger_entry WHERE leaf_index >= 10")
    tamper("DELETE FROM ledger_checkpoint")
    reseal()
    assert "entries were removed" in verdict(kept).problems[-1] or "rewritten" in verdict(kept).problems[-1]
    assert not check_kept(kept).holds


def test_a_changed_tree_above_its_leaves_is_found() -> None:
    a_checkpoint(600)
    tamper("UPDATE ledger_tile SET hashes = %s WHERE level = 1", b"\x00" * 64)
    assert "differs from the entries above its leaves" in verdict().problems[0]


@pytest.mark.parametrize("change", ["size", "root", "signature", "origin", "empty"])
def test_a_forged_checkpoint_convinces_nobody(change: str) -> None:
    a_checkpoint(5)
    a_history(3)
    seal_all()
    stranger = Ed25519PrivateKey.generate()
    forged = Signed(origin(), 5, b"\x01" * 32)
    true = Checkpoint.objects.get().note
    root, other = (base64.b64encode(one).decode() for one in (stored_tree().root(5), b"\x02" * 32))
    note = {
        "size": true.replace("\n5\n", "\n6\n"),
        "root": true.replace(root, other),
        "signature": sign_checkpoint(forged, name=origin(), key=stranger),
        "origin": sign_checkpoint(forged, name="somebody/else", key=stranger),
        "empty": "",
    }[change]
    assert note != true
    assert "does not hold" in verdict(note).problems[0]
    assert not check_kept(note).holds


def test_a_kept_checkpoint_holds_as_it_was_pasted_from_a_browser() -> None:
    note = a_checkpoint(5).note
    for pasted in (note, note.replace("\n", "\r\n"), note.strip(), f"\n{note}\n\n"):
        assert check_kept(pasted).holds, pasted
    assert check_kept(note).words.startswith("The first 5 entries are those that were signed")


def test_a_checkpoint_is_signed_when_something_happened_and_not_without_end() -> None:
    from sooner.ledger import clock

    assert sign_now() is None
    first = a_checkpoint(3)
    seal_all()
    assert sign_due() is None, "only its own entry came since"
    a_history(1)
    seal_all()
    assert sign_due() is None, "the last is fresh"
    with clock.standing_at(first.at + EVERY):
        made = sign_due()
    assert made is not None
    assert made.size == sealed_size() == 5
    assert Entry.objects.filter(event="checkpoint.signed").count() == 2


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "ledger-key.pem"
    first, second = load_key(path), load_key(path)
    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "PUBLIC KEY" in public_pem()
    assert "PRIVATE" not in public_pem()


def test_the_leaf_covers_every_column_but_the_place() -> None:
    columns = {field.attname for field in Entry._meta.fields} - {"id", "leaf_index"}
    assert columns == set(LEAF_FIELDS)
    assert leaf_bytes.__code__.co_argcount == len(LEAF_FIELDS)
