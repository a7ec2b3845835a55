"""Filters of the staff's templates: skills in plain English."""

from collections.abc import Iterable

from django import template

from sooner.policy.loader import get_policy

register = template.Library()


@register.filter
def skill_title(key: str) -> str:
    """The skill's name from policy; an unknown key as it stands."""
    skill = get_policy().skills.get(key)
    return skill.title if skill else key


@register.filter
def skill_titles(keys: Iterable[str]) -> str:
    """Several skills, by name."""
    return "; ".join(sorted(skill_title(key) for key in keys))
