"""Sealing, proofs and the triggers: history is appended to and never changed."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sooner.engines.merkle.tree import leaf_hash, range_root, verify_consistency, verify_inclusion
from sooner.errors import NotFound
from sooner.ledger.models import Checkpoint, Entry, Tile
from sooner.ledger.queries import consistency, inclusion
from sooner.ledger.sealing import LEAF_FIELDS, leaf_bytes, seal, sealed_size, stored_tree
from sooner.ledger.work import SYSTEM, Subject, unit_of_work
from tests.factories.ledger import a_history, seal_all

pytestmark = pytest.mark.django_db


def _plain_root(size: int) -> bytes:
    """The root by the RFC's recursive definition over the entries as they are, without tiles."""
    rows = Entry.objects.filter(leaf_index__lt=size).order_by("leaf_index").values_list(*LEAF_FIELDS)
    leaves = [leaf_hash(leaf_bytes(*row)) for row in rows]

    def subtree(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        from sooner.engines.merkle.tree import node_hash

        return node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))

    return range_root(subtree, 0, size)


def test_entries_are_sealed_in_the_order_of_their_numbers_and_only_once() -> None:
    a_history(7)
    assert (seal(limit=3), seal(limit=3), seal(limit=3), seal()) == (3, 3, 1, 0)
    assert list(Entry.objects.order_by("pk").values_list("leaf_index", flat=True)) == list(range(7))
    assert sealed_size() == 7


def test_the_stored_tree_is_the_rfcs_tree_across_the_edges_of_tiles() -> None:
    for more in (1, 254, 1, 1, 260, 300):
        a_history(more)
        seal_all(limit=100)
    size = sealed_size()
    assert size == 817
    for some in (1, 2, 255, 256, 257, 511, 512, 513, size):
        assert stored_tree().root(some) == _plain_root(some)


def test_every_entry_is_proved_by_the_plain_engine() -> None:
    a_history(300)
    seal_all()
    root = stored_tree().root(300)
    for entry in Entry.objects.filter(leaf_index__in=[0, 1, 128, 255, 256, 299]):
        proof = inclusion(entry)
        assert proof is not None
        assert leaf_hash(proof.leaf_data.encode()) == proof.leaf
        verify_inclusion(proof.leaf, proof.index, proof.size, proof.path, root)


def test_an_entry_that_waits_has_no_proof_yet() -> None:
    a_history(1)
    assert inclusion(Entry.objects.get()) is None


def test_a_later_tree_is_proved_to_begin_with_the_earlier() -> None:
    a_history(10)
    seal_all()
    old = stored_tree().root(10)
    a_history(290)
    seal_all()
    size, path = consistency(10)
    verify_consistency(10, size, old, stored_tree().root(size), path)
    for old_size, new_size in ((301, None), (5, 301), (7, 6)):
        with pytest.raises(NotFound, match="300 sealed"):
            consistency(old_size, new_size)


def test_the_bytes_that_are_hashed_are_written_in_one_way() -> None:
    moment = datetime(2026, 7, 1, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    data = leaf_bytes(moment, "a.b", "user", 3, "Zoë", "child", None, "referral:1", '{"x":1}')
    assert (
        data
        == (
            '["2026-07-01T12:00:00.000005Z","a.b","user",3,"Zoë","child",null,"referral:1","{\\"x\\":1}"]'
        ).encode()
    )
    assert (
        leaf_bytes(moment.astimezone(UTC), "a.b", "user", 3, "Zoë", "child", None, "referral:1", '{"x":1}')
        == data
    )


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
NUMBER = st.none() | st.integers(1, 2**63 - 1)


@given(st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)), TEXT, NUMBER, TEXT, NUMBER, TEXT)
def test_any_programs_json_gives_the_bytes_that_are_hashed(
    at: datetime, label: str, actor: int | None, kind: str, about: int | None, body: str
) -> None:
    row = [f"{at:%Y-%m-%dT%H:%M:%S.%f}Z", "a.b", "user", actor, label, kind, about, "referral:1", body]
    data = leaf_bytes(at, "a.b", "user", actor, label, kind, about, "referral:1", body)
    assert data == json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


class AnyHistoryIsSealedAlike(TestCase):
    """However entries are sealed, in whatever portions, the tree is the same and what was proved stays proved."""

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 50)), max_size=5))
    def test_portions_do_not_matter(self, portions: list[tuple[int, int]]) -> None:
        for added, limit in portions:
            before = sealed_size()
            old = stored_tree().root(before)
            a_history(added)
            seal(limit=limit)
            size, path = consistency(before)
            verify_consistency(before, size, old, stored_tree().root(size), path)
        seal_all()
        assert stored_tree().root(sealed_size()) == _plain_root(sealed_size())


CHANGES = (
    "UPDATE ledger_entry SET body = '{}' WHERE id = (SELECT min(id) FROM ledger_entry)",
    "UPDATE ledger_entry SET at = '2020-01-01 00:00:00+00:00' WHERE leaf_index = 0",
    "UPDATE ledger_entry SET actor_label = 'Somebody else' WHERE leaf_index IS NULL",
    "UPDATE ledger_entry SET actor_id = 9 WHERE leaf_index IS NULL",
    "UPDATE ledger_entry SET leaf_index = 77 WHERE leaf_index = 0",
    "UPDATE ledger_entry SET leaf_index = NULL WHERE leaf_index = 0",
    "DELETE FROM ledger_entry",
    "DELETE FROM ledger_entry WHERE leaf_index IS NULL",
    "UPDATE ledger_checkpoint SET size = 2",
    "DELETE FROM ledger_checkpoint",
    "DELETE FROM ledger_tile",
    "UPDATE ledger_tile SET level = 3",
)


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_itself_refuses_to_change_history(change: str) -> None:
    a_history(3)
    seal(limit=2)
    from sooner.ledger.checkpoints import sign_now

    sign_now()
    before = _everything()
    with (
        pytest.raises(DatabaseError, match=r"never|only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
    assert _everything() == before


def test_a_tile_only_grows() -> None:
    a_history(2)
    seal_all()
    tile = Tile.objects.get()
    for hashes in (bytes(tile.hashes)[:32], b"\x00" * 64, bytes(tile.hashes)[::-1]):
        with pytest.raises(DatabaseError), transaction.atomic():
            Tile.objects.filter(pk=tile.pk).update(hashes=hashes)
    a_history(1)
    seal_all()
    assert len(Tile.objects.get().hashes) == 96


def test_on_postgresql_the_tables_cannot_be_emptied_at_once_either() -> None:
    a_history(1)
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="never"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE ledger_entry")
    assert Entry.objects.count() == 1


def test_sealing_a_waiting_entry_looks_at_no_sealed_one() -> None:
    a_history(3)
    seal_all()
    rows = Entry.objects.filter(leaf_index__isnull=True).order_by("pk").values_list("pk")[:10]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{rows.query}")
        assert "entry_unsealed" in str(cursor.fetchall())


def _everything() -> tuple[list[object], ...]:
    return tuple(
        [
            tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
            for row in model.objects.order_by("pk").values_list()
        ]
        for model in (Entry, Tile, Checkpoint)
    )


def test_a_unit_that_fails_leaves_nothing_to_seal() -> None:
    def breaks_off() -> None:
        with unit_of_work(SYSTEM) as work:
            work.record("child.confirmed", subject=Subject("child", 1), thread="referral:1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks_off()
    assert seal() == 0
