"""Panels: how a room on a higher floor adds its part to a page of a lower one, without the lower knowing it.

The referral's page belongs to intake; the children around it belong to safeguarding and register a panel here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

Context = Callable[[HttpRequest, Any], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """A template and what fills it, at a place in the page's order. A context of None leaves the panel out."""

    place: int
    template: str
    context: Context


_panels: dict[str, list[Panel]] = {}


def register_panel(page: str, *, place: int, template: str, context: Context) -> None:
    """Add a panel to the page of that name; called once, from a room's apps.py."""
    panels = _panels.setdefault(page, [])
    if all(known.template != template for known in panels):
        panels.append(Panel(place, template, context))
        panels.sort(key=lambda panel: panel.place)


def rendered(page: str, request: HttpRequest, about: Any) -> SafeString:
    """The page's panels for a record, in order."""
    parts = [
        render_to_string(
            panel.template, {**context, "request": request, "user": request.user}, request=request
        )
        for panel in _panels.get(page, ())
        if (context := panel.context(request, about)) is not None
    ]
    return mark_safe("".join(parts))  # noqa: S308  # each part is a rendered, escaped template
