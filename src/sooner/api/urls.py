"""The API's addresses, and a plain page that lists its operations."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import path

from sooner.api import pages
from sooner.api.main import build

ROOMS = (
    "access",
    "ledger",
    "duties",
    "history",
    "people",
    "workforce",
    "intake",
    "safeguarding",
    "investigations",
)

api = build(
    [
        import_module(f"sooner.{room}.endpoints").router
        for room in ROOMS
        if find_spec(f"sooner.{room}.endpoints")
    ]
)
urlpatterns = [
    path("api/docs/", pages.operations, name="api-docs"),
    path("api/", api.urls),
]
