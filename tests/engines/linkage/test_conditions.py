"""A condition says the same in SQL and in Python, and a bad one is named in one clear line."""

from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sooner.engines.linkage.conditions import ATOMS, BadCondition, condition

COLUMNS = ("given", "family", "places")
ATOMS_SHOWN = (
    "missing(given)", "missing(places)", "same(given)", "same(places)", "crossed(given, family)", "near(given, 1)",
    "near(given, 2, 4)", "near(given, 0)", "begins(given)", "shares(places)",
)  # fmt: skip
JOINED = (
    "same(given) and same(family)", "near(given, 1, 3) or same(family)", "missing(given) or crossed(given, family)",
    "same(given) and begins(family) or shares(places) and near(family, 1)",
    "(same(given) or same(family)) and (shares(places) or missing(places))",
)  # fmt: skip

# Letters that every row is folded to before its letters are counted: few, so that values meet.
plain = st.text("abh", min_size=1, max_size=5) | st.sampled_from(("amara", "amar", "marama"))
anything = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=3)
lists = st.lists(st.sampled_from(("NB1 2CD|14", "NB1 2CE", "ünï", "王")), min_size=1, max_size=3).map(tuple)
rows = st.tuples(st.none() | plain, st.none() | plain, st.none() | lists)
rows_of_any_script = st.tuples(st.none() | anything, st.none() | anything, st.none() | lists)


@cache
def _connection() -> Any:
    return duckdb.connect()


def by_sql(text: str, one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """SQL's answer; unknown does not hold."""
    kinds = ("VARCHAR", "VARCHAR", "VARCHAR[]")
    said = [
        f"CAST(? AS {kind}) AS {column}_{side}"
        for side in ("l", "r")
        for column, kind in zip(COLUMNS, kinds, strict=True)
    ]
    values = [list(value) if isinstance(value, tuple) else value for value in (*one, *other)]
    sql = f"SELECT CASE WHEN {condition(text, COLUMNS).sql['duckdb']} THEN 1 ELSE 0 END"
    found = _connection().execute(f"{sql} FROM (SELECT {', '.join(said)})", values).fetchone()
    return bool(found[0])


@pytest.mark.parametrize("text", ATOMS_SHOWN + JOINED)
@given(one=rows, other=rows)
def test_sql_and_python_give_one_answer(text: str, one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert condition(text, COLUMNS).holds(one, other) == by_sql(text, one, other)


@pytest.mark.parametrize("text", [text for text in ATOMS_SHOWN if not text.startswith("near")])
@given(one=rows_of_any_script, other=rows_of_any_script)
def test_whole_values_compare_alike_in_any_script(
    text: str, one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    assert condition(text, COLUMNS).holds(one, other) == by_sql(text, one, other)


@pytest.mark.parametrize("text", ATOMS_SHOWN)
@given(one=rows, other=rows)
def test_no_condition_depends_on_which_record_is_first(
    text: str, one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    holds = condition(text, COLUMNS).holds
    assert holds(one, other) == holds(other, one)


def test_every_condition_there_is_is_shown_here() -> None:
    assert {text.split("(")[0] for text in ATOMS_SHOWN} == set(ATOMS)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "is not a condition"),
        ("same(given", "is not a condition"),
        ("same(given); same(family)", "is not a condition"),
        ("given", "is not one of"),
        ("alike(given)", "alike(given) is not one of missing, same"),
        ("not same(given)", "not same(given) is not one of"),
        ("same(given) if same(family) else same(places)", "is not one of"),
        ("__import__('os').system('x')", "is not one of"),
        ("_joined(given)", "is not one of"),
        ("same(column=given)", "is not one of"),
        ("same(nickname)", "nickname is not a column or a whole number"),
        ("same('given')", "'given' is not a column or a whole number"),
        ("same(*given)", "*given is not a column or a whole number"),
        ("near(given, True)", "True is not a column or a whole number"),
        ("near(given, -1)", "-1 is not a column or a whole number"),
        ("near(given, 1.5)", "1.5 is not a column or a whole number"),
        ("near(given)", "near(given) has wrong arguments"),
        ("near(given, family)", "near(given, family) has wrong arguments"),
        ("near(given, 1, family)", "near(given, 1, family) has wrong arguments"),
        ("near(1, given)", "near(1, given) has wrong arguments"),
        ("near(given, 1, 2, 3)", "near(given, 1, 2, 3) has wrong arguments"),
        ("same(1)", "same(1) has wrong arguments"),
        ("same()", "same() has wrong arguments"),
        ("crossed(given)", "crossed(given) has wrong arguments"),
        ("crossed(given, 1)", "crossed(given, 1) has wrong arguments"),
    ],
)
def test_a_bad_condition_is_named_in_one_line(text: str, named: str) -> None:
    with pytest.raises(BadCondition) as said:
        condition(text, COLUMNS)
    assert named in str(said.value)
    assert repr(text) in str(said.value)
    assert "\n" not in str(said.value)


@given(st.text("samenrgiv()_, 12andorlx.'\x00\n", max_size=30))
def test_any_text_is_a_condition_or_bad(text: str) -> None:
    try:
        condition(text, COLUMNS)
    except BadCondition as error:
        assert repr(text) in str(error)  # noqa: PT017  # both ends are right
