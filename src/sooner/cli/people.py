"""`sooner people export`: a copy of what is held on a person, as a draft for the data-protection officer."""

import getpass
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from sooner.cli.console import out
from sooner.errors import SoonerError

STYLE = """
body { font: 11pt/1.4 arial, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }
dl { border-top: 1px solid #505a5f; margin: 0 0 1em; padding-top: .4em; break-inside: avoid; }
dl div { display: flex; gap: 1em; } dt { flex: 0 0 11em; font-weight: bold; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #505a5f; padding: .4em; text-align: left; vertical-align: top; }
.govuk-warning-text { border: 3px solid #0b0c0c; padding: .6em; }
.govuk-hint { color: #505a5f; font-weight: normal; }
.govuk-visually-hidden, .govuk-warning-text__icon { position: absolute; clip-path: inset(50%); }
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Draft of what is held on {title}</title><style>{style}</style></head>
<body>{body}</body></html>
"""
"""A file to print, with its style in it: unlike our pages it is never served."""

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
    body = render_to_string("people/export_body.html", {"draft": draft})
    _write(files[1], PAGE.format(title=draft.held.reference, style=STYLE, body=body))
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
