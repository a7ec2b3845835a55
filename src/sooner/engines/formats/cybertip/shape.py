"""Compiles readers from the model: which element goes to which field, and how its text becomes a value.

Compiled once at import, because reading must be fast. A value that cannot be converted is never dropped: the
reader notes it as unrecognised with the text it had.
"""

import math
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from sooner.engines.formats.cybertip.model import FileDetails, Flag, FreeText, Known, Node, Report

Parser = Callable[[str], Any]
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Slot:
    """Where one element, attribute or text of a node goes."""

    __slots__ = ("attribute", "flag", "free", "known", "many", "parse", "shape")

    def __init__(self, *, attribute: str, many: bool, markers: list[Any]) -> None:
        self.attribute = attribute
        self.many = many
        self.parse: Parser | None = None
        self.shape: Shape | None = None
        self.flag = any(isinstance(marker, Flag) for marker in markers)
        self.free = any(isinstance(marker, FreeText) for marker in markers)
        self.known = next((_spellings(marker) for marker in markers if isinstance(marker, Known)), None)


def _spellings(known: Known) -> dict[str, str]:
    """The listed values by themselves and by their folded case."""
    return {spelling: value for value in known.values for spelling in (value.casefold(), value)}


class Shape:
    """How one kind of node is read."""

    __slots__ = ("attributes", "children", "make", "text")

    def __init__(self, make: type[Node]) -> None:
        self.make = make
        self.children: dict[Any, Slot] = {}
        self.attributes: dict[str, Slot] = {}
        self.text: Slot | None = None


def to_bool(text: str) -> bool:
    """``true``, ``false``, ``yes``, ``no``, ``1``, ``0`` in any case. Raises ValueError."""
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise ValueError(text)
    return value


def to_int(text: str) -> int:
    """A whole number that every database and JSON reader can hold. Raises ValueError."""
    if len(text) > 15 or not text.isascii():
        raise ValueError(text)
    return int(text)


def to_float(text: str) -> float:
    """A finite number. Raises ValueError."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def to_date(text: str) -> date:
    """The day of an XML date or date and time. Raises ValueError."""
    return date.fromisoformat(text if len(text) <= 10 else text[:10])


_PARSERS: dict[Any, Parser | None] = {
    str: None,
    bool: to_bool,
    int: to_int,
    float: to_float,
    datetime: datetime.fromisoformat,
    date: to_date,
}
_SHAPES: dict[type[Node], Shape] = {}


def shape_of(node: type[Node]) -> Shape:
    """The compiled reader of that kind of node."""
    if node not in _SHAPES:
        shape = _SHAPES[node] = Shape(node)
        for info in msgspec.structs.fields(node):
            _place(shape, info.encode_name, _slot(info.name, info.type))
    return _SHAPES[node]


def _place(shape: Shape, name: str, slot: Slot) -> None:
    if name == "#text":
        shape.text = slot
    elif name.startswith("@"):
        shape.attributes[name[1:]] = slot
    else:
        shape.children[name] = slot


def _slot(attribute: str, annotation: Any) -> Slot:
    base, markers = _unwrap(annotation, [])
    many = typing.get_origin(base) is tuple
    if many:
        base, markers = _unwrap(typing.get_args(base)[0], markers)
    slot = Slot(attribute=attribute, many=many, markers=markers)
    if isinstance(base, type) and issubclass(base, Node):
        slot.shape = shape_of(base)
    else:
        slot.parse = _PARSERS[base]
    return slot


def _unwrap(annotation: Any, markers: list[Any]) -> tuple[Any, list[Any]]:
    """Takes ``Annotated`` and ``| None`` off a type, collecting the markers."""
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            markers = [*markers, *annotation.__metadata__]
            annotation = annotation.__origin__
        elif typing.get_origin(annotation) in (types.UnionType, typing.Union):
            annotation = next(kind for kind in typing.get_args(annotation) if kind is not type(None))
        else:
            return annotation, markers


REPORT = shape_of(Report)
FILE = shape_of(FileDetails)
