"""The order of steps, and the limits of warrants and bail, in the words of an investigation."""

from datetime import UTC, datetime, timedelta

import pytest

from sooner.investigations.steps import Done, problem_with, problem_with_bail, state_of, warrant_expiry

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def story(*kinds: str, until: datetime | None = None) -> list[Done]:
    """These steps, an hour apart; the last may have an end."""
    done = [Done(kind, START + timedelta(hours=n)) for n, kind in enumerate(kinds)]
    return [*done[:-1], Done(done[-1].kind, done[-1].at, until)] if done else []


LATER = START + timedelta(days=2)
ALLOWED = [
    ((), "warrant.applied"),
    (("warrant.applied",), "warrant.granted"),
    (("warrant.applied",), "warrant.refused"),
    (("warrant.applied", "warrant.granted"), "warrant.executed"),
    (("warrant.applied", "warrant.refused"), "warrant.applied"),
    ((), "suspect.contacted"),
    ((), "suspect.arrested"),
    (("suspect.contacted",), "suspect.interviewed"),
    (("suspect.arrested",), "suspect.bailed"),
    (("suspect.arrested", "suspect.bailed"), "bail.extended"),
    (("suspect.arrested", "suspect.bailed"), "bail.ended"),
    (("suspect.arrested",), "suspect.released-under-investigation"),
    (("suspect.arrested", "suspect.released-under-investigation"), "suspect.bailed"),
    (("suspect.arrested", "suspect.released-under-investigation"), "suspect.arrested"),
    (("suspect.contacted", "suspect.interviewed"), "suspect.charged"),
    ((), "suspect.no-further-action"),
    ((), "victim.updated"),
    (("victim.identified",), "victim.needs-assessed"),
]
REFUSED = [
    ((), "warrant.executed", "not granted"),
    (("warrant.applied",), "warrant.executed", "not granted"),
    (("warrant.applied", "warrant.refused"), "warrant.executed", "not granted"),
    ((), "warrant.granted", "No application"),
    ((), "warrant.refused", "No application"),
    (("warrant.applied",), "warrant.applied", "already"),
    (("suspect.contacted",), "suspect.contacted", "already"),
    (("suspect.arrested",), "suspect.arrested", "already"),
    ((), "suspect.interviewed", "before the interview"),
    ((), "suspect.bailed", "arrest before bail"),
    (("suspect.arrested", "suspect.bailed"), "suspect.bailed", "extend it"),
    ((), "bail.extended", "not on bail"),
    ((), "bail.ended", "not on bail"),
    (("suspect.arrested", "suspect.bailed", "bail.ended"), "bail.extended", "not on bail"),
    ((), "suspect.released-under-investigation", "arrest before the release"),
    ((), "suspect.charged", "before the charge"),
    (("suspect.arrested", "suspect.charged"), "suspect.charged", "already"),
    (("suspect.arrested", "suspect.charged"), "suspect.no-further-action", "court"),
    ((), "victim.needs-assessed", "identified first"),
]


@pytest.mark.parametrize(("before", "kind"), ALLOWED)
def test_a_step_may_follow(before: tuple[str, ...], kind: str) -> None:
    assert problem_with(kind, LATER, story(*before)) == ""


@pytest.mark.parametrize(("before", "kind", "words"), REFUSED)
def test_a_step_may_not_come_yet_and_the_refusal_says_why(
    before: tuple[str, ...], kind: str, words: str
) -> None:
    assert words in problem_with(kind, LATER, story(*before))


def test_a_warrant_lasts_three_months() -> None:
    granted = story("warrant.applied", "warrant.granted", until=warrant_expiry(START))
    assert problem_with("warrant.executed", datetime(2026, 6, 2, 9, tzinfo=UTC), granted) == ""
    assert "ended on 2 June 2026" in problem_with(
        "warrant.executed", datetime(2026, 6, 3, tzinfo=UTC), granted
    )


def test_of_two_steps_in_the_same_minute_the_one_recorded_later_counts() -> None:
    same = [Done("warrant.applied", START), Done("warrant.granted", START)]
    assert problem_with("warrant.executed", START, same) == ""


def test_a_step_cannot_be_slipped_in_before_a_later_one() -> None:
    done = story("suspect.arrested", "suspect.charged")
    assert "recorded in their order" in problem_with("suspect.bailed", START + timedelta(minutes=30), done)


def test_bail_that_lapsed_cannot_be_extended() -> None:
    done = story("suspect.arrested", "suspect.bailed", until=LATER)
    assert "lapsed" in problem_with("bail.extended", LATER + timedelta(days=1), done)


BAILED = datetime(2026, 3, 2, 10, tzinfo=UTC)
BAIL = [
    ("suspect.bailed", "custody-officer", datetime(2026, 6, 2, 10, tzinfo=UTC), ""),
    ("suspect.bailed", "custody-officer", datetime(2026, 6, 2, 11, tzinfo=UTC), "at most 3 months"),
    ("suspect.bailed", "inspector", datetime(2026, 5, 2, tzinfo=UTC), "custody officer"),
    ("suspect.bailed", "", datetime(2026, 5, 2, tzinfo=UTC), "on whose authority"),
    ("suspect.bailed", "custody-officer", BAILED, "end after it begins"),
    ("bail.extended", "inspector", datetime(2026, 9, 2, 10, tzinfo=UTC), ""),
    ("bail.extended", "inspector", datetime(2026, 9, 3, tzinfo=UTC), "at most 6 months"),
    ("bail.extended", "superintendent", datetime(2026, 12, 2, 10, tzinfo=UTC), ""),
    ("bail.extended", "superintendent", datetime(2026, 12, 3, tzinfo=UTC), "at most 9 months"),
    ("bail.extended", "court", datetime(2027, 3, 2, tzinfo=UTC), ""),
    ("bail.extended", "custody-officer", datetime(2026, 8, 2, tzinfo=UTC), "cannot extend"),
    ("bail.extended", "inspector", datetime(2026, 6, 1, tzinfo=UTC), "later than bail ends now"),
]


@pytest.mark.parametrize(("kind", "authority", "until", "words"), BAIL)
def test_bail_lasts_as_long_as_the_rank_allows(
    kind: str, authority: str, until: datetime, words: str
) -> None:
    three_months = datetime(2026, 6, 2, 10, tzinfo=UTC)
    done = [Done("suspect.arrested", START)]
    if kind == "bail.extended":
        done.append(Done("suspect.bailed", BAILED, three_months))
    at = BAILED if kind == "suspect.bailed" else datetime(2026, 5, 30, tzinfo=UTC)
    said = problem_with_bail(kind, at=at, until=until, authority=authority, done=done)
    assert (words.lower() in said.lower()) if words else said == ""


def test_where_the_suspect_stands_is_the_last_custody_step() -> None:
    standing = state_of(story("suspect.arrested", "suspect.interviewed", "suspect.bailed", "victim.updated"))
    assert standing is not None
    assert standing.kind == "suspect.bailed"
    assert state_of([]) is None
