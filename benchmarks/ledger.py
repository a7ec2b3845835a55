"""A million ledger entries: sealing, verifying the whole history, and proving one entry, on SQLite and on PostgreSQL.

    python benchmarks/ledger.py [--quick] [--entries N] [--database sqlite|postgresql|both]

The peer is the usual audit trail, a chain of hashes over the same rows, verified from the first row to the last; the limit is
the same rows read by bare SQL and hashed once each, with no tree. Prints medians, saves a table and a plot under
benchmarks/results/, and ends with one line of JSON. PostgreSQL is SOONER_BENCHMARK_DATABASE_URL, an empty database, else a
private cluster that ends with the run. Peak memory counts what SQLite maps of its file; the walk itself holds one portion.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from postgres import private_cluster
from report import save

START = datetime(2026, 6, 3, 12, tzinfo=UTC)
REPEATS = 3
PROOFS = 25
PORTION = 10_000
CHUNK = 5000


def main() -> None:
    arguments = _arguments()
    count = 50_000 if arguments.quick else arguments.entries
    names = ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,)
    figures = {name: _database(name, count) for name in names}
    rows = [
        {
            "what": f"{what}, {name}",
            "entries a second": round(found[what]),
            "peak MiB": round(found["peak_mib"]),
        }
        for name, found in figures.items()
        for what in ("verify", "peer: a chain of hashes", "limit: read and hash", "seal")
    ]
    save("ledger", rows, x="what", y="entries a second", title=f"{count:,} ledger entries, median")
    print(json.dumps(_summary(count, figures)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="50,000 entries, under a minute")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    return parser.parse_args()


def _summary(count: int, figures: dict[str, dict[str, float]]) -> dict[str, Any]:
    """`ours` is the slower database's verification in entries a second; peer and limit are of that same database."""
    slower = min(figures.values(), key=lambda found: found["verify"])
    peer, limit = slower["peer: a chain of hashes"], slower["limit: read and hash"]
    each = {
        f"{name}_{what}": round(found[what], 2)
        for name, found in figures.items()
        for what in ("verify", "seal", "inclusion_ms", "consistency_ms", "peak_mib")
    }
    return {
        "entries": count,
        "unit": "entries a second",
        "ours": round(slower["verify"]),
        "best_peer": round(peer),
        "ratio": round(slower["verify"] / peer, 3),
        "limit": round(limit),
        "minutes": round(count / slower["verify"] / 60, 2),
        **each,
    }


def _database(name: str, count: int) -> dict[str, float]:
    url = os.environ.get("SOONER_BENCHMARK_DATABASE_URL")
    if name == "sqlite":
        return _run(count, "")
    if url:
        return _run(count, url)
    with private_cluster() as private:
        return _run(count, private)


def _run(count: int, url: str) -> dict[str, float]:
    """One database in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(  # this very file
            [sys.executable, __file__, "--child", str(count)],
            env={**os.environ, "SOONER_HOME": home, "SOONER_DATABASE_URL": url},
            check=True,
            stdout=subprocess.PIPE,
        )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def child(count: int) -> None:
    """What a measuring process does; prints its figures as JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "sooner.settings"
    import django
    from django.conf import settings

    django.setup()
    from django.core.management import call_command

    # The tables as the models declare them: the migrations' history is not what is measured.
    settings.MIGRATION_MODULES = {
        app.rpartition(".")[2]: None for app in settings.INSTALLED_APPS if app.startswith("sooner.")
    }
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    _fill(count)
    print(json.dumps(_measure(count)))


