"""At once: who of all known records may be a described person. Blocks by indexed keys in the database, weighs with the model.

A block of more records than `LARGEST_BLOCK` finds nobody in particular and is not weighed; how many such keys there were is said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from sooner.engines.linkage.fields import LARGEST_BLOCK
from sooner.engines.linkage.fields import Prepared as Columns
from sooner.engines.linkage.judging import Judge
from sooner.people import linkage
from sooner.people.models import LinkKey, Prepared, Record
from sooner.people.purpose import FINDING_CHILDREN, Permitted, permitted

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that may be of the person sought: its person, the certainty, and the weight in bits."""

    person: int
    record: int | None
    """None: of the same batch, not yet stored."""
    certainty: str
    weight: float
    values: Sequence[object]


@dataclass(frozen=True, slots=True)
class Found:
    """The hits, heaviest first, one for each person; keys that too many records share."""

    hits: tuple[Hit, ...]
    too_common: int = 0
    left_aside: int = 0
    """Records that share a key and may not be used for this."""


def search(
    sought: Sequence[Columns], *, judge: Judge, without: Iterable[int] = (), permit: Permitted | None = None
) -> list[Found]:
    """For each description the records that it may be of, from the possible weight on. `without`: records left out.
    `permit`: what may be read; for finding children where nothing is said.

    Four statements for a batch on PostgreSQL; on SQLite one a key, which costs microseconds.
    """
    may = permit or permitted(FINDING_CHILDREN)
    keys = {key for one in sought for key in one.keys}
    blocks, common = _blocks(keys, may.aside)
    aside = _aside(keys, may)
    known = _records({record for records in blocks.values() for record in records} - set(without))
    return [
        Found(
            _weighed(one, blocks, known, judge),
            sum(1 for key in one.keys if key in common),
            len({record for key in one.keys for record in aside.get(key, ())}) if aside else 0,
        )
        for one in sought
    ]


def _aside(keys: set[int], may: Permitted) -> dict[int, list[int]]:
    """The records under each key that may not be used."""
    found: dict[int, list[int]] = {}
    if may.aside:
        rows = LinkKey.objects.filter(value__in=keys, record__source__in=may.aside)
        for key, record in rows.values_list("value", "record_id"):
            found.setdefault(key, []).append(record)
    return found


def _blocks(keys: set[int], aside: frozenset[int]) -> tuple[dict[int, list[int]], set[int]]:
    """The records under each key; keys of more than LARGEST_BLOCK apart."""
    fetch = _fetch_postgresql if connection.vendor == "postgresql" else _fetch_one_by_one
    found = fetch(keys, _without(aside))
    common = {key for key, records in found.items() if len(records) > LARGEST_BLOCK}
    return {key: records for key, records in found.items() if key not in common}, common


def _without(aside: frozenset[int]) -> str:
    """The condition that leaves these sources' records aside; nothing where there are none."""
    if not aside:
        return ""
    sources = ", ".join(str(int(pk)) for pk in sorted(aside))
    held = f"SELECT 1 FROM {Record._meta.db_table} h WHERE h.id = record_id AND h.source_id IN ({sources})"
    return f" AND NOT EXISTS ({held})"


def _fetch_one_by_one(keys: set[int], without: str) -> dict[int, list[int]]:
    table, found = LinkKey._meta.db_table, {}
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(
                f"SELECT record_id FROM {table} WHERE value = %s{without} LIMIT {LARGEST_BLOCK + 1}", [key]
            )
            if records := [record for (record,) in cursor.fetchall()]:
                found[key] = records
    return found


def _fetch_postgresql(keys: set[int], without: str) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    if not keys:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.value, r.record_id FROM unnest(%s::bigint[]) AS k(value) CROSS JOIN LATERAL"
            f" (SELECT record_id FROM {LinkKey._meta.db_table} WHERE value = k.value{without}"
            f" LIMIT {LARGEST_BLOCK + 1}) r",
            [list(keys)],
        )
        for value, record in cursor.fetchall():
            found.setdefault(value, []).append(record)
    return found


Known = dict[int, tuple[int, Sequence[object]]]


def _records(records: set[int]) -> Known:
    """Each record's person and columns."""
    found: Known = {}
    numbers = sorted(records)
    for start in range(0, len(numbers), AT_ONCE):
        rows = Prepared.objects.filter(record__in=numbers[start : start + AT_ONCE])
        for record, person, values in rows.values_list("record_id", "record__person_id", "values"):
            found[record] = (person, linkage.from_text(values))
    return found


def _weighed(one: Columns, blocks: dict[int, list[int]], known: Known, judge: Judge) -> tuple[Hit, ...]:
    best: dict[int, Hit] = {}
    for record in {record for key in one.keys for record in blocks.get(key, ())}:
        if record not in known:
            continue
        person, values = known[record]
        certainty, weight = judge.certainty(one.values, values)
        if certainty and (person not in best or best[person].weight < weight):
            best[person] = Hit(person, record, certainty, weight, values)
    return tuple(sorted(best.values(), key=lambda hit: (-hit.weight, hit.person)))


def store(rows: Sequence[tuple[int, Columns]]) -> None:
    """Keep records' columns and keys, in place of what was kept; unchanged ones stay as they are."""
    texts = {record: linkage.as_text(one.values) for record, one in rows}
    held = dict(Prepared.objects.filter(record__in=texts).values_list("record_id", "values"))
    changed = {record: one for record, one in rows if held.get(record) != texts[record]}
    Prepared.objects.bulk_create(
        [Prepared(record_id=record, values=texts[record]) for record in changed],
        update_conflicts=True,
        unique_fields=["record"],
        update_fields=["values", "run"],
    )
    if old := [record for record in changed if record in held]:
        LinkKey.objects.filter(record__in=old).delete()
    _insert_keys([(key, record) for record, one in changed.items() for key in one.keys])


def _insert_keys(rows: list[tuple[int, int]]) -> None:
    """Without the ORM: a dozen rows of two numbers for every record are most of what a load writes."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {LinkKey._meta.db_table} (value, record_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            rows,
        )
