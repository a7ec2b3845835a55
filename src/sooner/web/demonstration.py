"""Whether this installation is a demonstration: every page then says that its people are invented."""

from django.conf import settings

from sooner import home


def is_demonstration() -> bool:
    """Whether everybody in this installation is invented."""
    return home.is_demonstration(settings.HOME)


def mark_demonstration() -> None:
    """Remember, in the home, that everybody in this installation is invented."""
    (settings.HOME / home.DEMONSTRATION).touch()
