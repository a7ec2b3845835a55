"""The one command, `sooner`. Each sub-command says what it does in a line; errors are one line that says what to do."""

import os
import sys
from importlib import import_module

import typer

from sooner.cli.console import fail

app = typer.Typer(
    name="sooner",
    help="Sooner finds the child first: referrals, safeguarding, investigation, and clocks nobody can quietly stop.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)

MODULES = ("setup", "receive", "load", "people", "linkage", "serve", "demo", "ledger", "policy")


def set_up() -> None:
    """Ready Django for a command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sooner.settings")
    import django

    django.setup()


def main() -> None:
    """The console script: registers every command and turns a SoonerError into one line and exit code 1."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    from sooner.errors import SoonerError
    from sooner.policy.loader import PolicyError

    try:
        set_up()
        for module in MODULES:
            import_module(f"sooner.cli.{module}").register(app)
        app()
    except SoonerError as error:
        fail(str(error))
    except PolicyError as error:
        fail(str(error))
    except ImproperlyConfigured as error:
        fail(f"The settings are not right: {error}")
    except DatabaseError as error:
        fail(
            f"The database did not answer as expected: {str(error).strip()}. Run 'sooner migrate', or check SOONER_DATABASE_URL."
        )
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
