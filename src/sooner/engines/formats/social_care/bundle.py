"""What every message shares: the FHIR R4 bundle around it, plain text and times, and reading others' JSON without trust.

Elements that are not known are passed over, except those that FHIR forbids to pass over: modifier extensions and implicit
rules change what the rest means, so a message with one is refused.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from sooner.engines.formats.social_care.errors import MessageError

SYSTEM = "urn:sooner"
Resource = dict[str, Any]
MODIFIERS = (b"modifierExtension", b"implicitRules", b"\\u")
"""Bytes without which a message cannot hold a modifying element; an escaped name needs the last."""

_encoder = msgspec.json.Encoder()


def bundle(
    identifier: str, *, at: datetime, entries: Iterable[tuple[str, Resource]], security: str = ""
) -> bytes:
    """The message bundle in JSON: (uuid, resource) pairs, the header first."""
    made: Resource = {
        "resourceType": "Bundle",
        "identifier": {"system": f"{SYSTEM}:message", "value": identifier},
        "type": "message",
        "timestamp": instant(at),
        "entry": [{"fullUrl": f"urn:uuid:{urn}", "resource": resource} for urn, resource in entries],
    }
    if security:
        label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": security}
        made["meta"] = {"security": [label]}
    return _encoder.encode(made)


class Urns:
    """The uuids of a message's resources, numbered, the same whenever the same message is made again."""

    def __init__(self, key: str) -> None:
        made = str(uuid5(NAMESPACE_URL, key))
        self._front, self._last = made[:24], int(made[24:], 16)

    def __call__(self, number: int) -> str:
        return f"{self._front}{(self._last + number) & 0xFFFF_FFFF_FFFF:012x}"


def ref(urn: str) -> dict[str, str]:
    """A reference to a resource of the same message."""
    return {"reference": f"urn:uuid:{urn}"}


def plain(text: str) -> str:
    """Text as FHIR takes it: no control characters, no blank ends, one space between words."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or not _is_control(c))
    return " ".join(text.split())


def _is_control(character: str) -> bool:
    return ord(character) < 32 or 127 <= ord(character) < 160


def instant(moment: datetime) -> str:
    """A time with its zone as FHIR writes it, in UTC. Raises MessageError for a time without a zone."""
    if moment.tzinfo is None:
        raise MessageError("a time has no time zone: give it in UTC")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def loaded(data: bytes | str) -> Resource:
    """The bundle of a message. Raises MessageError."""
    try:
        read = msgspec.json.decode(data)
        _refuse_modifiers(data, read)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise MessageError(f"the message is not JSON: {error}") from error
    except RecursionError as error:
        raise MessageError("the message is nested too deeply to be read") from error
    if not isinstance(read, dict) or read.get("resourceType") != "Bundle" or read.get("type") != "message":
        raise MessageError("the message is not a FHIR Bundle of type message")
    return read


def _refuse_modifiers(data: bytes | str, read: object) -> None:
    raw = data.encode() if isinstance(data, str) else data
    if not any(mark in raw for mark in MODIFIERS):
        return
    for name in ("modifierExtension", "implicitRules"):
        if _holds(read, name):
            raise MessageError(f"the message has {name}, which changes its meaning: send it without")


def _holds(node: object, name: str) -> bool:
    if isinstance(node, dict):
        return name in node or any(_holds(inner, name) for inner in node.values())
    return isinstance(node, list) and any(_holds(inner, name) for inner in node)


def resources(read: Resource) -> list[Resource]:
    """The resources of a bundle in their order; entries that hold none are passed over."""
    entries = read.get("entry")
    held = [e.get("resource") for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    return [resource for resource in held if isinstance(resource, dict)]


def only(read: Resource, kind: str) -> Resource:
    """The one resource of its kind. Raises MessageError when there is none, or a second that may say otherwise."""
    found = [resource for resource in resources(read) if resource.get("resourceType") == kind]
    if not found:
        raise MessageError(f"the message has no {kind}")
    if len(found) > 1:
        raise MessageError(f"the message has {len(found)} {kind} resources: send one message for each")
    return found[0]


def find(resource: Resource, *path: str | int) -> str:
    """The words at a place inside a resource, empty when there are none. Raises MessageError for what is no text."""
    node: object = resource
    for step in path:
        if isinstance(step, int):
            node = node[step] if isinstance(node, list) and len(node) > step else None
        else:
            node = node.get(step) if isinstance(node, Mapping) else None
    if node is None:
        return ""
    if not isinstance(node, str):
        raise MessageError(f"{_named(resource, path)} is not text")
    return node


def need(resource: Resource, *path: str | int) -> str:
    """The words at a place that must have some. Raises MessageError."""
    found = find(resource, *path)
    if not found.strip():
        raise MessageError(f"the message lacks {_named(resource, path)}: send it as documented")
    return found


def moment(text: str, *, what: str) -> datetime:
    """A time in UTC. Raises MessageError unless it is a time with its zone."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MessageError(f"{what} is not a time: write it as 2026-01-31T09:30:00Z") from error
    raise MessageError(f"{what} has no time zone: write it as 2026-01-31T09:30:00Z")


def _named(resource: Resource, path: tuple[str | int, ...]) -> str:
    return ".".join([str(resource.get("resourceType", "message")), *(s for s in path if isinstance(s, str))])
