"""Tags of the investigations' templates. They show what queries return and decide nothing."""

from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sooner.access.decide import Reader, may
from sooner.access.models import User
from sooner.investigations.commands.record import LEVELS
from sooner.investigations.queries import band_title
from sooner.investigations.steps import KINDS

register = template.Library()
COLOURS = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}


@register.simple_tag
def band_tag(band: str, rank: int) -> SafeString:
    """The band as a coloured tag; the words say it too."""
    return format_html(
        '<strong class="govuk-tag govuk-tag--{}">{}</strong>', COLOURS.get(rank, "grey"), band_title(band)
    )


@register.simple_tag(takes_context=True)
def may_do(context: Context, capability: str) -> bool:
    """Whether the reader's role has the capability, so that no link leads to a refusal."""
    user = context["request"].user
    return isinstance(user, User) and may(user, capability)


@register.simple_tag
def room_link(name: str, pk: int, person: Any, reader: User) -> SafeString:
    """A person's name (masked for whom policy says) as a link to a page of another room, where there is
    one.
    """
    shown = f"Person {person.pk}" if Reader(reader).names_masked else (person.name or "No name")
    try:
        return format_html('<a class="govuk-link" href="{}">{}</a>', reverse(name, args=[pk]), shown)
    except NoReverseMatch:
        return format_html("{}", shown)


@register.filter
def step_title(kind: str) -> str:
    """A step in plain English; an unknown one as it stands."""
    return KINDS[kind].title if kind in KINDS else kind


@register.filter
def kirat_level(level: str) -> str:
    """A KIRAT level in plain English."""
    return LEVELS.get(level, level)
