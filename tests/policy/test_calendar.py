"""Deadlines: elapsed hours whatever the clocks do, working days by the bank holidays, months by the calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sooner.policy.calendar import NoTime, deadline
from sooner.policy.loader import load
from sooner.policy.model import Clock

POLICY = load()
ZONE = ZoneInfo("Europe/London")
ENGLAND = POLICY.jurisdictions["england"]


def due(opened: str, clock: Clock) -> str:
    local = datetime.fromisoformat(opened).replace(tzinfo=ZONE)
    return (
        deadline(local, clock, jurisdiction=ENGLAND, zone=ZONE).astimezone(ZONE).strftime("%a %d %b %Y %H:%M")
    )


@pytest.mark.parametrize(
    ("opened", "days", "expected"),
    [
        ("2026-06-03T10:00", 1, "Thu 04 Jun 2026 23:59"),
        ("2026-06-05T18:30", 1, "Mon 08 Jun 2026 23:59"),  # a Friday evening
        ("2026-06-06T09:00", 1, "Mon 08 Jun 2026 23:59"),  # a Saturday
        (
            "2026-12-24T16:00",
            1,
            "Tue 29 Dec 2026 23:59",
        ),  # Christmas on a Friday, Boxing Day's substitute on Monday
        ("2026-04-02T12:00", 1, "Tue 07 Apr 2026 23:59"),  # Good Friday and Easter Monday
        ("2026-05-01T12:00", 1, "Tue 05 May 2026 23:59"),  # the early May bank holiday
        ("2026-06-03T10:00", 15, "Wed 24 Jun 2026 23:59"),
        ("2028-12-22T12:00", 1, "Wed 27 Dec 2028 23:59"),  # a year that only the policy's list knows
    ],
)
def test_working_days_end_with_the_day_and_pass_over_weekends_and_bank_holidays(
    opened: str, days: int, expected: str
) -> None:
    assert due(opened, Clock(working_days=days)) == expected


def test_seventy_two_hours_are_seventy_two_hours_when_the_clocks_change() -> None:
    opened = datetime(2026, 3, 27, 12, tzinfo=ZONE)  # the clocks go forward on the 29th
    ends = deadline(opened, Clock(hours=72), jurisdiction=ENGLAND, zone=ZONE)
    assert ends - opened.astimezone(UTC) == timedelta(hours=72)
    assert ends.astimezone(ZONE).hour == 13


def test_a_month_is_a_calendar_month_at_the_same_time_of_day() -> None:
    assert due("2026-01-31T09:00", Clock(months=3)) == "Thu 30 Apr 2026 09:00"


def test_a_time_that_the_event_should_give_and_does_not_is_an_error() -> None:
    with pytest.raises(NoTime, match="not_later_than"):
        deadline(datetime.now(UTC), Clock(fact="not_later_than"), jurisdiction=ENGLAND, zone=ZONE, facts={})


CLOCKS = st.one_of(
    st.builds(Clock, hours=st.integers(1, 5000)),
    st.builds(Clock, minutes=st.integers(1, 5000)),
    st.builds(Clock, working_days=st.integers(1, 60)),
    st.builds(Clock, calendar_days=st.integers(1, 400)),
    st.builds(Clock, months=st.integers(1, 24)),
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, CLOCKS)
def test_nothing_is_due_before_it_was_opened(opened: datetime, clock: Clock) -> None:
    for jurisdiction in POLICY.jurisdictions.values():
        assert deadline(opened, clock, jurisdiction=jurisdiction, zone=ZONE) > opened


@given(MOMENTS, st.integers(1, 59))
def test_one_more_working_day_is_never_earlier(opened: datetime, days: int) -> None:
    sooner = deadline(opened, Clock(working_days=days), jurisdiction=ENGLAND, zone=ZONE)
    assert deadline(opened, Clock(working_days=days + 1), jurisdiction=ENGLAND, zone=ZONE) > sooner
