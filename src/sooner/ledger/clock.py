"""The one clock of the product. Engines never read it; commands and the worker do."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_set: ContextVar[datetime | None] = ContextVar("sooner_clock", default=None)


def now() -> datetime:
    """The present moment, timezone-aware UTC."""
    return _set.get() or datetime.now(UTC)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """For demonstrations and tests: within the block, the time is `moment` (aware)."""
    token = _set.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set.reset(token)
