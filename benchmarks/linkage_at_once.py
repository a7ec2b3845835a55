"""One new description against millions of records, as the main job asks it: in the process, in a real SQLite database, warm.

Measured beside it on the same records: the limit, which is the indexed fetch alone; a bare fetch of the candidates' rows from
DuckDB; and Splink weighing one pair, which a search would have to do for each candidate. A search of ours is everything from the
description to the weighed hits. Cold: the first search of a new process, with its imports and the model.
"""

import json
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from linkage_population import write
from report import save

Row = dict[str, Any]
SEARCHES, WARM = 2_000, 300
KINDS = ("full", "name and birth date", "name and address", "phone", "e-mail")


def measure(*, quick: bool, records: int = 0) -> Row:
    """Ten million records, or thirty thousand."""
    wanted = records or (30_000 if quick else 10_000_000)
    blocks = max(1, round(wanted / 15_700))
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), blocks)
        filled = fill(Path(folder))
        cold = [_child("cold", folder, blocks)["cold"] for _ in range(3)]
        found = _child("search", folder, blocks)
    rows = [{"what": what, **figures} for what, figures in found["rows"].items()]
    save("linkage-at-once", rows, x="what", y="p99 ms", title=f"One description against {filled:,} records")
    ours, peer = found["rows"]["ours"], found["rows"]["DuckDB, candidates alone"]
    limit = found["rows"]["indexed fetch alone"]
    return {
        "unit": "p99 ms", "records": filled, "ours": ours["p99 ms"], "best_peer": peer["p99 ms"],
        "ratio": round(peer["p99 ms"] / ours["p99 ms"], 1), "limit": limit["p99 ms"], "median_ms": ours["median ms"],
        "cold_seconds": round(statistics.median(cold), 2), "found_share": found["found"], "peak_gib": found["peak"],
        "reached": ours["p99 ms"] < 50,
    }  # fmt: skip


def fill(folder: Path) -> int:
    """The records into a new installation's SQLite database; returns how many."""
    subprocess.run([sys.executable, "-c", _MIGRATE], check=True, env=_environment(folder))
    database = sqlite3.connect(folder / "sooner.sqlite3")
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000", "foreign_keys = OFF"):
        database.execute(f"PRAGMA {pragma}")
    indexes = _without_indexes(database)
    database.execute(
        "INSERT INTO people_source (id, kind, name, key, as_of, loaded_at, lawful_basis)"
        " VALUES (1, 'extract', 'Invented', 'extract:police-records', '2026-06-01', '2026-06-01', '')"
    )
    count = _fill_records(database, folder)
    _fill_keys(database, folder)
    for statement in indexes:
        database.execute(statement)
    database.execute("ANALYZE")
    database.commit()
    database.close()
    return count


_MIGRATE = "import django_for_benchmarks; from django.core.management import call_command as c; c('migrate', verbosity=0)"
_TABLES = ("people_person", "people_record", "people_prepared", "people_linkkey")


def _environment(folder: Path) -> dict[str, str]:
    import os

    return {**os.environ, "SOONER_HOME": str(folder), "PYTHONPATH": str(Path(__file__).parent)}


def _without_indexes(database: sqlite3.Connection) -> list[str]:
    """Take away the indexes that can be made afterwards, in one sort; returns how to make them."""
    marks = ", ".join("?" * len(_TABLES))
    rows = database.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})", _TABLES
    ).fetchall()  # fmt: skip
    for name, _ in rows:
        database.execute(f'DROP INDEX "{name}"')
    return [statement for _, statement in rows]


def _fill_records(database: sqlite3.Connection, folder: Path) -> int:
    import pyarrow.parquet as parquet

    count = 0
    for path in sorted((folder / "people").iterdir()):
        people = parquet.read_table(path)
        truth = parquet.read_table(folder / "truth" / path.name)
        numbers, persons = truth.column("record").to_pylist(), truth.column("person").to_pylist()
        columns = [
            people.column(name).to_pylist()
            for name in people.column_names
            if name not in ("record", "source")
        ]
        texts = [
            json.dumps(values, separators=(",", ":"), ensure_ascii=False)
            for values in zip(*columns, strict=True)
        ]
        database.executemany(
            "INSERT OR IGNORE INTO people_person (id, name, sex, created_at) VALUES (?, '', '', '2026-06-01')",
            [(person,) for person in persons],
        )
        database.executemany(
            "INSERT INTO people_record (id, person_id, source_id, external_id, given_names, family_name, aliases, sex,"
            " occupation, school, nhs_number, upn, legal_status, detail, as_of, listed)"
            " VALUES (?, ?, 1, ?, '', '', '[]', '', '', '', '', '', '', '{}', '2026-06-01', 1)",
            [(number, person, str(number)) for number, person in zip(numbers, persons, strict=True)],
        )
        database.executemany(
            'INSERT INTO people_prepared (record_id, "values") VALUES (?, ?)',
            zip(numbers, texts, strict=True),
        )
        count += len(numbers)
    return count


