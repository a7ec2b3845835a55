"""Whether this installation is a demonstration: every page then says that its people are invented."""

import os


def is_demonstration() -> bool:
    """True when the environment variable SOONER_DEMO is set to anything but 0."""
    return os.environ.get("SOONER_DEMO", "0") not in {"", "0"}
