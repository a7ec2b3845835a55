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
    """The console script: registers every command, and turns an error into one line. Exit code 1, or 2 where what was typed is
    no command of ours.
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    from sooner.errors import SoonerError
    from sooner.policy.loader import PolicyError

    try:
        set_up()
        for module in MODULES:
            import_module(f"sooner.cli.{module}").register(app)
        sys.exit(app(prog_name="sooner", standalone_mode=False))
    except typer.TyperException as error:
        fail(_usage(error, sys.argv[1:]), code=error.exit_code)
    except typer.Abort:
        fail("Stopped before it was done.")
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


def _usage(error: typer.TyperException, arguments: list[str]) -> str:
    """What is wrong with what was typed, and where to see what can be."""
    said = error.format_message().strip() or "Say what to do"
    return f"{said}{'' if said.endswith(('.', '?')) else '.'} See '{_command(arguments)} --help'."


def _command(arguments: list[str]) -> str:
    """The command that was meant, as far as what was typed names one."""
    path, here = "sooner", typer.main.get_command(app)
    for word in arguments:
        if word not in getattr(here, "commands", {}):
            break
        path, here = f"{path} {word}", here.commands[word]  # type: ignore[attr-defined]  # a group, which has commands
    return path


if __name__ == "__main__":
    main()
