"""Deadlines: elapsed time in UTC, working days by the jurisdiction's bank holidays, months by the calendar."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from govuk_bank_holidays.bank_holidays import BankHolidays

from sooner.policy.model import Clock, Jurisdiction

SATURDAY = 5


class NoTime(ValueError):
    """The opening event does not carry the time that the duty's clock reads."""


def deadline(
    opened: datetime,
    clock: Clock,
    *,
    jurisdiction: Jurisdiction,
    zone: ZoneInfo,
    facts: Mapping[str, Any] | None = None,
) -> datetime:
    """When a duty opened at `opened` (aware) is due, in UTC; never before `opened` except where a fact says so.

    Minutes and hours elapse whatever the clocks do. A working-day clock ends with the last second of the n-th working
    day after the day of opening, local time: a referral on Friday evening is answered by the end of Monday (Working
    Together counts whole working days). Calendar days and months keep the local time of day.
    """
    if clock.fact:
        return _from_fact(clock.fact, facts or {})
    if clock.after and (facts or {}).get(clock.after):
        opened = _from_fact(clock.after, facts or {})
    if clock.minutes or clock.hours:
        return opened.astimezone(UTC) + timedelta(hours=clock.hours, minutes=clock.minutes)
    local = opened.astimezone(zone)
    if clock.working_days:
        return _end_of(_working_day(local.date(), clock.working_days, jurisdiction), zone)
    moved = local.replace(tzinfo=None) + relativedelta(days=clock.calendar_days, months=clock.months)
    return max(moved.replace(tzinfo=zone).astimezone(UTC), opened.astimezone(UTC))


def _from_fact(name: str, facts: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(str(facts[name]))
    except (KeyError, ValueError) as error:
        raise NoTime(f"the event lacks the time {name!r}, from which this duty counts") from error
    return moment.astimezone(UTC)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone).astimezone(UTC)


def is_working_day(day: date, jurisdiction: Jurisdiction) -> bool:
    """Monday to Friday and no bank holiday of the jurisdiction."""
    return day.weekday() < SATURDAY and day not in _holidays(
        jurisdiction.bank_holidays, jurisdiction.extra_holidays
    )


@lru_cache(maxsize=4096)
def _working_day_cached(start: date, count: int, division: str, extra: tuple[str, ...]) -> date:
    day, left = start, count
    while left:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in _holidays(division, extra):
            left -= 1
    return day


def _working_day(start: date, count: int, jurisdiction: Jurisdiction) -> date:
    return _working_day_cached(start, count, jurisdiction.bank_holidays, jurisdiction.extra_holidays)


@lru_cache(maxsize=16)
def _holidays(division: str, extra: tuple[str, ...]) -> frozenset[date]:
    """The packaged calendar (no network), with the policy's dates for the years it lacks."""
    packaged = BankHolidays(use_cached_holidays=True).get_holidays(division=division)
    return frozenset(row["date"] for row in packaged) | {date.fromisoformat(day) for day in extra}
