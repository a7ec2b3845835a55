"""The referral as a message: lossless for our facts, valid FHIR R4 for everybody else's tools, and it says the same to both."""

import json
from datetime import datetime
from time import perf_counter
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fhir.resources.R4B.bundle import Bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sooner.engines.formats.social_care import errors, message, signature
from sooner.engines.formats.social_care.model import Adult, Child, SocialCareReferral
from tests.engines.formats.social_care.messages import ADULTS, REFERRAL, REFERRALS


def resources(referral: SocialCareReferral, kind: str) -> list[dict[str, Any]]:
    held = [entry["resource"] for entry in json.loads(message.encode(referral))["entry"]]
    return [resource for resource in held if resource["resourceType"] == kind]


def texts(node: object) -> list[str]:
    """Every text in a message."""
    if isinstance(node, dict):
        return [text for inner in node.values() for text in texts(inner)]
    if isinstance(node, list):
        return [text for inner in node for text in texts(inner)]
    return [node] if isinstance(node, str) else []


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REFERRALS)
def test_every_referral_is_read_back_whole_and_is_valid_fhir(referral: SocialCareReferral) -> None:
    sent = message.encode(referral)
    assert message.decode(sent) == referral
    assert message.decode(sent.decode()) == referral
    Bundle.model_validate_json(sent)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REFERRALS)
def test_no_text_of_a_message_is_blank_or_holds_control_characters(referral: SocialCareReferral) -> None:
    """FHIR forbids both; the validator of the other test does not look for them."""
    sent = json.loads(message.encode(referral))
    for text in texts(sent):
        assert text.strip()
        assert not any(ord(c) < 32 for c in text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REFERRALS)
def test_every_reference_inside_a_message_leads_to_a_part_of_it(referral: SocialCareReferral) -> None:
    sent = json.loads(message.encode(referral))
    places = [entry["fullUrl"] for entry in sent["entry"]]
    assert len(set(places)) == len(places)
    assert {
        text for text in texts([entry["resource"] for entry in sent["entry"]]) if text[:9] == "urn:uuid:"
    } <= set(places)
    assert sent["entry"][0]["resource"]["resourceType"] == "MessageHeader"


def test_the_same_referral_is_the_same_bytes() -> None:
    assert message.encode(REFERRAL) == message.encode(message.decode(message.encode(REFERRAL)))


def test_the_handling_instruction_stands_in_a_flag_that_nothing_ends() -> None:
    (flag,) = resources(REFERRAL, "Flag")
    assert flag["status"] == "active"
    assert flag["code"]["text"] == "Do not contact the household."
    assert flag["code"]["coding"][0]["code"] == "do-not-contact-household"
    assert "period" not in flag


def test_a_referral_without_a_handling_instruction_says_to_ask_first() -> None:
    (flag,) = resources(msgspec.structs.replace(REFERRAL, handling="", handling_words=" "), "Flag")
    assert "ask police before any contact" in flag["code"]["text"]


def test_the_child_is_the_patient_with_every_number_and_name() -> None:
    (child,) = resources(REFERRAL, "Patient")
    assert [name["text"] for name in child["name"]] == ["Ana Example", "Annie"]
    assert [n["value"] for n in child["identifier"]] == ["C-000001", "9990000018", "A000000000000"]
    assert (child["gender"], child["birthDate"]) == ("female", "2016-05-04")
    assert child["address"] == [{"line": ["1 Example Road"], "city": "London", "postalCode": "ZZ1 1ZZ"}]
    assert child["communication"][0]["language"]["text"] == "Polish"
    assert child["generalPractitioner"] == [{"display": "Example Surgery"}]
    assert {"url": "urn:sooner:school", "valueString": "Example Primary"} in child["extension"]


def test_the_suspect_is_marked_among_the_adults_with_how_they_reach_the_child() -> None:
    suspect, brother = resources(REFERRAL, "RelatedPerson")
    assert [r["text"] for r in suspect["relationship"]] == [
        "father",
        "May be a risk to the child",
        "Lives in the household",
    ]
    assert suspect["extension"] == [{"url": "urn:sooner:access", "valueString": "Lives with the child"}]
    assert brother["relationship"] == [{"text": "brother"}]


@given(ADULTS)
def test_an_adult_is_marked_as_suspect_only_when_one(adult: Adult) -> None:
    (shown,) = resources(msgspec.structs.replace(REFERRAL, adults=(adult,), children=()), "RelatedPerson")
    codes = [c["code"] for r in shown["relationship"] for c in r.get("coding", [])]
    assert ("suspect" in codes, "household" in codes) == (adult.is_suspect, adult.in_household)


def test_a_restricted_referral_names_its_managers_and_is_labelled_so() -> None:
    (request,) = resources(REFERRAL, "ServiceRequest")
    assert request["performer"] == [{"display": "Pat Manager"}]
    labels = json.loads(message.encode(REFERRAL))["meta"]["security"]
    assert [label["code"] for label in labels] == ["V"]
    wide = msgspec.structs.replace(REFERRAL, named_managers_only=False)
    assert json.loads(message.encode(wide))["meta"]["security"][0]["code"] == "R"


@pytest.mark.parametrize(
    ("urgent", "danger", "priority"),
    [(False, False, "urgent"), (True, False, "stat"), (False, True, "stat"), (True, True, "stat")],
)
def test_urgency_and_danger_raise_the_priority_and_nothing_makes_it_routine(
    urgent: bool, danger: bool, priority: str
) -> None:
    (request,) = resources(
        msgspec.structs.replace(REFERRAL, urgent=urgent, immediate_danger=danger), "ServiceRequest"
    )
    assert request["priority"] == priority


