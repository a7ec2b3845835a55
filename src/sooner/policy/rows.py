"""From TOML tables to typed rows, by the dataclasses' own field names; each fault is said with file, row and field."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from sooner.policy import model

T = TypeVar("T")


class _Bad(Exception):
    pass


class Rows:
    """Builds the policy from tables, adding to `problems` what is wrong."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]], problems: list[str]) -> None:
        self.tables = tables
        self.problems = problems

    def policy(self) -> model.Policy | None:
        """The whole policy, or None when a part could not be built."""
        force = self._one("force", "force", model.Force)
        keyed = {
            "events": self._keyed("events", "event", model.Event),
            "duties": self._keyed("duties", "duty", model.DutyRule),
            "jurisdictions": self._keyed("jurisdictions", "jurisdiction", model.Jurisdiction),
            "units": self._keyed("units", "unit", model.Unit, key="code"),
            "authorities": self._keyed("authorities", "authority", model.Authority, key="code"),
            "indicators": self._keyed("indicators", "indicator", model.Indicator),
            "skills": self._keyed("skills", "skill", model.Skill),
            "roles": self._keyed("access", "role", model.Role),
            "capabilities": self._keyed("access", "capability", model.Capability),
            "handling": self._keyed("handling", "handling", model.Handling),
            "extracts": self._keyed("extracts", "extract", model.ExtractMapping),
            "purposes": self._keyed("lawfulness", "purpose", model.Purpose),
            "exemptions": self._keyed("lawfulness", "exemption", model.Exemption),
            "retention": self._keyed("retention", "retention", model.Retention),
            "harms": self._keyed("handling", "harm", model.Harm),
            "limits": self._keyed("limits", "limit", model.Limit),
        }
        routing = tuple(self._keyed("units", "routing", model.RoutingRule).values())
        bands = tuple(
            sorted(self._keyed("indicators", "band", model.Band).values(), key=lambda band: band.rank)
        )
        postcodes = self._postcodes()
        linkage = self._linkage()
        if force is None or linkage is None or self.problems:
            return None
        return model.Policy(
            force=force,
            routing=routing,
            bands=bands,
            postcodes=postcodes,
            linkage=linkage,
            **keyed,  # type: ignore[arg-type]
        )

    def _linkage(self) -> model.Linkage | None:
        rules = self._one("linkage", "person", model.LinkageRules)
        quality = self._one("linkage", "quality", model.LinkageQuality)
        comparisons = tuple(self._keyed("linkage", "comparison", model.LinkageComparison).values())
        bars = tuple(self._keyed("linkage", "bar", model.LinkageBar, key="comparison").values())
        if rules is None or quality is None:
            return None
        return model.Linkage(rules, quality, comparisons, bars, self._short_names())

    def _short_names(self) -> dict[str, str]:
        """Each short form with its whole name; a short form of several names stands with the first."""
        table = self.tables["linkage"].get("short_names", {})
        found: dict[str, str] = {}
        for whole, shorts in table.items():
            for short in shorts.split():
                found.setdefault(short, whole)
        return found

    def _postcodes(self) -> dict[str, tuple[str, ...]]:
        table = self.tables["postcodes"].get("outward", {})
        return {code: (said,) if isinstance(said, str) else tuple(said) for code, said in table.items()}

    def _one(self, file: str, table: str, kind: type[T]) -> T | None:
        row = self.tables[file].get(table)
        if not isinstance(row, Mapping):
            self.problems.append(f"{file}.toml: the table [{table}] is missing: add it")
            return None
        return self._build(kind, row, f"{file}.toml, [{table}]")

    def _keyed(self, file: str, table: str, kind: type[T], *, key: str = "key") -> dict[str, T]:
        built: dict[str, T] = {}
        for number, row in enumerate(self.tables[file].get(table, ()), 1):
            name = str(row.get(key, ""))
            where = f"{file}.toml, row {number} ({name or 'no ' + key})"
            made = self._build(kind, row, where)
            if name in built:
                self.problems.append(f"{where}, {key}: {name!r} stands twice: rename or remove one")
            elif made is not None:
                built[name] = made
        return built

    def _build(self, kind: type[T], row: Mapping[str, Any], where: str) -> T | None:
        hints = typing.get_type_hints(kind)
        fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]  # always a dataclass here
        before = len(self.problems)
        for name in row:
            if name not in fields:
                self.problems.append(f"{where}, {name}: there is no such field: one of {', '.join(fields)}")
        values: dict[str, Any] = {}
        for name, one in fields.items():
            if name in row:
                try:
                    values[name] = _typed(row[name], hints[name])
                except _Bad as bad:
                    self.problems.append(f"{where}, {name}: {bad}")
            elif one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING:
                self.problems.append(f"{where}, {name}: is missing: add it")
        return kind(**values) if len(self.problems) == before else None


def _typed(value: Any, hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _typed(value, next(a for a in arguments if a is not type(None)))
    if hint == model.FactsCondition:
        return {name: tuple(v) if isinstance(v, list) else (v,) for name, v in _mapping(value).items()}
    if origin in (tuple, frozenset):
        return origin(_typed(one, arguments[0]) for one in _list(value))
    if origin is not None and issubclass(origin, Mapping):
        return {name: _typed_row(name, v, arguments[1]) for name, v in _mapping(value).items()}
    if dataclasses.is_dataclass(hint):
        return _nested(hint, _mapping(value))  # type: ignore[arg-type]  # a class, not an instance
    return _plain(value, hint)


def _typed_row(name: str, value: Any, hint: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        keyed = {f.name for f in dataclasses.fields(hint)}
        value = {"key": name, **value} if "key" in keyed else value
    return _typed(value, hint)


def _nested(kind: type[Any], row: Mapping[str, Any]) -> Any:
    names = {f.name for f in dataclasses.fields(kind)}
    wrong = [name for name in row if name not in names]
    if wrong:
        raise _Bad(f"there is no {wrong[0]!r} in it: one of {', '.join(sorted(names))}")
    hints = typing.get_type_hints(kind)
    try:
        return kind(**{name: _typed(value, hints[name]) for name, value in row.items()})
    except TypeError as error:
        raise _Bad(f"a part is missing: {error}") from error


def _plain(value: Any, hint: Any) -> Any:
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is date and (not isinstance(value, date) or isinstance(value, datetime)):
        raise _Bad(f"{value!r} is not a date: write it as 2027-08-31, without quotation marks")
    if hint in (str, int, bool, float) and (
        not isinstance(value, hint) or (hint is int and isinstance(value, bool))
    ):
        raise _Bad(f"{value!r} is not {_WORDS[hint]}")
    return value


_WORDS = {str: "text", int: "a whole number", bool: "true or false", float: "a number"}


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Bad(f"{value!r} is not a list: write [..]")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Bad(f"{value!r} is not a table: write {{..}}")
    return value
