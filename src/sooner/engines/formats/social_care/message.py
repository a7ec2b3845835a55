"""To and from FHIR R4 message bundles, without loss for the facts of `model`.

MessageHeader says what and to whom, ServiceRequest why, Patient is the child, RelatedPerson the adults and other children,
Flag the handling instruction, Communication the words. Facts that FHIR has no place for stand in extensions of our own.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from sooner.engines.formats.social_care.model import Acknowledgement, Decision, Reply, SocialCareReferral

SYSTEM = "urn:sooner"
EVENT_REFERRAL = "child-referral"
EVENT_ACKNOWLEDGED = "child-referral-acknowledged"
EVENT_DECIDED = "child-referral-decided"
_encoder = msgspec.json.Encoder()
_facts = msgspec.json.Encoder()
_referral = msgspec.json.Decoder(SocialCareReferral)
_sexes = {"male": "male", "m": "male", "female": "female", "f": "female"}


class MessageError(ValueError):
    """The message cannot be understood; says which part and what is wrong."""


def encode(referral: SocialCareReferral) -> bytes:
    """The referral as a FHIR R4 message bundle in JSON."""
    urn = _urns(referral.idempotency_key)
    entries = [
        _header(referral, urn),
        _service_request(referral, urn),
        _flag(referral, urn),
        _communication(referral, urn),
        _organisation(referral, urn),
        _practitioner(referral, urn),
        *_people(referral, urn),
    ]
    return _encoder.encode(_bundle(referral.idempotency_key, referral.sent_at, entries))


def decode(data: bytes | str) -> SocialCareReferral:
    """The referral back from its message. Raises MessageError."""
    bundle = _loaded(data)
    request = _resource(bundle, "ServiceRequest")
    for extension in request.get("extension", ()):
        if extension.get("url") == f"{SYSTEM}:facts":
            try:
                return _referral.decode(extension["valueString"])
            except (msgspec.MsgspecError, KeyError) as error:
                raise MessageError(f"the referral's facts cannot be read: {error}") from error
    raise MessageError("the message is not a referral of this kind: its ServiceRequest has no facts")


def encode_reply(reply: Reply) -> bytes:
    """An acknowledgement or decision as a message bundle that answers the referral's."""
    decided = isinstance(reply, Decision)
    identifier = str(uuid5(NAMESPACE_URL, f"{reply.referral_key}/{type(reply).__name__}/{_time(reply.at)}"))
    header: dict[str, Any] = {
        "resourceType": "MessageHeader",
        "eventCoding": {"system": SYSTEM, "code": EVENT_DECIDED if decided else EVENT_ACKNOWLEDGED},
        "source": {"name": reply.by, "endpoint": f"{SYSTEM}:authority"},
        "response": {"identifier": reply.referral_key, "code": "ok"},
        "focus": [{"reference": f"urn:uuid:{identifier}"}],
    }
    task: dict[str, Any] = {
        "resourceType": "Task",
        "status": "completed" if decided else "accepted",
        "intent": "order",
        "lastModified": _time(reply.at),
        "owner": {"display": reply.by},
    }
    if isinstance(reply, Decision):
        task["businessStatus"] = {"coding": [{"system": f"{SYSTEM}:decision", "code": reply.decision}]}
        task["statusReason"] = {"text": reply.reason}
    elif reply.reference:
        task["identifier"] = [{"value": reply.reference}]
    head = str(uuid5(NAMESPACE_URL, identifier))
    return _encoder.encode(_bundle(head, reply.at, [(head, header), (identifier, task)]))


def decode_reply(data: bytes | str) -> Reply:
    """The answer in a message. Raises MessageError."""
    bundle = _loaded(data)
    header, task = _resource(bundle, "MessageHeader"), _resource(bundle, "Task")
    try:
        key = str(header["response"]["identifier"])
        at = datetime.fromisoformat(task["lastModified"]).astimezone(UTC)
        by = str(task.get("owner", {}).get("display") or header["source"]["name"])
        if header["eventCoding"]["code"] == EVENT_DECIDED:
            code = task["businessStatus"]["coding"][0]["code"]
            return Decision(referral_key=key, at=at, by=by, decision=code, reason=task["statusReason"]["text"])
        if header["eventCoding"]["code"] == EVENT_ACKNOWLEDGED:
            number = (task.get("identifier") or [{}])[0].get("value", "")
            return Acknowledgement(referral_key=key, at=at, by=by, reference=number)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise MessageError(f"the answer lacks {error}: send MessageHeader and Task as documented") from error
    raise MessageError(f"the event {header['eventCoding']['code']!r} is not an answer to a referral")


def _loaded(data: bytes | str) -> dict[str, Any]:
    try:
        bundle = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MessageError(f"the message is not JSON: {error}") from error
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle" or bundle.get("type") != "message":
        raise MessageError("the message is not a FHIR Bundle of type message")
    return bundle


def _resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == kind:
            return resource
    raise MessageError(f"the message has no {kind}")


