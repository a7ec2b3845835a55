"""The referral, to and from a FHIR R4 message bundle, without loss for the facts of `model`.

MessageHeader says what and to whom, ServiceRequest why, Patient is the child, RelatedPerson the adults and other children,
Flag the handling instruction, Communication the words. Every fact also stands, exactly, in one extension of our own, from
which it is read back; what others' tools see is the same said in FHIR's terms. The handling instruction has no end in the
message: only a person lifts it.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec

from sooner.engines.formats.social_care.bundle import (
    SYSTEM,
    Resource,
    Urns,
    bundle,
    instant,
    loaded,
    only,
    plain,
    ref,
)
from sooner.engines.formats.social_care.errors import MessageError as MessageError
from sooner.engines.formats.social_care.model import Adult, Child, SocialCareReferral
from sooner.engines.formats.social_care.replies import decode_reply as decode_reply
from sooner.engines.formats.social_care.replies import encode_reply as encode_reply

EVENT_REFERRAL = "child-referral"
FACTS = f"{SYSTEM}:facts"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
RESTRICTED, VERY_RESTRICTED = "R", "V"  # codes of the HL7 confidentiality labels
HEADER, REQUEST, FLAG, WORDS, FORCE, OFFICER, ROLE, PATIENT, OTHERS = range(
    9
)  # numbers of a message's resources

_facts = msgspec.json.Encoder()
_referral = msgspec.json.Decoder(SocialCareReferral)
_sexes = {"male": "male", "m": "male", "female": "female", "f": "female"}


def encode(referral: SocialCareReferral) -> bytes:
    """The referral as a FHIR R4 message bundle in JSON, the same bytes each time. Raises MessageError."""
    urn = Urns(referral.idempotency_key)
    made = [
        (urn(HEADER), _header(referral, urn)),
        (urn(REQUEST), _service_request(referral, urn)),
        (urn(FLAG), _flag(referral, urn)),
        (urn(WORDS), _communication(referral, urn)),
        (urn(FORCE), {"resourceType": "Organization", **_text("name", referral.sender.force or "Police")}),
        *_officer(referral, urn),
        (urn(PATIENT), _patient(referral)),
        *((urn(OTHERS + place), person) for place, person in enumerate(_others(referral, urn))),
    ]
    label = VERY_RESTRICTED if referral.named_managers_only else RESTRICTED
    return bundle(referral.idempotency_key, at=referral.sent_at, entries=made, security=label)


def decode(data: bytes | str) -> SocialCareReferral:
    """The referral back from its message; facts that a later version added are passed over. Raises MessageError."""
    request = only(loaded(data), "ServiceRequest")
    extensions = request.get("extension")
    for extension in extensions if isinstance(extensions, list) else ():
        if isinstance(extension, dict) and extension.get("url") == FACTS:
            return _decoded(extension.get("valueString"))
    raise MessageError("the message is not a referral of this kind: its ServiceRequest has no facts")


def _decoded(facts: object) -> SocialCareReferral:
    if not isinstance(facts, str):
        raise MessageError("the referral's facts cannot be read: they are not text")
    try:
        return _referral.decode(facts)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MessageError(f"the referral's facts cannot be read: {error}") from error


def _text(name: str, words: str) -> dict[str, str]:
    """The field, left out when there are no words for it: FHIR knows no empty text."""
    said = plain(words)
    return {name: said} if said else {}


def _concept(*, words: str, **codes: str) -> dict[str, Any]:
    """A CodeableConcept: codes by the name of their system, and the words."""
    coding = [
        {"system": f"{SYSTEM}:{kind}", "code": plain(code)} for kind, code in codes.items() if plain(code)
    ]
    return {**({"coding": coding} if coding else {}), **_text("text", words)}


def _header(r: SocialCareReferral, urn: Urns) -> Resource:
    endpoint = f"{SYSTEM}:authority:{r.authority}"
    return {
        "resourceType": "MessageHeader",
        "eventCoding": {"system": SYSTEM, "code": EVENT_REFERRAL},
        "destination": [{**_text("name", r.authority_name), "endpoint": plain(endpoint).replace(" ", "")}],
        "sender": ref(urn(FORCE)),
        "source": {**_text("name", r.sender.force), "endpoint": f"{SYSTEM}:force"},
        "focus": [ref(urn(REQUEST))],
    }


def _service_request(r: SocialCareReferral, urn: Urns) -> Resource:
    made: Resource = {
        "resourceType": "ServiceRequest",
        "extension": [{"url": FACTS, "valueString": _facts.encode(r).decode()}],
        "status": "active",
        "intent": "order",
        "category": [{"text": "Designated officer" if r.designated_officer else "Children's social care"}],
        "priority": "stat" if r.urgent or r.immediate_danger else "urgent",
        "subject": ref(urn(PATIENT)),
        "authoredOn": instant(r.sent_at),
        "requester": ref(urn(OFFICER)),
    }
    if number := plain(r.reference):
        made["identifier"] = [{"system": f"{SYSTEM}:referral", "value": number}]
    if reason := _concept(words=r.concern.summary, need=r.concern.need, harm=r.concern.harm):
        made["reasonCode"] = [reason]
    if managers := [{"display": said} for name in r.managers if (said := plain(name))]:
        made["performer"] = managers
    if notes := [{"text": said} for line in _circumstances(r) if (said := plain(line))]:
        made["note"] = notes
    return made


def _circumstances(r: SocialCareReferral) -> Iterator[str]:
    """What is not the concern itself, in words: timing, the parents, other agencies, the child's standing."""
    if r.immediate_danger:
        yield "Police believe the child is in immediate danger."
    if r.not_before:
        yield f"Agreed: no contact before {_when(r.not_before)}."
    if r.not_later_than:
        yield f"Agreed: not later than {_when(r.not_later_than)}."
    yield (
        "Parents have been told."
        if r.parents_told
        else f"Parents have not been told. {r.parents_told_why_not}"
    )
    if r.consent_given or r.consent_why_not:
        yield (
            "Consent was given."
            if r.consent_given
            else f"Consent was not asked for or not given. {r.consent_why_not}"
        )
    if r.child and r.child.legal_status:
        yield f"Legal status of the child: {r.child.legal_status}"
    yield from (f"Known of other agencies: {known}" for known in r.other_agencies)


