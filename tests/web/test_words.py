"""Times in words, at the edges where clocks and calendars trip."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sooner.ledger import clock
from sooner.policy.loader import get_policy
from sooner.web import words
from sooner.web.templatetags import sooner as tags


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 6, 3, 13, 5, tzinfo=UTC), "3 June 2026 at 2:05pm"),
        (datetime(2026, 1, 3, 13, 5, tzinfo=UTC), "3 January 2026 at 1:05pm"),
        (datetime(2026, 1, 3, 12, 0, tzinfo=UTC), "3 January 2026 at midday"),
        (datetime(2026, 1, 3, 0, 0, tzinfo=UTC), "3 January 2026 at midnight"),
        (datetime(2026, 1, 3, 0, 1, tzinfo=UTC), "3 January 2026 at 12:01am"),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "1 July 2026 at 12:30am"),
        # The clocks go forward on 29 March 2026 at 1am: 1:30am does not exist.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "29 March 2026 at 12:59am"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29 March 2026 at 2am"),
        # They go back on 25 October 2026 at 2am: 1:30am happens twice, and each says which.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "25 October 2026 at 1:30am BST"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25 October 2026 at 1:30am GMT"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "25 October 2026 at 2am"),
    ],
)
def test_a_moment_is_told_in_the_forces_zone(moment: datetime, said: str) -> None:
    assert words.day_and_time(moment) == said


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.integers(1, 180))
def test_two_moments_an_hour_or_less_apart_are_never_told_alike(start: datetime, minutes: int) -> None:
    earlier = start.replace(second=0, microsecond=0, tzinfo=UTC)
    assert words.day_and_time(earlier) != words.day_and_time(earlier + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(0), "due now"),
        (timedelta(seconds=59), "due now"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=119), "in 1 hour"),
        (timedelta(hours=47, minutes=59), "in 47 hours"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=1500), "in 1,500 days"),
        (timedelta(seconds=-1), "less than a minute late"),
        (timedelta(hours=-3), "3 hours late"),
        (timedelta(days=-3), "3 days late"),
    ],
)
def test_the_time_left_is_told_without_flattery(left: timedelta, said: str) -> None:
    now = datetime(2026, 6, 3, 12, tzinfo=UTC)
    assert words.distance(now + left, now=now) == said


@given(st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_late_is_said_if_and_only_if_it_is_late(left: timedelta) -> None:
    now = datetime(2026, 6, 3, 12, tzinfo=UTC)
    assert words.distance(now + left, now=now).endswith("late") == (left < timedelta(0))


def test_until_reads_the_products_clock(noon: datetime) -> None:
    assert tags.until(noon + timedelta(hours=2)) == "in 2 hours"
    with clock.standing_at(noon + timedelta(hours=5)):
        assert tags.until(noon + timedelta(hours=2)) == "3 hours late"


def test_a_time_element_carries_the_exact_moment() -> None:
    assert tags.when(datetime(2026, 6, 3, 11, tzinfo=UTC)) == (
        '<time datetime="2026-06-03T11:00:00+00:00">3 June 2026 at midday</time>'
    )
    assert tags.when(date(2026, 6, 3)) == '<time datetime="2026-06-03">3 June 2026</time>'
    assert tags.when(None) == ""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Children Act 1989 s.47", "Children Act 1989 s.47"),
        ("(design)", "This force's policy; no law or guidance sets it"),
        ("(design) doubt counts as yes", "This force's policy: doubt counts as yes"),
        ("HMICFRS 2023 (design: 14 days)", "HMICFRS 2023 (14 days: this force's policy)"),
        ("Data Protection Act 2018 s.62 (design)", "Data Protection Act 2018 s.62, and this force's policy"),
        ("Children Act 1989 s.46 (recall)", "Children Act 1989 s.46 (not checked against the text)"),
    ],
)
def test_a_rules_source_is_told_without_the_policy_files_short_marks(written: str, said: str) -> None:
    assert words.source(written) == said


def test_no_rule_of_the_policy_shows_a_reader_a_short_mark() -> None:
    for rule in get_policy().duties.values():
        assert not re.search(r"\((design|recall)", words.source(rule.source)), rule.key
