"""`sooner migrate`, `sooner user`, `sooner token`: what an installation needs before its first sign-in."""

import secrets
from typing import Annotated

import typer
from django.core.management import call_command

from sooner.cli.console import out


def migrate() -> None:
    """Create the database's tables, or bring them up to date. Safe to run again."""
    call_command("migrate", interactive=False, verbosity=0)
    out.print("The database is ready.")


def user(
    username: str,
    name: Annotated[str, typer.Option(help="Full name as colleagues know it.")],
    role: Annotated[str, typer.Option(help="A role of access.toml, such as investigator or administrator.")],
    unit: Annotated[str, typer.Option(help="Unit code, such as CN.")] = "",
    authority: Annotated[str, typer.Option(help="Authority code for a social worker.")] = "",
    named_manager: Annotated[
        bool, typer.Option(help="Receives restricted referrals for the authority.")
    ] = False,
) -> None:
    """Create a person who signs in; the password is shown once."""
    from sooner.access.commands import AccountFacts, create_user
    from sooner.ledger.work import SYSTEM

    password = secrets.token_urlsafe(12)
    facts = AccountFacts(name=name, role=role, unit=unit, authority=authority, named_manager=named_manager)
    create_user(actor=SYSTEM, username=username, password=password, facts=facts)
    out.print(f"{username} can sign in with the password {password} (shown once).")


def token(
    username: str,
    label: Annotated[str, typer.Option(help="What the token is for, such as 'gateway'.")],
    days: Annotated[int, typer.Option(help="Days until it expires.", min=1, max=366)] = 90,
) -> None:
    """Issue an API token that acts as this user; it is shown once."""
    from sooner.access.commands import issue_token
    from sooner.access.models import User
    from sooner.errors import NotFound
    from sooner.ledger.work import SYSTEM

    holder = User.objects.filter(username=username, is_active=True).first()
    if holder is None:
        raise NotFound(f"No user is called {username}: create one with 'sooner user {username} ...'.")
    out.print(issue_token(actor=SYSTEM, user=holder, label=label, days=days).secret)


def register(app: typer.Typer) -> None:
    app.command()(migrate)
    app.command()(user)
    app.command()(token)