def _fill_keys(database: sqlite3.Connection, folder: Path) -> None:
    """In the order of the keys, so that the table grows at its end."""
    import duckdb

    found = duckdb.connect()
    found.execute(f"SET temp_directory = '{folder}/sort'")
    rows = found.execute(
        f"SELECT key, record FROM read_parquet('{folder}/keys/*.parquet') ORDER BY key, record"
    )
    while chunk := rows.fetchmany(200_000):
        database.executemany("INSERT INTO people_linkkey (value, record_id) VALUES (?, ?)", chunk)


def _child(what: str, folder: str, blocks: int) -> Any:
    begun = str(time.time())
    done = subprocess.run(
        [sys.executable, __file__, what, folder, str(blocks), begun],
        check=True, stdout=subprocess.PIPE, env=_environment(Path(folder)),
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def child(what: str, folder: str, blocks: str, begun: str) -> None:
    """What a measuring process does; prints its figures as JSON."""
    import django_for_benchmarks  # noqa: F401  # sets Django up

    from sooner.people import linkage, search

    if what == "cold":
        one = next(_descriptions(1, blocks=1))[1]
        search.search([linkage.prepare(one)], judge=linkage.judge())
        print(json.dumps({"cold": time.time() - float(begun)}))
        return
    asked = list(_descriptions(WARM + SEARCHES, blocks=int(blocks)))
    rows, found = _ours(asked)
    rows |= _fetch_alone(asked, Path(folder)) | _duckdb(asked, folder) | _splink_pair(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"rows": rows, "found": found, "peak": round(peak, 2)}))


def _descriptions(count: int, *, blocks: int) -> Iterator[tuple[int, Any]]:
    """Adults of the population as reports describe them: as much of a person as the kind of report says, one name in twenty
    misspelt."""
    import population

    from sooner.demo.population import TODAY_DEFAULT, block
    from sooner.people.matching import Place, Sought

    dice = random.Random("searches")
    numbers = [dice.randrange(blocks) for _ in range(min(40, blocks))]
    adults = [
        one for n in numbers for family in block(n, seed=77, today=TODAY_DEFAULT) for one in family.adults
    ]
    for place, one in enumerate(dice.choices(adults, k=count)):
        kind = KINDS[place % len(KINDS)]
        family = (
            one.family[:1] + one.family[2:3] + one.family[1:2] + one.family[3:]
            if dice.random() < 0.05
            else one.family
        )
        home = Place(one.home.line1, "", one.home.town, one.home.postcode)
        yield one.id, Sought(
            source="referral:1", external_id="0", as_of=population.AS_OF,
            names=() if kind in ("phone", "e-mail") else ((one.given, family),),
            dob=one.dob if kind in ("full", "name and birth date") else None,
            phones=(f"+44 7700 9000 {one.id:08d}",) if kind in ("full", "phone") else (),
            emails=(one.email,) if kind in ("full", "e-mail") else (),
            places=(home,) if kind in ("full", "name and address") else (),
        )  # fmt: skip


Asked = Sequence[tuple[int, Any]]


def _ours(asked: Asked) -> tuple[Row, float]:
    """Our searches, and the share of those whose person is in the records at all that are found."""
    from sooner.people import linkage, search
    from sooner.people.models import Person

    judge, right, known = linkage.judge(), 0, 0
    there = set(Person.objects.filter(pk__in={person for person, _ in asked}).values_list("pk", flat=True))

    def one(person: int, sought: Any) -> None:
        nonlocal right, known
        (found,) = search.search([linkage.prepare(sought)], judge=judge)
        known += person in there
        right += person in there and any(hit.person == person for hit in found.hits)

    figures = _timed(asked, one)
    return {"ours": figures}, round(right / max(1, known), 4)


