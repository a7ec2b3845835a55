"""`sooner receive FILE...`: the same door as the page and the API."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from sooner.cli.console import err, out, progress
from sooner.errors import SoonerError


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
    counts = {"new": 0, "known": 0, "refused": 0}
    with progress() as shown:
        task = shown.add_task("Receiving", total=None)
        for path in files:
            for receipt in receive_path(actor, path=path, via="cli"):
                counts[receipt.outcome] += 1
                shown.advance(task)
                if receipt.outcome == "refused":
                    err.print(
                        f"{receipt.name}: {receipt.reason} It is before a person as document {receipt.document}."
                    )
        _process(shown)
    out.print(
        f"Received {counts['new']} new, {counts['known']} known before, {counts['refused']} put before a person."
    )


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
