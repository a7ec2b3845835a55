"""`sooner receive FILE...`: the same door as the page and the API."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from sooner.cli.console import err, out, progress
from sooner.errors import SoonerError

if TYPE_CHECKING:
    from sooner.intake.commands.receive import Receipt


def receive(
    files: Annotated[list[Path], typer.Argument(help="Files, ZIPs or folders.")],
) -> None:
    """Receive referral documents: keep their bytes, read them, find the children, tell social care."""
    from sooner.intake.commands.receive import receive_path
    from sooner.ledger.work import Actor

    missing = [path for path in files if not path.exists()]
    if missing:
        raise SoonerError(f"{missing[0]} does not exist: check the name. Nothing was received.")
    actor = Actor("system", None, f"{getpass.getuser()} at the command line")
    receipts = []
    with progress() as shown:
        task = shown.add_task("Receiving", total=None)
        for path in files:
            for receipt in receive_path(actor, path=path, via="cli"):
                receipts.append(receipt)
                shown.advance(task)
        _process(shown)
    known = sum(receipt.outcome == "known" for receipt in receipts)
    waiting = _before_a_person(receipts)
    out.print(
        f"Received {len(receipts) - known} new, {known} known before."
        + (f" {waiting} must be looked at by a person." if waiting else "")
    )


def _before_a_person(receipts: "list[Receipt]") -> int:
    """Say of each document that could not be read why, in a line, and return how many there are."""
    from sooner.intake.models import Document

    stuck = Document.objects.filter(
        pk__in={receipt.document for receipt in receipts}, state="unreadable"
    ).order_by("pk")
    for document in stuck:
        err.print(f"{document.name} (document {document.pk}): {document.reason}", markup=False)
    return len(stuck)


def _process(shown: Progress) -> None:
    """Run the main job for what was received, with progress; a worker would finish whatever a crash left."""
    from sooner.pipeline.models import Task
    from sooner.pipeline.run import run_pending

    task = shown.add_task("Finding children, telling social care", total=None)
    while done := run_pending(seconds=1):
        shown.update(task, advance=done, total=None)
        if not Task.objects.filter(attempts=0).exists():
            return


def register(app: typer.Typer) -> None:
    app.command()(receive)
