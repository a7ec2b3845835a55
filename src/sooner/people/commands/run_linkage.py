"""The batch: every record against every other, or those that changed against all; persons joined and parted, doubts kept.

Splink weighs on DuckDB here, or on whatever engine is given. Persons keep their numbers; each change is on the ledger.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
from django.db.models import QuerySet

from sooner.engines.linkage import batch
from sooner.engines.linkage.clusters import Clusters, Decisions, cluster, numbered
from sooner.engines.linkage.fields import LARGEST_WIDE_BLOCK
from sooner.engines.linkage.judging import Judge
from sooner.engines.linkage.model import Model
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, unit_of_work
from sooner.people import linkage
from sooner.people.commands.move import move
from sooner.people.commands.prepare import prepare_missing
from sooner.people.models import Doubt, Link, LinkageRun, LinkKey, Prepared, Record
from sooner.people.purpose import FINDING_CHILDREN, Permitted, permitted
from sooner.policy.loader import get_policy

CHUNK = 50_000
MOVED_AT_ONCE = 2_000
Said = Callable[[str], None]


def run_linkage(
    actor: Actor,
    *,
    everything: bool = False,
    engine: batch.Engine | None = None,
    said: Said = lambda words: None,
) -> LinkageRun:
    """Link the records that are new or changed since the last run by the same model against all, else all; returns the run.

    `everything`: all records, whatever was linked before. Decisions that people made hold in either case. Records that may
    not be used for finding children are left aside, and the run says how many.
    """
    may = permitted(FINDING_CHILDREN)
    judge, used = linkage.judge(), engine or batch.DuckDB()
    named = _named(judge.model)
    before = LinkageRun.objects.filter(model=named, finished_at__isnull=False)
    incremental = not everything and before.exists()
    keep = bool(prepare_missing()) or incremental
    run = LinkageRun.objects.create(
        started_at=clock.now(), by_label=actor.label, incremental=incremental, model=named
    )
    said("Reading records")
    run.records = load(used, judge.model, incremental=incremental, may=may)
    run.left_aside = may.aside_of(Record.objects.all())
    if run.left_aside:
        said(f"Left {run.left_aside:,} records aside: their extracts may not be used for finding children")
    said("Finding pairs that share a key")
    batch.block(used, among="fresh" if incremental else "", wide=LARGEST_WIDE_BLOCK)
    said("Weighing pairs")
    weighed = batch.predict(used, judge.model, at_least=judge.possible)
    run.pairs = len(weighed)
    said("Joining records to persons")
    _apply(actor, run, judge, weighed, may, keep=keep, said=said)
    return run


def load(
    engine: batch.Engine, model: Model, *, incremental: bool = False, may: Permitted | None = None
) -> int:
    """Read every record's columns and keys into the engine; with `incremental` the new ones as `fresh`; returns how many."""
    may = may or permitted(FINDING_CHILDREN)
    prepared = may.of(Prepared.objects.all(), source="record__source")
    people = batch.schema(model)
    engine.load("people", pa.Table.from_batches(_people(people, prepared), schema=people))
    engine.load("keys", pa.Table.from_batches(_keys(may), schema=batch.KEYS_SCHEMA))
    if incremental:
        fresh = list(prepared.filter(run=None).values_list("record_id", flat=True))
        engine.load("fresh", pa.table({"record": pa.array(fresh, pa.int64())}))
        return len(fresh)
    return prepared.count()


