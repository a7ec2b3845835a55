"""The authority's answers: read back whole, taken only when they say yes, and never silently less than was written."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings

from sooner.engines.formats.social_care import errors, message
from sooner.engines.formats.social_care.model import Acknowledgement, Decision
from tests.engines.formats.social_care.messages import ACKNOWLEDGED, DECIDED, REPLIES


def written(reply: Acknowledgement | Decision, **changes: Any) -> bytes:
    """The reply's message with elements of its MessageHeader, Task or Bundle replaced; None takes one out."""
    sent = json.loads(message.encode_reply(reply))
    parts = {"bundle": sent, "header": sent["entry"][0]["resource"], "task": sent["entry"][1]["resource"]}
    for part, elements in changes.items():
        parts[part].update(elements)
        for name in [name for name, value in elements.items() if value is None]:
            del parts[part][name]
    return json.dumps(sent).encode()


@settings(deadline=None)
@given(REPLIES)
def test_every_answer_is_read_back_and_is_valid_fhir(reply: Acknowledgement | Decision) -> None:
    sent = message.encode_reply(reply)
    assert message.decode_reply(sent) == reply
    Bundle.model_validate_json(sent)


@pytest.mark.parametrize("code", ["fatal-error", "transient-error", "anything"])
@pytest.mark.parametrize("reply", [ACKNOWLEDGED, DECIDED])
def test_an_error_of_the_authority_s_system_acknowledges_nothing(
    reply: Acknowledgement | Decision, code: str
) -> None:
    response = {"identifier": reply.referral_key, "code": code}
    with pytest.raises(errors.NotTaken, match="could not process"):
        message.decode_reply(written(reply, header={"response": response}))


@pytest.mark.parametrize(
    "status", ["rejected", "failed", "cancelled", "entered-in-error", "draft", "requested"]
)
def test_a_task_that_is_refused_or_not_begun_acknowledges_nothing(status: str) -> None:
    with pytest.raises(errors.NotTaken, match="acknowledges nothing"):
        message.decode_reply(written(ACKNOWLEDGED, task={"status": status}))


@pytest.mark.parametrize("status", ["received", "accepted", "in-progress", "completed"])
def test_an_acknowledgement_may_say_how_far_the_authority_is(status: str) -> None:
    assert message.decode_reply(written(ACKNOWLEDGED, task={"status": status})) == ACKNOWLEDGED


def test_what_an_answer_says_beyond_our_fields_is_named_for_a_person() -> None:
    sent = json.loads(
        written(ACKNOWLEDGED, task={"note": [{"text": "Call before any visit."}]}, header={"reason": {}})
    )
    sent["entry"] += [{"resource": {"resourceType": "Communication"}}, {"resource": {}}]
    read = message.decode_reply(json.dumps(sent))
    assert read.unread == ("MessageHeader.reason", "Task.note", "Communication", "a resource without a type")
    assert msgspec.structs.replace(read, unread=()) == ACKNOWLEDGED


def test_what_may_change_the_meaning_of_an_answer_is_refused() -> None:
    with pytest.raises(errors.MessageError, match="modifierExtension"):
        message.decode_reply(written(DECIDED, task={"modifierExtension": [{"url": "urn:example:not"}]}))


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2026-03-02T09:30:00", "no time zone"),
        ("2026-03-02", "no time zone"),
        ("yesterday", "not a time"),
        ("0001-01-01T00:00:00+23:00", "not a time"),
    ],
)
def test_a_time_that_cannot_be_told_is_refused_not_guessed(time: str, reason: str) -> None:
    with pytest.raises(
        errors.MessageError, match=rf"Task\.lastModified .*{reason}|Task\.lastModified is {reason}"
    ):
        message.decode_reply(written(ACKNOWLEDGED, task={"lastModified": time}))


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    read = message.decode_reply(written(ACKNOWLEDGED, task={"lastModified": "2026-07-01T10:00:00+01:00"}))
    assert read.at == datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "elements", "named"),
    [
        ("header", {"eventCoding": None}, "MessageHeader.eventCoding.code"),
        ("header", {"eventCoding": {"code": "another"}}, "event of MessageHeader"),
        ("header", {"response": None}, "MessageHeader.response.code"),
        ("header", {"response": {"code": "ok"}}, "MessageHeader.response.identifier"),
        ("header", {"response": {"code": "ok", "identifier": {"a": 1}}}, "identifier is not text"),
        ("task", {"lastModified": None}, "Task.lastModified"),
        ("task", {"status": None}, "Task.status"),
        ("task", {"businessStatus": {"coding": []}}, "Task.businessStatus.coding.code"),
        ("task", {"businessStatus": {"coding": [{"code": 3}]}}, "code is not text"),
        ("task", {"statusReason": {"text": " "}}, "Task.statusReason.text"),
        ("task", {"statusReason": None}, "Task.statusReason.text"),
    ],
)
def test_an_answer_that_lacks_something_is_refused_and_told_what(
    part: str, elements: dict[str, Any], named: str
) -> None:
    with pytest.raises(errors.MessageError, match=named):
        message.decode_reply(written(DECIDED, **{part: elements}))


def test_who_answered_is_the_system_where_no_person_is_named() -> None:
    sent = written(ACKNOWLEDGED, task={"owner": None}, header={"source": {"name": "Example Borough"}})
    assert message.decode_reply(sent).by == "Example Borough"


def test_a_message_with_two_tasks_is_refused() -> None:
    sent = json.loads(message.encode_reply(DECIDED))
    sent["entry"].append(sent["entry"][1])
    with pytest.raises(errors.MessageError, match="2 Task"):
        message.decode_reply(json.dumps(sent))


@pytest.mark.parametrize("name", ["referral_key", "by", "decision", "reason"])
def test_an_answer_that_says_too_little_is_not_written(name: str) -> None:
    with pytest.raises(errors.MessageError, match=name.replace("_", " ")):
        message.encode_reply(msgspec.structs.replace(DECIDED, **{name: " "}))