def _bundle(identifier: str, at: datetime, entries: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "identifier": {"system": f"{SYSTEM}:message", "value": identifier},
        "type": "message",
        "timestamp": _time(at),
        "entry": [{"fullUrl": f"urn:uuid:{urn}", "resource": resource} for urn, resource in entries],
    }


def _urns(key: str) -> dict[str, str]:
    names = ("header", "request", "flag", "communication", "organisation", "practitioner", "patient")
    return {name: str(uuid5(NAMESPACE_URL, f"{key}/{name}")) for name in names}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _ref(urn: str) -> dict[str, str]:
    return {"reference": f"urn:uuid:{urn}"}


def _header(r: SocialCareReferral, urn: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return urn["header"], {
        "resourceType": "MessageHeader",
        "eventCoding": {"system": SYSTEM, "code": EVENT_REFERRAL},
        "destination": [{"name": r.authority_name, "endpoint": f"{SYSTEM}:authority:{r.authority}"}],
        "sender": _ref(urn["organisation"]),
        "source": {"name": r.sender.force, "endpoint": f"{SYSTEM}:force"},
        "focus": [_ref(urn["request"])],
    }


def _service_request(r: SocialCareReferral, urn: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return urn["request"], {
        "resourceType": "ServiceRequest",
        "extension": [{"url": f"{SYSTEM}:facts", "valueString": _facts.encode(r).decode()}],
        "identifier": [{"system": f"{SYSTEM}:referral", "value": r.reference}],
        "status": "active",
        "intent": "order",
        "category": [{"text": "Designated officer" if r.designated_officer else "Children's social care"}],
        "priority": "stat" if r.urgent else "urgent",
        "subject": _ref(urn["patient"]),
        "authoredOn": _time(r.sent_at),
        "requester": _ref(urn["practitioner"]),
        "reasonCode": [
            {"coding": [{"system": f"{SYSTEM}:need", "code": r.concern.need}], "text": r.concern.summary}
        ],
    }


def _flag(r: SocialCareReferral, urn: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return urn["flag"], {
        "resourceType": "Flag",
        "status": "active",
        "code": {"coding": [{"system": f"{SYSTEM}:handling", "code": r.handling}], "text": r.handling_words},
        "subject": _ref(urn["patient"]),
    }


def _communication(r: SocialCareReferral, urn: dict[str, str]) -> tuple[str, dict[str, Any]]:
    words = [r.concern.summary, *r.concern.how_found, *r.actions_taken]
    return urn["communication"], {
        "resourceType": "Communication",
        "status": "completed",
        "sent": _time(r.sent_at),
        "payload": [{"contentString": said} for said in words if said.strip()],
    }


def _organisation(r: SocialCareReferral, urn: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return urn["organisation"], {"resourceType": "Organization", "name": r.sender.force}


def _practitioner(r: SocialCareReferral, urn: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return urn["practitioner"], {
        "resourceType": "Practitioner",
        "name": [{"text": r.sender.officer}],
        "telecom": [{"system": "other", "value": r.sender.contact}],
    }


def _people(r: SocialCareReferral, urn: dict[str, str]) -> Iterable[tuple[str, dict[str, Any]]]:
    yield urn["patient"], _patient(r)
    for place, adult in enumerate(r.adults):
        yield str(uuid5(NAMESPACE_URL, f"{r.idempotency_key}/adult/{place}")), {
            "resourceType": "RelatedPerson",
            "patient": _ref(urn["patient"]),
            "relationship": [{"text": adult.relationship or "not known"}],
            **_named(adult.name, adult.date_of_birth),
        }
    for place, child in enumerate(r.children):
        yield str(uuid5(NAMESPACE_URL, f"{r.idempotency_key}/child/{place}")), {
            "resourceType": "RelatedPerson",
            "patient": _ref(urn["patient"]),
            "relationship": [{"text": "child of the household"}],
            **_named(child.name, child.date_of_birth),
        }


def _patient(r: SocialCareReferral) -> dict[str, Any]:
    """The child; for a designated officer's referral, the adult concerned."""
    child = r.child
    if child is None:
        adult = next((a for a in r.adults if a.is_suspect), None)
        return {"resourceType": "Patient", **(_named(adult.name, adult.date_of_birth) if adult else {})}
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [{"system": f"{SYSTEM}:child", "value": child.reference}],
        "gender": _sexes.get(child.sex.casefold(), "unknown"),
        **_named(child.name, child.date_of_birth),
    }
    if child.home and (lines := [line for line in child.home.lines if line.strip()]):
        place = {"line": lines, "city": child.home.town, "postalCode": child.home.postcode}
        patient["address"] = [{name: value for name, value in place.items() if value}]
    return patient


def _named(name: str, born: date | None) -> dict[str, Any]:
    named: dict[str, Any] = {"name": [{"text": name}]} if name.strip() else {}
    return {**named, "birthDate": born.isoformat()} if born else named
