"""The main job end to end: varied valid reports from receipt to referrals sent, against parsing alone as the floor.

    python benchmarks/intake.py [--quick] [--reports N] [--database sqlite|postgresql|both]

SQLite in a temporary home; PostgreSQL from SOONER_BENCHMARK_DATABASE_URL, else a private cluster made for the run and ended
with it. Prints medians, saves a table and a plot under benchmarks/results/, and ends with one line of JSON.
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
from pathlib import Path

from postgres import private_cluster
from report import save

PEOPLE_PER_REPORT = 12
REPEATS = 3


def main() -> None:
    arguments = _arguments()
    count = 600 if arguments.quick else arguments.reports
    with tempfile.TemporaryDirectory() as folder:
        _write_reports(Path(folder), count)
        limit = _median([_run("parse", folder, {}) for _ in range(REPEATS)], "rate")
        figures = {"parsing alone": {"rate": limit, "peak_mib": _run("parse", folder, {})["peak_mib"]}}
        for database in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
            figures[database] = _database(database, folder)
    _tell(count, figures, limit)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="600 reports, under a minute")
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    return parser.parse_args()


def _database(database: str, folder: str) -> dict[str, float]:
    if database == "sqlite":
        return _run("job", folder, {})
    url = os.environ.get("SOONER_BENCHMARK_DATABASE_URL")
    if url:
        return _run("job", folder, {"SOONER_DATABASE_URL": url})
    with private_cluster() as url:
        return _run("job", folder, {"SOONER_DATABASE_URL": url})


def _median(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def _run(what: str, folder: str, environment: dict[str, str]) -> dict[str, float]:
    """One measurement in a process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, __file__, "--child", what, folder],
            env={**os.environ, "SOONER_HOME": home, **environment},
            check=True,
            stdout=subprocess.PIPE,
        )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _write_reports(folder: Path, count: int) -> None:
    from sooner.demo.documents import stream
    from sooner.demo.extracts import write_extracts
    from sooner.demo.population import households

    (folder / "reports").mkdir()
    for document in stream(count):
        (folder / "reports" / document.name).write_bytes(document.data)
    write_extracts(folder / "extracts", households(min(count * PEOPLE_PER_REPORT, 24_000), seed=7))


def child(what: str, folder: str) -> None:
    """What a measuring process does; prints its figures as JSON."""
    figures = _parse(Path(folder)) if what == "parse" else _job(Path(folder))
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


def _parse(folder: Path) -> dict[str, float]:
    from sooner.engines.formats.reader import read_documents

    paths = sorted((folder / "reports").iterdir())
    begin = time.perf_counter()
    for path in paths:
        read_documents(path.read_bytes())
    return {"rate": len(paths) / (time.perf_counter() - begin)}


def _job(folder: Path) -> dict[str, float]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "sooner.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from sooner.intake.commands.receive import receive_path
    from sooner.intake.models import Referral
    from sooner.ledger.work import SYSTEM
    from sooner.people.commands.extracts import load_extract
    from sooner.pipeline.run import run_pending
    from sooner.safeguarding.models import Child, SafeguardingReferral

    _people()
    for path in sorted((folder / "extracts").glob("*.csv")):
        load_extract(SYSTEM, mapping=path.stem, path=path)
    run_pending()
    begin = time.perf_counter()
    received = 0
    for _ in receive_path(SYSTEM, path=folder / "reports", via="cli"):
        received += 1
        if received % 200 == 0:
            run_pending()
    run_pending()
    took = time.perf_counter() - begin
    return {
        "rate": received / took,
        "seconds": took,
        "referrals": Referral.objects.count(),
        "children": Child.objects.count(),
        "told": SafeguardingReferral.objects.filter(sent_at__isnull=False).count(),
    }


def _people() -> None:
    """A social worker of every authority, so that every referral can be sent at once."""
    from sooner.access.models import User
    from sooner.policy.loader import get_policy

    User.objects.bulk_create(
        User(username=f"sw-{code}", name="Social worker", role="social_worker", authority=code, password="!")  # noqa: S106
        for code in get_policy().authorities
    )


def _tell(count: int, figures: dict[str, dict[str, float]], limit: float) -> None:
    rows = [
        {"what": name, "reports a second": round(f["rate"], 1), "peak MiB": round(f["peak_mib"]), **{
            k: f[k] for k in ("children", "told") if k in f}}
        for name, f in figures.items()
    ]  # fmt: skip
    save(
        "intake", rows, x="what", y="reports a second", title=f"{count:,} reports, received to referrals sent"
    )
    ours = figures.get("sqlite") or figures["postgresql"]
    print(json.dumps({
        "reports": count, "ours": round(ours["rate"], 1), "best_peer": None, "limit": round(limit, 1),
        "ratio": round(ours["rate"] / limit, 4),
        **{f"{name}_{k}": round(f[k], 1) for name, f in figures.items() if name != "parsing alone" for k in ("rate", "peak_mib")},
    }))  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:4])
    else:
        main()
