"""A million open duties: the tick, and the first page of every list, for each role, on SQLite and on PostgreSQL.

    python benchmarks/duties.py [--quick] [--duties N] [--database sqlite|postgresql|both]

The peers are the same list read the plain way, sorted from a table without our indexes, and its page 800 by OFFSET from the
table with them; the limit is the rows of one page fetched by bare SQL. Prints medians in milliseconds, saves a table and a
plot under benchmarks/results/, and ends with one line of JSON. PostgreSQL is SOONER_BENCHMARK_DATABASE_URL, an empty
database, else a private cluster that ends with the run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from postgres import private_cluster
from report import save

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
REPEATS = 15
TICKS = 5
PER_REFERRAL = 8
OFFICERS = 200
AIM_MS = 1000


def main() -> None:
    arguments = _arguments()
    count = 50_000 if arguments.quick else arguments.duties
    names = ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,)
    figures = {name: _database(name, count) for name in names}
    rows = [
        {"what": f"{what}, {name}", "milliseconds": round(ms, 2)}
        for name, found in figures.items()
        for what, ms in found.items()
    ]
    save("duties", rows, x="what", y="milliseconds", title=f"{count:,} open duties, median")
    print(json.dumps(_summary(count, figures)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="50,000 duties, under a minute")
    parser.add_argument("--duties", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    return parser.parse_args()


def _summary(count: int, figures: dict[str, dict[str, float]]) -> dict[str, Any]:
    """`ours` is the slowest first page of all roles, lists and databases; `ratio` how many times faster than the peer."""
    slowest = max(
        ms for found in figures.values() for what, ms in found.items() if what.startswith(("work", "late"))
    )
    peer = min(found["peer: sorted without an index"] for found in figures.values())
    limit = max(found["limit: the page's rows by bare SQL"] for found in figures.values())
    ticks = {f"tick_{name}": round(found["tick of 1,000"], 1) for name, found in figures.items()}
    return {
        "duties": count,
        "unit": "ms",
        "ours": round(slowest, 2),
        "best_peer": round(peer, 2),
        "ratio": round(peer / slowest, 1),
        "limit": round(limit, 2),
        **ticks,
        "under_a_second": max(slowest, *ticks.values()) < AIM_MS,
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
    from sooner.ledger import clock

    with clock.standing_at(NOW):
        readers = _readers()
        _fill(count)
        print(json.dumps(_measure(readers, count)))


def _readers() -> dict[str, Any]:
    from sooner.access.models import Grant, User
    from sooner.policy.loader import get_policy

    policy = get_policy()
    unit, authority = next(iter(policy.units)), next(iter(policy.authorities))
    officers = [
        User(
            pk=number,
            username=f"officer-{number}",
            name="Invented Officer",
            role="investigator",
            unit=unit,
        )
        for number in range(1, OFFICERS + 1)
    ]
    User.objects.bulk_create(officers)
    roles = (
        "referral_officer",
        "supervisor",
        "duty_inspector",
        "inspector_of_constabulary",
        "social_worker",
    )
    made = {}
    for number, role in enumerate(roles, OFFICERS + 1):
        bound = {"authority": authority} if role == "social_worker" else {"unit": unit}
        made[role] = User.objects.create(pk=number, username=role, name="Invented Reader", role=role, **bound)  # type: ignore[misc]
    insider = officers[0]
    Grant.objects.bulk_create(
        Grant(
            user=insider,
            thread=f"referral:{200 * number}",
            granted_by=insider,
            granted_at=NOW,
            reason="The lead.",
        )
        for number in range(1, 40)
    )
    return {"investigator inside 39 restricted records": insider, "investigator": officers[1], **made}


def _fill(count: int) -> None:
    from django.db import connection

    from sooner.duties.models import Duty

    columns = [field.column for field in Duty._meta.concrete_fields if field.column != "id"]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY duties_duty ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]  # psycopg's
                for row in _rows(columns, count):
                    copy.write_row(row)
            cursor.execute("ANALYZE duties_duty")
        else:
            marks = ", ".join("?" * len(columns))
            connection.connection.execute("BEGIN")
            rows = (tuple(_as_sqlite(value) for value in row) for row in _rows(columns, count))
            connection.connection.executemany(
                f"INSERT INTO duties_duty ({names}) VALUES ({marks})", rows
            )  # no outside text
            connection.connection.execute("COMMIT")
        cursor.execute(f"CREATE TABLE duties_plain AS SELECT {names}, id FROM duties_duty")  # no outside text


def _as_sqlite(value: Any) -> Any:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _rows(columns: list[str], count: int) -> Iterator[tuple[Any, ...]]:
    """Open duties as a force has them: each kind of policy in turn, due over 47 days, one in twenty late, one in 200
    restricted, and a few thousand about to become late."""
    from sooner.policy.loader import get_policy

    policy = get_policy()
    rules, units, authorities = list(policy.duties.values()), list(policy.units), list(policy.authorities)
    for number in range(count):
        rule, place, turn = rules[number % len(rules)], number // PER_REFERRAL, number // len(rules)
        is_late, is_next = turn % 20 == 0, turn % 20 in {1, 2, 3} and number < 45_000
        due = NOW + (
            -timedelta(minutes=1 + number % 2880)
            if is_late or is_next
            else timedelta(seconds=1 + number * 97 % 3_900_000)
        )
        told = rule.owner == "authority"
        row = {
            "key": rule.key,
            "subject_kind": rule.subject,
            "subject_id": number + 1,
            "thread": f"referral:{place}",
            "harm": rule.harm,
            "unit": "" if told else units[place % len(units)],
            "authority": authorities[place % len(authorities)] if told else "",
            "role": rule.owner.removeprefix("role:") if rule.owner.startswith("role:") else "",
            "officer_id": 1 + place % OFFICERS if rule.owner == "officer" else None,
            "restricted": place % 200 == 0,
            "opened_at": NOW - timedelta(days=2),
            "opened_by": 1,
            "first_due_at": due,
            "due_at": due,
            "next_tick_at": NOW + timedelta(hours=1) if is_late else due,
            "late_at": due if is_late else None,
            "escalations": int(is_late),
            "discharged_at": None,
            "discharged_by": None,
        }
        yield tuple(row[column] for column in columns)


def _measure(readers: dict[str, Any], count: int) -> dict[str, float]:
    from sooner.access.decide import may
    from sooner.duties import queries
    from sooner.duties.commands import tick

    figures: dict[str, float] = {}
    for role, reader in readers.items():
        figures[f"work: {role}"] = _median(lambda reader=reader: _shown(queries.my_work(reader)))  # type: ignore[misc]
        if may(reader, "late-duties.view"):
            figures[f"late: {role}"] = _median(lambda reader=reader: _shown(queries.late(reader)))  # type: ignore[misc]
    officer, watcher = readers["referral_officer"], readers["inspector_of_constabulary"]
    deep = queries.my_work(officer, limit=min(20_000, count // 10)).after or ""
    figures["page 800: referral_officer"] = _median(lambda: _shown(queries.my_work(officer, after=deep)))
    figures["count of my work"] = _median(lambda: queries.my_open_count(officer))
    figures["counts of the late list"] = _median(lambda: queries.late_counts(watcher))
    figures["duties of one referral"] = _median(
        lambda: queries.duties_of(officer, threads=[f"referral:{count // 16}"])
    )
    figures["peer: sorted without an index"] = _median(_plain_list, repeats=5)
    figures["peer: page 800 by OFFSET"] = _median(lambda: _plain_page(min(20_000, count // 10)), repeats=5)
    figures["limit: the page's rows by bare SQL"] = _median(_bare_rows)
    figures["tick of 1,000"] = _median(lambda: _all_of(tick(limit=1000).became_late), repeats=TICKS - 1)
    return figures


def _shown(page: Any) -> None:
    if not page.rows:
        raise RuntimeError("the list is empty: nothing was measured")


def _all_of(became_late: int) -> None:
    if became_late != 1000:
        raise RuntimeError(f"the tick found {became_late} late duties, not 1,000")


COLUMNS = "id, key, subject_kind, subject_id, thread, harm, unit, role, due_at, late_at"


def _plain_list() -> None:
    _fetch(
        f"SELECT {COLUMNS} FROM duties_plain WHERE discharged_at IS NULL AND NOT restricted"  # no outside text
        " AND authority = '' AND role IN ('', 'referral_officer') ORDER BY harm, due_at, id LIMIT 26 OFFSET 0"
    )


def _plain_page(offset: int) -> None:
    _fetch(
        f"SELECT {COLUMNS} FROM duties_duty WHERE discharged_at IS NULL AND NOT restricted"  # no outside text
        f" AND authority = '' AND role IN ('', 'referral_officer') ORDER BY harm, due_at, id LIMIT 26 OFFSET {offset}"
    )


def _bare_rows() -> None:
    _fetch(
        f"SELECT {COLUMNS} FROM duties_duty WHERE discharged_at IS NULL AND NOT restricted"  # no outside text
        " AND authority = '' AND role = '' ORDER BY harm, due_at, id LIMIT 26"
    )


def _fetch(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        if len(cursor.fetchall()) != 26:
            raise RuntimeError("the list is shorter than a page")


def _median(call: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """The median in milliseconds, after one call that warms up."""
    call()
    took = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        took.append((time.perf_counter() - begin) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]))
    else:
        main()