def test_what_was_agreed_and_what_parents_know_is_said_in_words() -> None:
    (request,) = resources(REFERRAL, "ServiceRequest")
    assert [note["text"] for note in request["note"]] == [
        "Agreed: no contact before 2026-03-02 09:30 UTC.",
        "Agreed: not later than 2026-03-04 09:30 UTC.",
        "Parents have not been told. It would warn the suspect.",
        "Known of other agencies: A health visitor knows the family.",
    ]
    assert [c["code"] for c in request["reasonCode"][0]["coding"]] == ["N1", "online"]


def test_how_the_child_was_found_and_what_was_done_is_said_in_words() -> None:
    (words,) = resources(REFERRAL, "Communication")
    assert [part["contentString"] for part in words["payload"]] == [
        "An adult may be a risk.",
        "Lives at the same address",
        "How sure: likely",
        "When: 2026-03-02 09:30 UTC",
        "Done: A warrant was applied for.",
    ]


def test_a_designated_officer_s_referral_is_about_the_adult() -> None:
    about = msgspec.structs.replace(REFERRAL, child=None, designated_officer=True)
    (adult,) = resources(about, "Patient")
    (request,) = resources(about, "ServiceRequest")
    assert (adult["name"][0]["text"], adult["birthDate"]) == ("Sam Example", "1980-01-01")
    assert request["category"] == [{"text": "Designated officer"}]


def test_a_time_without_a_zone_is_not_guessed() -> None:
    with pytest.raises(errors.MessageError, match="time zone"):
        message.encode(msgspec.structs.replace(REFERRAL, sent_at=datetime(2026, 3, 2, 9, 30)))


def changed(change: dict[str, Any] | None = None, facts: Any = None) -> bytes:
    """The referral's message with elements added to its ServiceRequest, or with other facts."""
    sent = json.loads(message.encode(REFERRAL))
    request = next(e["resource"] for e in sent["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
    request |= change or {}
    if facts is not None:
        request["extension"][0]["valueString"] = facts
    return json.dumps(sent).encode()


def test_facts_that_a_later_version_adds_are_passed_over() -> None:
    facts = json.loads(msgspec.json.encode(REFERRAL)) | {"a-later-fact": {"of": "any shape"}}
    assert message.decode(changed({"a-later-element": [1]}, json.dumps(facts))) == REFERRAL


@pytest.mark.parametrize("name", ["modifierExtension", "implicitRules"])
def test_what_may_change_the_meaning_is_refused_however_it_is_written(name: str) -> None:
    sent = changed({"requester": {name: [{"url": "urn:example:not", "valueBoolean": True}]}})
    escaped = sent.replace(name.encode(), name.replace("m", "\\u006d").encode())
    assert escaped != sent
    for data in (sent, sent.decode(), escaped):
        with pytest.raises(errors.MessageError, match=name):
            message.decode(data)


def test_a_second_request_in_one_message_is_refused() -> None:
    sent = json.loads(message.encode(REFERRAL))
    sent["entry"].append(sent["entry"][1])
    with pytest.raises(errors.MessageError, match="2 ServiceRequest"):
        message.decode(json.dumps(sent))


@pytest.mark.parametrize("facts", ["", "{}", "[]", "[" * 5000, 7, {"reference": "x"}, '{"reference": 3}'])
def test_facts_that_cannot_be_read_are_refused_with_a_plain_reason(facts: Any) -> None:
    with pytest.raises(errors.MessageError, match="facts cannot be read"):
        message.decode(changed(facts=facts))


@pytest.mark.parametrize("extension", [None, {}, [], [7], [{"url": "urn:example:other"}]])
def test_a_request_without_our_facts_is_refused(extension: Any) -> None:
    with pytest.raises(errors.MessageError, match="has no facts"):
        message.decode(changed({"extension": extension}))


NONSENSE = [
    b"{}",
    b"[]",
    b"[" * 100_000,
    b'{"resourceType":"Bundle","type":"message"}',
    b'{"resourceType":"Bundle","type":"message","entry":7}',
    b'{"resourceType":"Bundle","type":"message","entry":[{}, 7, {"resource": []}]}',
    b'{"resourceType":"Bundle","type":"collection","entry":[]}',
    b'{"resourceType":"Bundle","type":"message","\\u006d":' + b"[" * 700 + b"]" * 700 + b"}",
    b"\xff\xfe{",
]


@given(st.binary(max_size=60) | st.sampled_from(NONSENSE))
def test_nonsense_is_refused_with_a_plain_reason(data: bytes) -> None:
    with pytest.raises(errors.MessageError):
        message.decode(data)
    with pytest.raises(errors.MessageError):
        message.decode_reply(data)


def test_a_referral_is_encoded_and_signed_in_under_a_third_of_a_millisecond() -> None:
    """A tenth of a millisecond on an idle core; the best of five, so that a busy machine passes."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    crowded = msgspec.structs.replace(
        REFERRAL, adults=REFERRAL.adults * 4, children=(Child(reference="C", name="N"),) * 3
    )
    assert min(seconds_to_send(crowded, key) for _ in range(5)) < 0.0003


def seconds_to_send(referral: SocialCareReferral, key: Ed25519PrivateKey) -> float:
    begin = perf_counter()
    for _ in range(100):
        signature.sign(message.encode(referral), key=key, key_id="force")
    return (perf_counter() - begin) / 100
