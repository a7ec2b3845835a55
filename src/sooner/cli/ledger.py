"""`sooner ledger`: seal, verify with progress, sign and export checkpoints."""

from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sooner.cli.console import err, out, progress
from sooner.errors import SoonerError

ledger = typer.Typer(help="The ledger: verify the whole history, sign and export checkpoints.")


@ledger.command("verify")
def verify(
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that a partner kept; may be given several times.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The force's public key (PEM) that the partner kept.")
    ] = None,
) -> None:
    """Verify every entry against the sealed tree, the signed checkpoints and those that partners kept."""
    from sooner.ledger.checkpoints import origin, public_key
    from sooner.ledger.verify import verify as run

    kept = [_text(path) for path in checkpoint or ()]
    keys = {origin(): _public(key) if key else public_key()}
    with progress() as shown:
        task = shown.add_task("Verifying", total=None)
        verdict = run(
            keys=keys, kept=kept, progress=lambda done, total: shown.update(task, completed=done, total=total)
        )
    for problem in verdict.problems:
        err.print(problem, style="red", markup=False)
    waiting = f"; {verdict.unsealed:,} wait to be sealed" if verdict.unsealed else ""
    if not verdict.holds:
        out.print(
            f"The history does NOT hold: {len(verdict.problems)} problem(s) in {verdict.entries:,} entries."
        )
        raise typer.Exit(2)
    out.print(
        f"The history holds: {verdict.entries:,} entries, {verdict.checkpoints:,} checkpoint(s) agree{waiting}."
        f" Root {verdict.root.hex()}."
    )


@ledger.command("seal")
def seal() -> None:
    """Seal what is waiting and sign a checkpoint."""
    from sooner.ledger.checkpoints import sign_now
    from sooner.ledger.sealing import seal as run

    sealed = 0
    while done := run():
        sealed += done
    made = sign_now()
    out.print(f"{sealed:,} entries sealed." + (f" Checkpoint at {made.size:,} signed." if made else ""))


@ledger.command("checkpoint")
def checkpoint() -> None:
    """Print the latest signed checkpoint, for a partner to keep."""
    from sooner.ledger.models import Checkpoint

    latest = Checkpoint.objects.order_by("-size").first()
    if latest is None:
        raise SoonerError("There is no checkpoint yet: run 'sooner ledger seal'.")
    typer.echo(latest.note, nl=False)


@ledger.command("key")
def key() -> None:
    """Print the public key that checkpoints are signed with, for a partner to keep."""
    from sooner.ledger.checkpoints import public_pem

    typer.echo(public_pem(), nl=False)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SoonerError(f"{path} cannot be read as a checkpoint: {error}.") from error


def _public(path: Path) -> Ed25519PublicKey:

    try:
        found = load_pem_public_key(_text(path).encode())
    except ValueError as error:
        raise SoonerError(f"{path} is not a public key in PEM.") from error
    if not isinstance(found, Ed25519PublicKey):
        raise SoonerError(f"{path} is not an Ed25519 key.")
    return found


def register(app: typer.Typer) -> None:
    app.add_typer(ledger, name="ledger")