def _fill(count: int) -> None:
    from django.db import connection

    from sooner.ledger.sealing import LEAF_FIELDS

    names = ", ".join(LEAF_FIELDS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY ledger_entry ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]  # psycopg's
                for row in _rows(count):
                    copy.write_row(row)
            cursor.execute("ANALYZE ledger_entry")
        else:
            marks = ", ".join("?" * len(LEAF_FIELDS))
            rows = ((row[0].strftime("%Y-%m-%d %H:%M:%S.%f"), *row[1:]) for row in _rows(count))
            connection.connection.execute("BEGIN")
            connection.connection.executemany(f"INSERT INTO ledger_entry ({names}) VALUES ({marks})", rows)
            connection.connection.execute("COMMIT")


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Entries as a force writes them: views, children found, duties opened, reasons given; 100 to 400 bytes of body."""
    effects = [{"due": "2026-06-03T13:00:00+00:00", "duty": "tell-social-care", "id": 5, "kind": "child"}]
    kinds: tuple[tuple[str, str, dict[str, Any], list[dict[str, Any]]], ...] = (
        ("record.viewed", "referral", {"page": "referral", "version": 1}, []),
        ("child.identified", "child", {"certainty": "possible", "how": "lives-with", "unit": "CN"}, effects),
        ("duty.became-late", "duty", {"about": 5, "about_kind": "child", "duty": "tell-social-care"}, []),
        ("child.ruled-out", "child", {"reason": "An adult of the same name, born in 1951: “seen”."}, effects),
    )
    for number in range(count):
        event, kind, facts, followed = kinds[number % len(kinds)]
        facts = {**facts, "referral": number // 8}
        body = json.dumps({"effects": followed, "facts": facts}, separators=(",", ":"), ensure_ascii=False)
        moment = START + timedelta(microseconds=number * 997)
        yield (
            moment,
            event,
            "user",
            number % 200,
            "Invented Officer",
            kind,
            number,
            f"referral:{number // 8}",
            body,
        )


def _measure(count: int) -> dict[str, float]:
    from sooner.ledger.checkpoints import sign_now
    from sooner.ledger.queries import consistency
    from sooner.ledger.sealing import seal

    begin = time.perf_counter()
    while seal(limit=PORTION):
        pass
    figures = {"seal": count / (time.perf_counter() - begin)}
    sign_now()
    figures["verify"] = _rate(count, lambda: _holds(count))
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["peer: a chain of hashes"] = _rate(count, lambda: _chained(count))
    figures["limit: read and hash"] = _rate(count, lambda: _hashed_once(count))
    places = [(2 * number + 1) * count // (2 * PROOFS) for number in range(PROOFS)]
    figures["inclusion_ms"] = _milliseconds([lambda place=place: _proved(place) for place in places])  # type: ignore[misc]
    figures["consistency_ms"] = _milliseconds([lambda place=place: consistency(place) for place in places])  # type: ignore[misc]
    return figures


def _holds(count: int) -> None:
    from sooner.ledger.checkpoints import origin, public_key
    from sooner.ledger.verify import verify

    verdict = verify(keys={origin(): public_key()})
    if not verdict.holds or verdict.entries != count or verdict.agreed != count:
        raise RuntimeError(
            f"{verdict.entries:,} entries verified, {verdict.agreed:,} agreed: {verdict.problems}"
        )


def _proved(place: int) -> None:
    """What a partner does about one entry: the proof from the tiles, checked up to the root."""
    from sooner.engines.merkle.tree import verify_inclusion
    from sooner.ledger.models import Entry
    from sooner.ledger.queries import inclusion

    proof = inclusion(Entry.objects.get(leaf_index=place))
    if proof is None:
        raise RuntimeError(f"entry {place} is not sealed")
    verify_inclusion(proof.leaf, proof.index, proof.size, proof.path, proof.root)


def _chained(count: int) -> None:
    """The audit trail that most systems keep: each row's hash covers the one before; nothing is proved without all rows."""
    from sooner.ledger.models import Entry
    from sooner.ledger.sealing import LEAF_FIELDS, leaf_bytes

    rows = Entry.objects.filter(leaf_index__isnull=False).order_by("pk").values_list(*LEAF_FIELDS)
    running, seen = b"", 0
    for row in rows.iterator(chunk_size=CHUNK):
        running = sha256(running + leaf_bytes(*row)).digest()
        seen += 1
    if seen != count:
        raise RuntimeError(f"the chain has {seen:,} entries, not {count:,}")


def _hashed_once(count: int) -> None:
    """Nothing that reads every entry can be faster: the rows as text of the database's own making, and one hash each."""
    from django.db import connection

    moment = "at::text" if connection.vendor == "postgresql" else "at"
    seen = 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {moment} || event || actor_kind || actor_id || actor_label || subject_kind || subject_id || thread || body"
            " FROM ledger_entry WHERE leaf_index IS NOT NULL ORDER BY leaf_index"
        )
        while rows := cursor.fetchmany(CHUNK):
            for (text,) in rows:
                sha256(text.encode()).digest()
            seen += len(rows)
    if seen != count:
        raise RuntimeError(f"{seen:,} entries were read, not {count:,}")


def _rate(count: int, call: Callable[[], None]) -> float:
    return count / statistics.median(_took(call) for _ in range(REPEATS))


def _milliseconds(calls: list[Callable[[], object]]) -> float:
    calls[0]()
    return statistics.median(_took(call) for call in calls) * 1000


def _took(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]))
    else:
        main()
