"""`sooner demo`: a demonstration force of invented people, received through the same door as real referrals."""

from typing import Annotated

import typer
from django.core.management import call_command

from sooner.cli.console import err, out


def demo(
    port: Annotated[
        int, typer.Option(help="The port that 'sooner serve' will listen on, to print the address.")
    ] = 8000,
) -> None:
    """Create the demonstration, once; the data of an earlier one is kept."""
    from sooner.demo.force import PASSWORD, SIGN_INS, is_loaded, load_demonstration
    from sooner.web.demonstration import mark_demonstration

    call_command("migrate", interactive=False, verbosity=0)
    mark_demonstration()
    if is_loaded():
        out.print("The demonstration is there already; its data is kept.")
    else:
        with err.status("Creating the demonstration force") as status:
            load_demonstration(status.update)
        out.print("The demonstration force is ready. Everybody in it is invented.")
    out.print(f"\nOpen http://127.0.0.1:{port}/ and sign in with the password {PASSWORD} as:")
    for one in SIGN_INS:
        where = one.unit or one.authority
        out.print(f"  {one.username:<8} {one.name}{f' ({where})' if where else ''}")


def register(app: typer.Typer) -> None:
    app.command()(demo)
