"""The small language in which a model says when a level of a comparison holds, read once for SQL and for Python.

`same(given)`, `near(family, 1, 4) or same(family_sound)`, `crossed(born_day, born_month) and same(born_year)`. Only `and` and
`or` join: without `not`, SQL's unknown and Python's false decide alike. Every function exists alike in DuckDB and Spark.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

Row = Sequence[Any]
"""A prepared description: a value, or None, for each column of its kind; lists for columns of many values."""
Test = Callable[[Row, Row], bool]


class BadCondition(ValueError):
    """The text is not a condition; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, as SQL over `<column>_l` and `<column>_r`, and as a test of two rows."""

    text: str
    sql: Mapping[str, str]
    """By dialect: `duckdb`, `spark`."""
    holds: Test


DIALECTS = ("duckdb", "spark")


def condition(text: str, columns: Sequence[str]) -> Condition:
    """Read a condition over these columns. Raises BadCondition naming what is not understood."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:  # ValueError: a null character
        raise BadCondition(f"{text!r} is not a condition: {getattr(error, 'msg', error)}") from error
    reader = _Reader({column: place for place, column in enumerate(columns)}, text)
    sql, holds = reader.read(tree)
    return Condition(text, sql, holds)


Said = tuple[dict[str, str], Test]


class _Reader:
    def __init__(self, places: Mapping[str, int], text: str) -> None:
        self.places, self.text = places, text

    def read(self, node: ast.expr) -> Said:
        if isinstance(node, ast.BoolOp):
            return self._joined(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            atom = getattr(self, f"_{node.func.id}", None) if node.func.id in ATOMS else None
            if atom is not None:
                return self._atom(atom, node)
        raise BadCondition(f"{self.text!r}: {ast.unparse(node)} is not one of {', '.join(ATOMS)}")

    def _joined(self, node: ast.BoolOp) -> Said:
        parts = [self.read(value) for value in node.values]
        tests = [test for _, test in parts]
        word, holds = (" AND ", _every(tests)) if isinstance(node.op, ast.And) else (" OR ", _some(tests))
        return {d: "(" + word.join(sql[d] for sql, _ in parts) + ")" for d in DIALECTS}, holds

    def _atom(self, atom: Callable[..., Said], node: ast.Call) -> Said:
        said = [self._argument(one) for one in node.args]
        try:
            return atom(*said)
        except (
            TypeError,
            KeyError,
        ) as error:  # too many or too few; a column where a number belongs, or the other way round
            raise BadCondition(f"{self.text!r}: {ast.unparse(node)} has wrong arguments") from error

    def _argument(self, node: ast.expr) -> str | int:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return node.value
        if isinstance(node, ast.Name) and node.id in self.places:
            return node.id
        raise BadCondition(f"{self.text!r}: {ast.unparse(node)} is not a column or a whole number")

    def _missing(self, column: str) -> Said:
        at = self.places[column]
        return _alike(
            f"({column}_l IS NULL OR {column}_r IS NULL)"
        ), lambda a, b: a[at] is None or b[at] is None

    def _same(self, column: str) -> Said:
        at = self.places[column]
        return _alike(f"{column}_l = {column}_r"), lambda a, b: a[at] is not None and a[at] == b[at]

    def _crossed(self, one: str, other: str) -> Said:
        first, second = self.places[one], self.places[other]
        sql = f"({one}_l = {other}_r AND {other}_l = {one}_r)"

        def holds(a: Row, b: Row) -> bool:
            there = a[first] is not None and a[second] is not None
            return there and a[first] == b[second] and a[second] == b[first]

        return _alike(sql), holds

    def _near(self, column: str, distance: int, shortest: int = 1) -> Said:
        """At most so many letters typed differently, and neither shorter than `shortest`."""
        at, edits = self.places[column], Levenshtein.distance
        if isinstance(distance, str) or isinstance(shortest, str):
            raise TypeError("a distance is a whole number")
        sql = (
            f"(levenshtein({column}_l, {column}_r) <= {distance}"
            f" AND length({column}_l) >= {shortest} AND length({column}_r) >= {shortest})"
        )

        def holds(a: Row, b: Row) -> bool:
            one, other = a[at], b[at]
            if one is None or other is None or len(one) < shortest or len(other) < shortest:
                return False
            return bool(edits(one, other, score_cutoff=distance) <= distance)

        return _alike(sql), holds

    def _begins(self, column: str) -> Said:
        """One is the beginning of the other: an initial, a shortened name."""
        at = self.places[column]
        left, right = f"{column}_l", f"{column}_r"
        sql = f"(substr({left}, 1, length({right})) = {right} OR substr({right}, 1, length({left})) = {left})"

        def holds(a: Row, b: Row) -> bool:
            one, other = a[at], b[at]
            return one is not None and other is not None and (one.startswith(other) or other.startswith(one))

        return _alike(sql), holds

    def _shares(self, column: str) -> Said:
        """A value stands in both lists."""
        at = self.places[column]
        sql = {
            "duckdb": f"list_has_any({column}_l, {column}_r)",
            "spark": f"arrays_overlap({column}_l, {column}_r)",
        }

        def holds(a: Row, b: Row) -> bool:
            one, other = a[at], b[at]
            return one is not None and other is not None and any(value in other for value in one)

        return sql, holds


ATOMS = ("missing", "same", "crossed", "near", "begins", "shares")


def _alike(sql: str) -> dict[str, str]:
    return dict.fromkeys(DIALECTS, sql)


def _every(tests: Sequence[Test]) -> Test:
    return lambda a, b: all(test(a, b) for test in tests)


def _some(tests: Sequence[Test]) -> Test:
    return lambda a, b: any(test(a, b) for test in tests)
