"""`sooner load extract`, `load postcodes`, `load expire`: partner data in, with a report, and out when its time is up."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from sooner.cli.console import err, out, progress
from sooner.errors import SoonerError

load = typer.Typer(help="Load partner data: extracts and the postcode directory.")


@load.command("extract")
def extract(
    mapping: Annotated[str, typer.Argument(help="A key of extracts.toml, such as school-census.")],
    path: Annotated[Path, typer.Argument(help="A CSV or Parquet file.")],
) -> None:
    """Load a partner's extract; open referrals are then looked at again."""
    from sooner.ledger.work import Actor
    from sooner.people.commands.extracts import load_extract
    from sooner.people.purpose import ending_soon
    from sooner.policy.loader import get_policy

    _require(path)
    with progress() as shown:
        task = shown.add_task(f"Loading {path.name}", total=None)
        made = load_extract(
            Actor("system", None, f"{getpass.getuser()} at the command line"),
            mapping=mapping,
            path=path,
            progress=lambda rows: shown.update(task, completed=rows),
        )
    for problem in made.report[:20]:
        err.print(f"row {problem['row']}, {problem['field']}: {problem['problem']}")
    out.print(f"{made.accepted:,} of {made.rows:,} rows loaded, {made.rejected:,} rejected.")
    if made.unread:
        out.print(f"Left unread, because no purpose needs them: {', '.join(made.unread)}.")
    if warning := ending_soon(get_policy().extracts[mapping]):
        err.print(f"[yellow]Warning:[/yellow] {warning}")


@load.command("postcodes")
def postcodes(
    path: Annotated[Path, typer.Argument(help="The ONS Postcode Directory as CSV or Parquet.")],
) -> None:
    """Load which local authority each postcode is in."""
    from sooner.ledger.work import Actor
    from sooner.people.commands.extracts import load_postcodes

    _require(path)
    with progress() as shown:
        task = shown.add_task(f"Loading {path.name}", total=None)
        count = load_postcodes(
            Actor("system", None, f"{getpass.getuser()} at the command line"),
            path=path,
            progress=lambda rows: shown.update(task, completed=rows),
        )
    out.print(f"{count:,} postcodes loaded.")


@load.command("expire")
def expire(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")
    ] = False,
) -> None:
    """Delete partner data that is older than its retention or whose sharing agreement is over; the worker does so each day."""
    from sooner.ledger.work import Actor
    from sooner.people.commands.expire import AGREEMENT
    from sooner.people.commands.expire import expire as delete

    with progress() as shown:
        task = shown.add_task("Deleting", total=None)
        found = delete(
            Actor("system", None, f"{getpass.getuser()} at the command line"),
            dry_run=dry_run,
            progress=lambda records: shown.update(task, completed=records),
        )
    for one in found:
        why = "the sharing agreement is over" if one.why == AGREEMENT else "older than may be kept"
        also = (
            ""
            if dry_run
            else f", with {one.persons:,} persons and {one.addresses:,} addresses held by nothing else"
        )
        verb = "would be deleted" if dry_run else "deleted"
        out.print(f"{one.title}: {one.records:,} records {verb} ({why}){also}.")
    if not found:
        out.print("Nothing is due: no record is older than may be kept, and every sharing agreement holds.")


def _require(path: Path) -> None:
    if not path.is_file():
        raise SoonerError(f"{path} is not a file: check the name. Nothing was loaded.")


def register(app: typer.Typer) -> None:
    app.add_typer(load, name="load")