def _when(moment: datetime) -> str:
    if moment.tzinfo is None:  # said as it was given: a referral is never lost over a time in its words
        return f"{moment:%Y-%m-%d %H:%M}"
    return f"{instant(moment)[:16].replace('T', ' ')} UTC"


def _flag(r: SocialCareReferral, urn: Urns) -> Resource:
    code = _concept(words=r.handling_words or r.handling, handling=r.handling)
    return {
        "resourceType": "Flag",
        "status": "active",
        "code": code or {"text": "No handling instruction was given: ask police before any contact."},
        "subject": ref(urn(PATIENT)),
        "author": ref(urn(FORCE)),
    }


def _communication(r: SocialCareReferral, urn: Urns) -> Resource:
    concern = r.concern
    words = [
        concern.summary,
        *concern.how_found,
        f"How sure: {concern.certainty}" if concern.certainty else "",
    ]
    if concern.incident_at:
        words.append(f"When: {_when(concern.incident_at)}")
    words += [f"Done: {action}" for action in r.actions_taken if plain(action)]
    payload = [{"contentString": said} for line in words if (said := plain(line))]
    return {
        "resourceType": "Communication",
        "status": "completed",
        "about": [ref(urn(REQUEST))],
        "sent": instant(r.sent_at),
        **({"payload": payload} if payload else {}),
    }


