"""`sooner policy check`: every problem of the policy, with file, row and field."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sooner.cli.console import err, out

policy = typer.Typer(help="The force's rules: check them before they are used.")


@policy.command("check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Policy files that replace the packaged ones.")
    ] = None,
) -> None:
    """Check the policy in use, or the files in FOLDER laid over the packaged ones."""
    from sooner.policy.loader import PolicyError, load

    named = folder or (Path(os.environ["SOONER_POLICY_DIR"]) if os.environ.get("SOONER_POLICY_DIR") else None)
    try:
        found = load(named)
    except PolicyError as error:
        for problem in error.problems:
            err.print(problem, markup=False)
        out.print(f"{len(error.problems)} problem(s). The policy cannot be used.")
        raise typer.Exit(1) from None
    out.print(
        f"The policy is sound: {len(found.duties)} duties, {len(found.units)} units, {len(found.authorities)} authorities,"
        f" {len(found.indicators)} indicators, {len(found.roles)} roles."
    )


def register(app: typer.Typer) -> None:
    app.add_typer(policy, name="policy")
