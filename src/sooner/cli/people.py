"""`sooner people export`: a copy of what is held on a person, as a draft for the data-protection officer."""

import getpass
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from sooner.cli.console import out
from sooner.errors import SoonerError

people = typer.Typer(help="What is held on persons.", no_args_is_help=True)


@people.callback()
def _group() -> None:
    """What is held on persons."""


@people.command("export")
def export(
    person: Annotated[str, typer.Argument(help="The person's number, such as P-000123.")],
    to: Annotated[Path, typer.Option("--to", help="FILE.json is written, and FILE.html beside it to print.")],
    reason: Annotated[
        str, typer.Option("--reason", help="The number of the request. It stays on the ledger.")
    ],
) -> None:
    """Write everything held on a person as a draft: it is not for release until a person decided each exemption."""
    from django.template.loader import render_to_string

    from sooner.ledger.work import Actor
    from sooner.people.commands.export import export_all

    files = [to.with_suffix(".json"), to.with_suffix(".html")]
    for file in files:
        _require_free(file)
    actor = Actor("system", None, f"{getpass.getuser()} at the command line")
    draft = export_all(actor, reference=person, reason=reason)
    _write(files[0], json.dumps(draft.as_json, indent=2, ensure_ascii=False) + "\n")
    _write(files[1], render_to_string("people/export_file.html", {"draft": draft}))
    out.print(
        f"{draft.held.reference}: {draft.held.rows:,} entries in {files[0]} and {files[1]}. {draft.status}"
    )


def _require_free(file: Path) -> None:
    if file.exists():
        raise SoonerError(f"{file} exists already: name another. Nothing was written.")
    if not file.parent.is_dir():
        raise SoonerError(f"{file.parent} is not a folder: create it first. Nothing was written.")


def _write(file: Path, text: str) -> None:
    """For the one who asked only: nobody else on this machine may read the file."""
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as written:
        written.write(text)


def register(app: typer.Typer) -> None:
    app.add_typer(people, name="people")
