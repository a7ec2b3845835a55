"""Whether this installation is a demonstration: every page then says that its people are invented."""

import os

from django.conf import settings

MARK = "demonstration"


def is_demonstration() -> bool:
    """True when SOONER_DEMO is set to anything but 0, or this home was made by `sooner demo`."""
    said = os.environ.get("SOONER_DEMO")
    return said not in {"", "0"} if said is not None else (settings.HOME / MARK).exists()


def mark_demonstration() -> None:
    """Remember, in the home, that everybody in this installation is invented."""
    (settings.HOME / MARK).touch()
