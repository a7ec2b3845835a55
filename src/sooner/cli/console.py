"""How the command line speaks: progress on stderr, results on stdout, errors in one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Say what is wrong in one line and end."""
    err.print(f"[red]sooner:[/red] {escape(' '.join(message.split()))}", markup=True)
    sys.exit(code)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display for long work: what, how many of how many, how long, how long still."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as shown:
        yield shown