def _officer(r: SocialCareReferral, urn: Urns) -> Iterator[tuple[str, Resource]]:
    sender = r.sender
    called = [{"system": "other", "value": said}] if (said := plain(sender.contact)) else []
    officer: Resource = {"resourceType": "Practitioner", **_names(sender.officer)}
    yield urn(OFFICER), {**officer, **({"telecom": called} if called else {})}
    role: Resource = {
        "resourceType": "PractitionerRole",
        "practitioner": ref(urn(OFFICER)),
        "organization": ref(urn(FORCE)),
    }
    if said := plain(sender.role):
        role["code"] = [{"text": said}]
    if unit := plain(sender.unit):
        role["location"] = [{"display": unit}]
    yield urn(ROLE), role


def _patient(r: SocialCareReferral) -> Resource:
    """The child; for a designated officer's referral, the adult concerned."""
    child = r.child
    if child is None:
        adult = next((a for a in r.adults if a.is_suspect), None)
        return {
            "resourceType": "Patient",
            **(_names(adult.name) | _born(adult.date_of_birth) if adult else {}),
        }
    made: Resource = {
        "resourceType": "Patient",
        "gender": _sexes.get(child.sex.strip().casefold(), "unknown"),
        **_names(child.name, *child.aliases),
        **_born(child.date_of_birth),
    }
    if numbers := list(_numbers(child)):
        made["identifier"] = numbers
    if address := _address(child):
        made["address"] = [address]
    if language := plain(child.language):
        made["communication"] = [{"language": {"text": language}}]
    if gp := plain(child.gp):
        made["generalPractitioner"] = [{"display": gp}]
    if told := [{"url": f"{SYSTEM}:{n}", "valueString": s} for n, t in _more(child) if (s := plain(t))]:
        made["extension"] = told
    return made


def _numbers(child: Child) -> Iterator[dict[str, str]]:
    if number := plain(child.reference):
        yield {"system": f"{SYSTEM}:child", "value": number}
    if number := plain(child.nhs_number).replace(" ", ""):
        yield {"system": NHS_NUMBER, "value": number}
    if number := plain(child.upn):
        yield {"system": f"{SYSTEM}:upn", "value": number}


def _more(child: Child) -> tuple[tuple[str, str], ...]:
    """What FHIR's Patient has no place for: name of the extension, words."""
    age = "" if child.age is None else str(child.age)
    return (
        ("school", child.school),
        ("ethnicity", child.ethnicity),
        ("disability", child.disability),
        ("age", age),
    )


def _address(child: Child) -> dict[str, Any]:
    home = child.home
    if home is None:
        return {}
    lines = [said for line in home.lines if (said := plain(line))]
    return {
        **({"line": lines} if lines else {}),
        **_text("city", home.town),
        **_text("postalCode", home.postcode),
    }


def _others(r: SocialCareReferral, urn: Urns) -> Iterator[Resource]:
    child = ref(urn(PATIENT))
    yield from (_adult(adult, child) for adult in r.adults)
    for other in r.children:
        relation = {"text": plain(other.relationship) or "child of the household"}
        made = {"resourceType": "RelatedPerson", "patient": child, "relationship": [relation]}
        yield {**made, **_names(other.name, *other.aliases), **_born(other.date_of_birth)}


def _adult(adult: Adult, child: dict[str, str]) -> Resource:
    relations: list[dict[str, Any]] = [{"text": plain(adult.relationship) or "not known"}]
    if adult.is_suspect:
        relations.append(_concept(words="May be a risk to the child", role="suspect"))
    if adult.in_household:
        relations.append(_concept(words="Lives in the household", role="household"))
    made: Resource = {"resourceType": "RelatedPerson", "patient": child, "relationship": relations}
    if access := plain(adult.access):
        made["extension"] = [{"url": f"{SYSTEM}:access", "valueString": access}]
    return {**made, **_names(adult.name), **_born(adult.date_of_birth)}


def _names(*names: str) -> Resource:
    said = [{"text": words} for name in names if (words := plain(name))]
    return {"name": said} if said else {}


def _born(born: date | None) -> Resource:
    return {"birthDate": born.isoformat()} if born else {}