def _people(schema: pa.Schema, prepared: QuerySet[Prepared]) -> Iterator[pa.RecordBatch]:
    rows = (
        prepared.order_by("record_id")
        .values_list("record_id", "record__source__key", "values")
        .iterator(CHUNK)
    )
    while chunk := list(islice(rows, CHUNK)):
        columns = list(zip(*(linkage.from_text(values) for _, _, values in chunk), strict=True))
        heads = [tuple(row[0] for row in chunk), tuple(row[1] for row in chunk)]
        arrays = [pa.array(list(one), schema.field(at).type) for at, one in enumerate([*heads, *columns])]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _keys(may: Permitted) -> Iterator[pa.RecordBatch]:
    keys = may.of(LinkKey.objects.all(), source="record__source")
    rows = keys.values_list("record_id", "value").iterator(CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        arrays = [pa.array([row[place] for row in chunk], pa.int64()) for place in (0, 1)]
        yield pa.RecordBatch.from_arrays(arrays, schema=batch.KEYS_SCHEMA)


@dataclass(slots=True)
class _Outcome:
    """What a run comes to: each record's person now, the target of those that move, and the pairs left in doubt."""

    moves: dict[int, int]
    doubts: list[tuple[int, int, float, str]]


def _apply(
    actor: Actor, run: LinkageRun, judge: Judge, weighed: pa.Table, may: Permitted, *, keep: bool, said: Said
) -> None:
    outcome = _outcome(judge, weighed, may, keep=keep)
    before = set(Record.objects.values_list("person_id", flat=True)) if outcome.moves else set()
    moving = iter(_whole_persons(outcome.moves))
    while chunk := list(islice(moving, MOVED_AT_ONCE)):
        with unit_of_work(actor) as work:
            move(work, dict(pair for group in chunk for pair in group), reason="linkage", run=run.pk)
    with unit_of_work(actor) as work:
        _keep_doubts(run, outcome.doubts)
        taken = may.of(Prepared.objects.all(), source="record__source")
        (taken.filter(run=None) if run.incremental else taken).update(run=run)
        after = set(Record.objects.values_list("person_id", flat=True)) if outcome.moves else set()
        run.joined, run.parted = len(before - after), len(after - before)
        run.doubtful, run.finished_at = len(outcome.doubts), clock.now()
        run.save()
        work.record(
            "linkage.run", subject=Subject("linkage-run", run.pk), thread="force", incremental=run.incremental,
            model=run.model, records=run.records, pairs=run.pairs, joined=run.joined, parted=run.parted,
            doubtful=run.doubtful, left_aside=run.left_aside or None,
        )  # fmt: skip
    said(f"{run.joined:,} persons joined, {run.parted:,} parted, {run.doubtful:,} pairs to be looked at")


def _outcome(judge: Judge, weighed: pa.Table, may: Permitted, *, keep: bool) -> _Outcome:
    held = dict(may.of(Record.objects.order_by("pk")).values_list("pk", "person_id"))
    sources = _single_listing()
    pairs = list(zip(*(weighed.column(name).to_pylist() for name in ("one", "other", "weight")), strict=True))
    sure = [pair for pair in pairs if pair[2] >= judge.sure]
    barred = _barred(judge, sure)
    decided = _decisions()
    usable = [pair for pair in sure if (pair[0], pair[1]) not in barred]
    usable += _kept_together(held, of_cases=None if keep else _of_cases())
    found = cluster(held, usable, sources=sources, decisions=decided)
    return _Outcome(_moves(found, held), _doubts(pairs, found, barred, decided))


def _single_listing() -> dict[int, str]:
    """The source of each record that a partner gave a row of its own, where it lists each person once: a school a pupil."""
    once = [f"extract:{rule.key}" for rule in get_policy().extracts.values() if rule.lists_once]
    rows = Record.objects.filter(listed=True, source__key__in=once).values_list("pk", "source__key")
    return dict(rows)


def _of_cases() -> set[int]:
    """Records that referrals and officers brought."""
    return set(Record.objects.exclude(source__kind="extract").values_list("pk", flat=True))


def _kept_together(held: Mapping[int, int], *, of_cases: set[int] | None) -> Iterable[tuple[int, int, float]]:
    """What was joined before and stays so, before anything new is weighed in: in an incremental run, and where records come from
    before there was a model, all of it (`of_cases` is None); else what a case was taken to be about when it came, because
    officers work on it: only a person parts that."""
    first: dict[int, int] = {}
    for record, person in held.items():
        kept = first.setdefault(person, record)
        if kept != record and (of_cases is None or record in of_cases or kept in of_cases):
            yield kept, record, float("inf")


def _barred(judge: Judge, sure: Sequence[tuple[int, int, float]]) -> set[tuple[int, int]]:
    """Sure pairs that an answer keeps from being sure."""
    barred: set[tuple[int, int]] = set()
    for start in range(0, len(sure), CHUNK):
        part = sure[start : start + CHUNK]
        numbers = sorted({pk for one, other, _ in part for pk in (one, other)})
        values: dict[int, Sequence[object]] = {}
        for place in range(0, len(numbers), 5000):
            rows = Prepared.objects.filter(record__in=numbers[place : place + 5000]).values_list(
                "record_id", "values"
            )
            values |= {record: linkage.from_text(text) for record, text in rows}
        barred |= {(one, other) for one, other, _ in part if judge.barred(values[one], values[other])}
    return barred


def _decisions() -> Decisions:
    rows = list(Link.objects.order_by("pk").values_list("record_id", "other_id", "same"))
    return Decisions(
        same=[(one, other) for one, other, same in rows if same],
        apart=[(one, other) for one, other, same in rows if not same],
    )


def _moves(found: Clusters, held: Mapping[int, int]) -> dict[int, int]:
    """The records whose person changes. New persons are numbered below 0."""
    members = found.members()
    given = numbered(members, held)
    moves: dict[int, int] = {}
    for place, (name, records) in enumerate(sorted(members.items()), 1):
        target = given[name]
        person = target if target is not None else -place
        moves |= {record: person for record in records if held[record] != person}
    return moves


def _whole_persons(moves: Mapping[int, int]) -> Iterator[list[tuple[int, int]]]:
    """The moves grouped by target, so that one person's records move in one transaction."""
    groups: dict[int, list[tuple[int, int]]] = {}
    for record, person in moves.items():
        groups.setdefault(person, []).append((record, person))
    return iter(groups.values())


def _doubts(
    pairs: Sequence[tuple[int, int, float]], found: Clusters, barred: set[tuple[int, int]], decided: Decisions
) -> list[tuple[int, int, float, str]]:
    """Pairs from the possible weight on that are not one person now, the heaviest between each two, and why."""
    refused = {(one.one, one.other): one.why for one in found.refused}
    known = {tuple(sorted(pair)) for pair in decided.apart}
    best: dict[tuple[int, int], tuple[int, int, float, str]] = {}
    for one, other, weight in pairs:
        between = tuple(sorted((found.of.get(one, one), found.of.get(other, other))))
        if between[0] == between[1] or (one, other) in known or between in best:
            continue
        why = "rule" if (one, other) in barred else refused.get((one, other), "")
        if why != "source":  # one source lists both: they are two people by its own word
            best[between[0], between[1]] = (one, other, weight, why)
    return list(best.values())


def _keep_doubts(run: LinkageRun, doubts: Sequence[tuple[int, int, float, str]]) -> None:
    if not run.incremental:
        Doubt.objects.all().delete()
    Doubt.objects.bulk_create(
        (
            Doubt(record_id=one, other_id=other, weight=weight, why=why, run=run)
            for one, other, weight, why in doubts
        ),
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["record", "other"],
        update_fields=["weight", "why", "run"],
    )


def _named(model: Model) -> str:
    return f"{model.training.at}, {model.training.on}"[:80] if model.training else "untrained"
