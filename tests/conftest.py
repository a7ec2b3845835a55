"""What every test stands on: a home of its own and Django on SQLite, or on PostgreSQL when
`SOONER_TEST_DATABASE_URL` names a server. Nothing here may touch an installation's own files."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

_home = tempfile.TemporaryDirectory(prefix="sooner-test-")
os.environ["SOONER_HOME"] = _home.name
Path(_home.name, "static").mkdir()
os.environ["SOONER_DATABASE_URL"] = os.environ.get("SOONER_TEST_DATABASE_URL", "")
os.environ["SOONER_PUBLIC_URL"] = ""
os.environ["SOONER_SECRET_KEY"] = "only-for-tests-and-never-in-an-installation"
os.environ["SOONER_SECOND_FACTOR"] = "0"  # the tests that are about it ask for it
os.environ["DJANGO_SETTINGS_MODULE"] = "sooner.settings"

from django.conf import settings  # noqa: E402  # the environment above must stand first

assert settings.DATABASES, "settings are read here, so that pytest-django finds them ready"


def pytest_unconfigure() -> None:
    _home.cleanup()


@pytest.fixture(autouse=True)
def _history_may_be_emptied(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    """A test with real transactions ends with all tables emptied, which the ledger rightly refuses."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        from sooner.ledger import triggers

        triggers.remove()  # emptying the tables puts them back


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The clock stands at noon (UTC) on a plain Wednesday in term time, 3 June 2026."""
    from sooner.ledger import clock

    moment = datetime(2026, 6, 3, 12, tzinfo=UTC)
    with clock.standing_at(moment):
        yield moment
