"""The list of API operations as a page, because the usual ones need inline scripts. It shows no case."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from sooner.access.gate import PageRequest, page


@dataclass(frozen=True)
class Row:
    """One operation."""

    method: str
    path: str
    summary: str
    tag: str


@page("account.view")
def operations(request: PageRequest) -> HttpResponse:
    """Every operation with its method and address; the machine-readable description is one link away."""
    from sooner.api.urls import api  # the addresses know this page; it knows them only when asked

    return render(request, "web/api_docs.html", {"rows": _rows(api.get_openapi_schema())})


def _rows(schema: dict[str, Any]) -> list[Row]:
    return [
        Row(method.upper(), address, str(operation.get("summary", "")), ", ".join(operation.get("tags", ())))
        for address, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
