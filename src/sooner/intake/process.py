"""The first pass of the main job, in the process that received: registered by the pipeline, which stands on a higher floor."""

from collections.abc import Callable

_first_pass: list[Callable[[], None]] = []


def register_first_pass(run: Callable[[], None]) -> None:
    """The pipeline says, once, how what was just received is processed at once."""
    _first_pass[:] = [run]


def process_now() -> None:
    """Run what is due, for a bounded time; the worker takes up the rest."""
    for run in _first_pass:
        run()
