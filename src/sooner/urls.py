"""Every address of the product: each room's own list, the sign-in pages, the API."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

ROOMS = (
    "sooner.duties",
    "sooner.ledger",
    "sooner.access",
    "sooner.people",
    "sooner.workforce",
    "sooner.intake",
    "sooner.safeguarding",
    "sooner.investigations",
    "sooner.web",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", include("allauth.urls")),
    *(path("", include(f"{room}.urls")) for room in ROOMS if find_spec(f"{room}.urls")),
]