def _timed(asked: Asked, call: Callable[[int, Any], None]) -> Row:
    """Median, 99th percentile and the slowest, in milliseconds, after warming."""
    took = []
    for place, (person, sought) in enumerate(asked):
        begin = time.perf_counter()
        call(person, sought)
        if place >= WARM:
            took.append((time.perf_counter() - begin) * 1000)
    took.sort()
    return {
        "median ms": round(statistics.median(took), 3), "p99 ms": round(took[int(len(took) * 0.99)], 3),
        "slowest ms": round(took[-1], 3), "searches": len(took),
    }  # fmt: skip


def _fetch_alone(asked: Asked, folder: Path) -> Row:
    """The keys' records and their rows, with nothing made of them."""
    from sooner.people import linkage

    database = sqlite3.connect(folder / "sooner.sqlite3")
    prepared = {id(sought): linkage.prepare(sought).keys for _, sought in asked}

    def one(person: int, sought: Any) -> None:
        records = {
            record
            for key in prepared[id(sought)]
            for (record,) in database.execute(
                "SELECT record_id FROM people_linkkey WHERE value = ? LIMIT 401", [key]
            )
        }
        for record in records:
            database.execute('SELECT "values" FROM people_prepared WHERE record_id = ?', [record]).fetchone()

    return {"indexed fetch alone": _timed(asked, one)}


def _duckdb(asked: Asked, folder: str) -> Row:
    """The candidates' rows from DuckDB, where the keys are sorted, so that it can skip most of them."""
    import duckdb

    from sooner.people import linkage

    database = duckdb.connect()
    database.execute(
        f"CREATE TABLE keys AS SELECT key, record FROM read_parquet('{folder}/keys/*.parquet') ORDER BY key"
    )
    database.execute(
        f"CREATE TABLE people AS SELECT * FROM read_parquet('{folder}/people/*.parquet') ORDER BY record"
    )
    some = [*asked[:WARM], *asked[-100:]]
    warm = asked[:5]

    def one(person: int, sought: Any) -> None:
        keys = list(linkage.prepare(sought).keys)
        database.execute(
            "SELECT p.* FROM people p JOIN (SELECT DISTINCT record FROM keys WHERE key IN (SELECT unnest(?))) c"
            " ON p.record = c.record", [keys],
        ).fetchall()  # fmt: skip

    for person, sought in warm:
        one(person, sought)
    took = []
    for person, sought in some[-100:]:
        begin = time.perf_counter()
        one(person, sought)
        took.append((time.perf_counter() - begin) * 1000)
    took.sort()
    return {"DuckDB, candidates alone": {
        "median ms": round(statistics.median(took), 1), "p99 ms": round(took[-1], 1), "slowest ms": round(took[-1], 1),
        "searches": len(took),
    }}  # fmt: skip


def _splink_pair(folder: str) -> Row:
    """Splink's own weighing of one pair: what a search would have to do for each candidate."""
    from splink import Linker

    from sooner.engines.linkage import batch
    from sooner.people import linkage

    model = linkage.shipped()
    engine = batch.DuckDB()
    engine.run(f"SELECT * FROM read_parquet('{folder}/people/0.parquet') LIMIT 1000", name="people")
    api = engine.api()
    linker = Linker(
        api.register("people", table_name="pair_input"), batch.settings(model, "duckdb"), log_level=None
    )
    one, other = (
        row | {f"tf_{name}": model.frequencies[name].get(row[name], 1e-6) for name in model.frequency_columns}
        for row in engine.fetch("SELECT * FROM people LIMIT 2").to_pylist()
    )
    took = []
    for _ in range(12):
        begin = time.perf_counter()
        linker.inference.score_pair(one, other).as_record_list()
        took.append((time.perf_counter() - begin) * 1000)
    took.sort()
    return {"Splink, one pair": {
        "median ms": round(statistics.median(took), 1), "p99 ms": round(took[-1], 1), "slowest ms": round(took[-1], 1),
        "searches": len(took),
    }}  # fmt: skip


if __name__ == "__main__":
    child(*sys.argv[1:5])
