"""Every address of the product: each room's own list, and the API."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

ROOMS = (
    "sooner.duties",
    "sooner.history",
    "sooner.access",
    "sooner.people",
    "sooner.workforce",
    "sooner.intake",
    "sooner.safeguarding",
    "sooner.investigations",
    "sooner.web",
    "sooner.api",
)

urlpatterns: list[URLPattern | URLResolver] = [
    *(path("", include(f"{room}.urls")) for room in ROOMS if find_spec(f"{room}.urls")),
]
