"""`{% panels "referral" referral %}`: what rooms on higher floors add to a page."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from sooner.access.panels import rendered

register = template.Library()


@register.simple_tag(takes_context=True)
def panels(context: Context, page: str, about: Any) -> SafeString:
    return rendered(page, context["request"], about)
