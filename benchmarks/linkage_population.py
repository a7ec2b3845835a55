"""All records of a British population against each other, in one process of its own: time, memory, and what was found by group.

Joined with us: every pair that the shipped model takes as sure, under the policy's bars. Peers on the same records and the same
keys: Splink with a plain model of its own (exact, near and different names, birth dates and postcodes, as its documentation's
first example), taken from 0.95 on, and exact agreement of names and birth date.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

from report import save

Pair = tuple[int, int]
Row = dict[str, Any]
SEED, STRIDE = 77, 20_000
"""The seed of the people, not the one that the shipped model was trained on; the numbers that a block of records may take."""
MEMORY = "4GB"


def measure(*, quick: bool) -> Row:
    """One million people, or ten thousand."""
    blocks = 1 if quick else 100
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), blocks)
        rows = [_child(folder, method) for method in ("ours", "splink-plain", "exact")]
    shown = [{name: value for name, value in row.items() if name != "groups"} for row in rows]
    save(
        "linkage-population",
        shown,
        x="method",
        y="missed share",
        title=f"{rows[0]['records']:,} records, share of pairs missed",
    )
    _save_groups(rows)
    ours, peer = rows[0], max(rows[1:], key=lambda row: row["F1"])
    return {
        "unit": "F1", "people": rows[0]["people"], "records": rows[0]["records"], "ours": ours["F1"], "best_peer": peer["F1"],
        "ratio": round(ours["F1"] / peer["F1"], 4), "limit": 1.0, "precision": ours["precision"], "recall": ours["recall"],
        "shown": ours["shown"], "batch_seconds": ours["seconds"], "peak_gib": ours["peak GiB"],
        "reached": ours["seconds"] < 600 and ours["peak GiB"] < 8,
    }  # fmt: skip


def _save_groups(rows: Sequence[Row]) -> None:
    table = [
        {
            "group": group,
            "pairs": count,
            **{f"recall, {row['method']}": row["groups"][group][1] for row in rows},
        }
        for group, (count, _) in sorted(rows[0]["groups"].items())
    ]
    for row in table:
        row["missed by ours"] = max(round(1 - row["recall, ours"], 5), 1e-5)
    save(
        "linkage-population-groups",
        table,
        x="group",
        y="missed by ours",
        title="Share of pairs missed, by group",
    )


def write(folder: Path, blocks: int, *, seed: int = SEED) -> None:
    """The records of each block as Parquet files of columns, of keys and of the truth, made by as many processes as there are
    cores."""
    for name in ("people", "keys", "truth"):
        (folder / name).mkdir()
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(_write_block, [folder] * blocks, range(blocks), [seed] * blocks):
            pass


def _write_block(folder: Path, number: int, seed: int) -> None:
    import django_for_benchmarks  # noqa: F401  # sets Django up
    import population
    import pyarrow as pa
    import pyarrow.parquet as parquet

    known = list(population.records(number, seed=seed))
    people, keys = population.tables(known, first=number * STRIDE)
    parquet.write_table(people, folder / "people" / f"{number}.parquet")
    parquet.write_table(keys, folder / "keys" / f"{number}.parquet")
    truth = pa.table(
        {
            "record": people.column("record"),
            "person": [one.person for one in known],
            "origin": [one.origin for one in known],
            "moved": [one.moved for one in known],
            "single": [one.sought.listed and one.sought.source != "extract:staff-positions" for one in known],
        }
    )
    parquet.write_table(truth, folder / "truth" / f"{number}.parquet")


def _child(folder: str, method: str) -> Row:
    done = subprocess.run([sys.executable, __file__, folder, method], check=True, stdout=subprocess.PIPE)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def child(folder: str, method: str) -> None:
    """What a measuring process does; prints its figures as JSON."""
    from sooner.engines.linkage import batch

    began = time.perf_counter()
    engine = batch.DuckDB(memory=MEMORY, folder=f"{folder}/spill-{method}")
    engine.load("people", f"{folder}/people/*.parquet")
    engine.load("keys", f"{folder}/keys/*.parquet")
    joined, shown = METHODS[method](engine, folder)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        json.dumps(
            {
                "method": method,
                **_quality(folder, joined, shown),
                "seconds": round(seconds, 1),
                "peak GiB": round(peak, 2),
            }
        )
    )


Found = tuple[Mapping[int, int], set[Pair]]


def ours(engine: Any, folder: str) -> Found:
    """As `sooner linkage run` does: block, weigh, bar, join. The cluster of each record, and the pairs shown to a person."""
    import django_for_benchmarks  # noqa: F401  # sets Django up
    import pyarrow.parquet as parquet

    from sooner.engines.linkage import batch
    from sooner.engines.linkage.clusters import Decisions, cluster
    from sooner.engines.linkage.fields import LARGEST_WIDE_BLOCK
    from sooner.people import linkage

    judge = linkage.judging(linkage.shipped())
    batch.block(engine, wide=LARGEST_WIDE_BLOCK)
    weighed = batch.predict(engine, judge.model, at_least=judge.possible)
    pairs = list(zip(*(weighed.column(name).to_pylist() for name in ("one", "other", "weight")), strict=True))
    sure = [pair for pair in pairs if pair[2] >= judge.sure]
    barred = set(_barred(engine, judge, sure))
    truth = parquet.read_table(f"{folder}/truth", columns=["record", "single"])
    sources = parquet.read_table(f"{folder}/people", columns=["record", "source"])
    names = dict(zip(sources.column("record").to_pylist(), sources.column("source").to_pylist(), strict=True))
    single = {
        record: names[record]
        for record, once in zip(
            truth.column("record").to_pylist(), truth.column("single").to_pylist(), strict=True
        )
        if once
    }
    usable = [pair for pair in sure if pair[:2] not in barred]
    found = cluster(names, usable, sources=single, decisions=Decisions([], []))
    return found.of, {pair[:2] for pair in pairs}


def _barred(engine: Any, judge: Any, sure: Sequence[tuple[int, int, float]]) -> Iterator[Pair]:
    import pyarrow as pa

    columns = judge.model.columns
    chunk = 50_000
    for start in range(0, len(sure), chunk):
        part = sure[start : start + chunk]
        numbers = sorted({record for one, other, _ in part for record in (one, other)})
        engine.load("wanted", pa.table({"record": numbers}))
        rows = engine.fetch("SELECT p.* FROM people p JOIN wanted w ON p.record = w.record")
        values = list(zip(*(rows.column(name).to_pylist() for name in columns), strict=True))
        held = dict(zip(rows.column("record").to_pylist(), values, strict=True))
        yield from ((one, other) for one, other, _ in part if judge.barred(held[one], held[other]))


def splink_plain(engine: Any, folder: str) -> Found:
    """Splink with the comparisons of its first examples, trained as they train, on these records."""
    import splink.comparison_library as cl
    from splink import Linker, block_on

    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "comparisons": [
            cl.JaroWinklerAtThresholds("given", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("family", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("born", [1, 2]),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
            cl.ExactMatch("sex"),
        ],
        "blocking_rules_to_generate_predictions": [
            block_on("given", "family", "substr(postcode, 1, 4)"), block_on("born", "family"), block_on("born", "given"),
            block_on("postcode", "family"), block_on("postcode", "given"),
        ],
    }  # fmt: skip
    engine.run(
        "SELECT record, source, given, family, born, sex, postcodes[1] AS postcode FROM people", name="plain"
    )
    api = engine.api()
    linker = Linker(api.register("plain", table_name="plain_input"), settings, log_level=None)
    rules = [block_on("given", "family", "born"), block_on("given", "family", "postcode")]
    linker.training.estimate_probability_two_random_records_match(rules, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("given", "family"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("born"))
    weighed = linker.inference.predict(threshold_match_probability=0.2).as_duckdbpyrelation()
    pairs = weighed.project("record_l, record_r, match_probability").fetchall()
    sure = [(one, other, share) for one, other, share in pairs if share >= 0.95]
    return _components(folder, [(one, other) for one, other, _ in sure]), {
        (min(p[:2]), max(p[:2])) for p in pairs
    }


def exact(engine: Any, folder: str) -> Found:
    """The same given name, family name and birth date, letter by letter."""
    rows = engine.fetch("SELECT min(record) AS first, list(record) AS records FROM people WHERE born IS NOT NULL"
                        " GROUP BY given, family, born HAVING count(*) > 1").to_pylist()  # fmt: skip
    pairs = [(row["first"], record) for row in rows for record in row["records"] if record != row["first"]]
    return _components(folder, pairs), set()


def _components(folder: str, pairs: Sequence[Pair]) -> Mapping[int, int]:
    import pyarrow.parquet as parquet

    from sooner.engines.linkage.clusters import Decisions, cluster

    records = parquet.read_table(f"{folder}/truth", columns=["record"]).column("record").to_pylist()
    return cluster(records, [(*pair, 1.0) for pair in pairs], sources={}, decisions=Decisions([], [])).of


METHODS = {"ours": ours, "splink-plain": splink_plain, "exact": exact}


def _quality(folder: str, joined: Mapping[int, int], shown: set[Pair]) -> Row:
    import pyarrow.parquet as parquet

    truth = parquet.read_table(f"{folder}/truth").to_pylist()
    of, facts = defaultdict(list), {}
    for row in truth:
        of[row["person"]].append(row["record"])
        facts[row["record"]] = row
    true = {pair for records in of.values() for pair in combinations(sorted(records), 2)}
    clusters = defaultdict(list)
    for record, name in joined.items():
        clusters[name].append(record)
    found = {pair for records in clusters.values() for pair in combinations(sorted(records), 2)}
    right = len(found & true)
    precision, recall = right / max(1, len(found)), right / len(true)
    return {
        "people": len(of), "records": len(truth), "pairs": len(true), "precision": round(precision, 5),
        "recall": round(recall, 5),
        "F1": round(2 * precision * recall / (precision + recall), 5), "missed share": round(1 - recall, 5),
        "shown": round(len(true & (found | shown)) / len(true), 5), "groups": _groups(true, found, facts),
    }  # fmt: skip


def _groups(true: set[Pair], found: set[Pair], facts: Mapping[int, Row]) -> dict[str, tuple[int, float]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for pair in true:
        row = facts[pair[0]]
        for group in (f"names: {row['origin']}", "moved house" if row["moved"] else "did not move"):
            counts[group][0] += 1
            counts[group][1] += pair in found
    return {group: (of, round(hits / of, 5)) for group, (of, hits) in counts.items()}


if __name__ == "__main__":
    child(*sys.argv[1:3])
