"""The authority's answers to a referral, as FHIR R4 messages: MessageHeader.response says to which, Task says what.

An answer is taken only when it says that the referral was taken: an error or a refusal of the authority's system never
counts as an acknowledgement. What the answer says beyond our fields is named in `unread`, for a person to look at.
"""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sooner.engines.formats.social_care.bundle import (
    SYSTEM,
    Resource,
    bundle,
    find,
    instant,
    loaded,
    moment,
    need,
    only,
    plain,
    ref,
    resources,
)
from sooner.engines.formats.social_care.errors import MessageError, NotTaken
from sooner.engines.formats.social_care.model import Acknowledgement, Decision, Reply

EVENT_ACKNOWLEDGED = "child-referral-acknowledged"
EVENT_DECIDED = "child-referral-decided"
TAKEN = frozenset({"received", "accepted", "ready", "in-progress", "completed"})
"""The states of a Task in which somebody has the referral; all others are drafts, refusals and failures."""

_KNOWN = {
    "Bundle": {"identifier", "type", "timestamp", "entry", "signature"},
    "MessageHeader": {"eventCoding", "source", "destination", "sender", "response", "focus"},
    "Task": {
        "status",
        "intent",
        "lastModified",
        "authoredOn",
        "owner",
        "focus",
        "for",
        "basedOn",
        "identifier",
    }
    | {"businessStatus", "statusReason"},
}
_HOUSEKEEPING = {"resourceType", "id", "meta", "language"}


def encode_reply(reply: Reply) -> bytes:
    """An acknowledgement or decision as a message bundle that answers the referral's.

    Raises MessageError when who, which referral, or a decision's code or reasons are missing.
    """
    _require_words(reply)
    identifier = str(uuid5(NAMESPACE_URL, f"{reply.referral_key}/{type(reply).__name__}/{instant(reply.at)}"))
    head = str(uuid5(NAMESPACE_URL, identifier))
    header: Resource = {
        "resourceType": "MessageHeader",
        "eventCoding": {
            "system": SYSTEM,
            "code": EVENT_DECIDED if isinstance(reply, Decision) else EVENT_ACKNOWLEDGED,
        },
        "source": {"name": reply.by, "endpoint": f"{SYSTEM}:authority"},
        "response": {"identifier": reply.referral_key, "code": "ok"},
        "focus": [ref(identifier)],
    }
    return bundle(head, at=reply.at, entries=[(head, header), (identifier, _task(reply))])


def _task(reply: Reply) -> Resource:
    task: dict[str, Any] = {
        "resourceType": "Task",
        "status": "completed" if isinstance(reply, Decision) else "accepted",
        "intent": "order",
        "lastModified": instant(reply.at),
        "owner": {"display": reply.by},
    }
    if isinstance(reply, Decision):
        coding = {"system": f"{SYSTEM}:decision", "code": reply.decision}
        task["businessStatus"] = {"coding": [coding], **({"text": reply.text} if reply.text.strip() else {})}
        task["statusReason"] = {"text": reply.reason}
    elif reply.reference.strip():
        task["identifier"] = [{"value": reply.reference}]
    return task


def _require_words(reply: Reply) -> None:
    said = {"referral_key": reply.referral_key, "by": reply.by}
    if isinstance(reply, Decision):
        said |= {"decision": reply.decision, "reason": reply.reason}
    for name, words in said.items():
        if not plain(words):
            raise MessageError(f"the answer has no {name.replace('_', ' ')}: give one")


def decode_reply(data: bytes | str) -> Reply:
    """The answer in a message. Raises MessageError; NotTaken when it says that the referral was not taken."""
    read = loaded(data)
    header, task = only(read, "MessageHeader"), only(read, "Task")
    event = need(header, "eventCoding", "code")
    if event not in (EVENT_ACKNOWLEDGED, EVENT_DECIDED):
        raise MessageError("the event of MessageHeader is not an answer to a referral")
    _require_taken(header, task)
    key, at = need(header, "response", "identifier"), _at(task)
    by = find(task, "owner", "display") or need(header, "source", "name")
    unread = _unread(read)
    if event == EVENT_ACKNOWLEDGED:
        number = find(task, "identifier", 0, "value")
        return Acknowledgement(referral_key=key, at=at, by=by, reference=number, unread=unread)
    return Decision(
        referral_key=key,
        at=at,
        by=by,
        decision=need(task, "businessStatus", "coding", 0, "code"),
        text=find(task, "businessStatus", "text"),
        reason=need(task, "statusReason", "text"),
        unread=unread,
    )


def _at(task: Resource) -> datetime:
    return moment(need(task, "lastModified"), what="Task.lastModified")


def _require_taken(header: Resource, task: Resource) -> None:
    if need(header, "response", "code") != "ok":
        raise NotTaken(
            "the authority's system says that it could not process the referral: call the authority"
        )
    if need(task, "status") not in TAKEN:
        raise NotTaken(
            "the authority's Task is refused, failed or not begun, which acknowledges nothing: call the authority"
        )


def _unread(read: Resource) -> tuple[str, ...]:
    found = [name for resource in [read, *resources(read)] for name in _unread_in(resource)]
    return tuple(dict.fromkeys(found))


def _unread_in(resource: Resource) -> list[str]:
    kind = find(resource, "resourceType")
    if kind not in _KNOWN:
        return [kind or "a resource without a type"]
    return [f"{kind}.{name}" for name in resource if name not in _KNOWN[kind] | _HOUSEKEEPING]
