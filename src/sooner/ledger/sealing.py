"""Sealing: entries become leaves of the Merkle tree in the order of their numbers, and are never renumbered.

One sealer at a time; entries are sealed after they are committed, so a slow transaction is only sealed later.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast

import msgspec
from django.db import connection, transaction

from sooner.engines.merkle.tiles import Place, TiledTree, append
from sooner.engines.merkle.tree import leaf_hash
from sooner.ledger.models import Entry, Tile

SEALER_LOCK = 0x5005EA1
_encode = msgspec.json.Encoder().encode


def leaf_bytes(
    at: datetime,
    event: str,
    actor_kind: str,
    actor_id: int | None,
    actor_label: str,
    subject_kind: str,
    subject_id: int | None,
    thread: str,
    body: str,
) -> bytes:
    """The canonical bytes of an entry: a JSON array in this order, in UTF-8 without spaces, times in UTC with microseconds.

    Byte for byte what Python's `json.dumps(row, ensure_ascii=False, separators=(",", ":"))` writes, for whoever checks it.
    """
    moment = at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    return _encode((moment, event, actor_kind, actor_id, actor_label, subject_kind, subject_id, thread, body))


LEAF_FIELDS = (
    "at", "event", "actor_kind", "actor_id", "actor_label", "subject_kind", "subject_id", "thread", "body",
)  # fmt: skip


class StoredTiles:
    """The tiles in the database, read through a small memory."""

    def __init__(self) -> None:
        self._held: dict[Place, bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        place = (level, index)
        if place not in self._held:
            found = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
            self._held[place] = bytes(found) if found is not None else b""
        return self._held[place]


def stored_tree() -> TiledTree:
    """The tree as the database holds it."""
    return TiledTree(StoredTiles())


def sealed_size() -> int:
    """How many entries are sealed."""
    last = (
        Entry.objects.filter(leaf_index__isnull=False)
        .order_by("-leaf_index")
        .values_list("leaf_index", flat=True)
    )
    highest = last.first()
    return 0 if highest is None else highest + 1


def seal(*, limit: int = 10_000) -> int:
    """Seal up to `limit` waiting entries. Returns how many; 0 when another process is sealing."""
    with transaction.atomic():
        if not _take_lock():
            return 0
        waiting = list(
            Entry.objects.filter(leaf_index__isnull=True)
            .order_by("pk")
            .values_list("pk", *LEAF_FIELDS)[:limit]
        )
        if not waiting:
            return 0
        size = sealed_size()
        _number([row[0] for row in waiting], size)
        _store(append(StoredTiles(), size, [leaf_hash(leaf_bytes(*row[1:])) for row in waiting]))
    return len(waiting)


def _take_lock() -> bool:
    if connection.vendor != "postgresql":
        return True  # SQLite: the transaction itself is the only writer
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        return bool(cast(tuple[bool], cursor.fetchone())[0])


def _number(ids: list[int], size: int) -> None:
    """Give the entries their places in one statement."""
    numbered = json.dumps([[pk, size + place] for place, pk in enumerate(ids)])
    rows = (
        "SELECT (r->>0)::bigint AS pk, (r->>1)::bigint AS place FROM jsonb_array_elements(%s::jsonb) AS r"
        if connection.vendor == "postgresql"
        else "SELECT json_extract(value, '$[0]') AS pk, json_extract(value, '$[1]') AS place FROM json_each(%s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE ledger_entry SET leaf_index = n.place FROM ({rows}) AS n WHERE ledger_entry.id = n.pk",  # noqa: S608  # no outside text
            [numbered],
        )


def _store(changed: dict[Place, bytes]) -> None:
    Tile.objects.bulk_create(
        [Tile(level=level, index=index, hashes=hashes) for (level, index), hashes in changed.items()],
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["hashes"],
    )


def leaves(rows: Iterable[tuple[object, ...]]) -> Iterable[bytes]:
    """Leaf hashes of rows that hold LEAF_FIELDS in order."""
    return (leaf_hash(leaf_bytes(*row)) for row in rows)  # type: ignore[arg-type]  # rows of LEAF_FIELDS
