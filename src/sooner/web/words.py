"""Times and lengths of time in GOV.UK style, in the force's zone. The caller gives the present."""

import re
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.utils import timezone

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOURCES = (
    (r"^\(design\)$", "this force's policy; no law or guidance sets it"),
    (r"^\(design\) ", "This force's policy: "),
    (r"\(design: ([^)]*)\)", r"(\1: this force's policy)"),
    (r"\bis \(design\)", "is this force's policy"),
    (r" \(design\)", ", and this force's policy"),
    (r"\(recall\)", "(not checked against the text)"),
)
"""What the policy files' short marks mean: `(design)` and `(recall)` stand where no text fixes the rule."""


def day(moment: date) -> str:
    """`3 June 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def day_and_time(moment: datetime) -> str:
    """`3 June 2026 at 2:05pm`, in the force's zone; in the hour that happens twice, with the zone's name."""
    local = timezone.localtime(moment)
    name = f" {local.tzname()}" if _happens_twice(local) else ""
    return f"{day(local)} at {clock_time(local)}{name}"


def clock_time(local: datetime) -> str:
    """`2:05pm`, `9am`, `midday`, `midnight`."""
    if local.minute == 0 and local.hour in {0, 12}:
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def _happens_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset() and _is_real(local)


def _is_real(local: datetime) -> bool:
    zone: tzinfo = local.tzinfo or ZoneInfo("UTC")
    return local.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) == local.replace(
        tzinfo=None
    )


def distance(due: datetime, *, now: datetime) -> str:
    """`in 2 hours`, `3 hours late`, `due now`: never rounded in favour of whoever is late."""
    left = due - now
    if timedelta(0) <= left < MINUTE:
        return "due now"
    return f"in {length(left)}" if left > timedelta(0) else f"{length(-left)} late"


def length(span: timedelta) -> str:
    """`5 minutes`, `26 hours`, `3 days`: hours up to two days, because duties count in hours."""
    if span < MINUTE:
        return "less than a minute"
    if span < HOUR:
        return _count(span // MINUTE, "minute")
    if span < 2 * DAY:
        return _count(span // HOUR, "hour")
    return _count(span // DAY, "day")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def source(said: str) -> str:
    """Where a rule comes from, the policy files' short marks spelt out."""
    for pattern, words in SOURCES:
        said = re.sub(pattern, words, said)
    return said[:1].upper() + said[1:]
