"""`sooner load extract`, `sooner load postcodes`: partner data, with progress and a report of bad rows."""

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


def _require(path: Path) -> None:
    if not path.is_file():
        raise SoonerError(f"{path} is not a file: check the name. Nothing was loaded.")


def register(app: typer.Typer) -> None:
    app.add_typer(load, name="load")
