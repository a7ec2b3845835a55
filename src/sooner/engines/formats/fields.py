"""What a document says, field by field, so that a page can show all of it and every value can be read back.

Paths are those of the document (``report/victim[1]/victimPerson/phone[2]/@type``): elements separated by
``/``, a number from 1 where an element may repeat, ``@`` before an attribute. Labels are worked out from
paths when a page asks: they are never stored, and never hide a field that nobody has named yet.
"""

import re
from functools import lru_cache

import msgspec


class Field(msgspec.Struct, frozen=True):
    """One value of the document as it was written."""

    path: str
    value: str


class Unrecognised(msgspec.Struct, frozen=True):
    """A part of the document that the reader has no typed place for, kept raw.

    ``why`` is ``element``, ``attribute``, ``value``, ``text``, ``comment``, ``repeated`` or ``column``;
    ``raw`` is the text, or the XML or JSON, as it stands in the document.
    """

    path: str
    raw: str
    why: str


_NAMES = {
    "@countryCallingCode": "country calling code",
    "@hashType": "kind of fingerprint",
    "@type": "type",
    "CTReports": "CyberTipline reports",
    "batchedReport": "batched report",
    "cellPhoneIncident": "mobile phone incident",
    "chatClient": "chat programme",
    "chatImIncident": "chat or messaging incident",
    "dateOfBirth": "date of birth",
    "emailAddress": "email address",
    "espIdentifier": "account number at the provider",
    "espName": "provider",
    "espService": "provider's service",
    "espUserId": "account number at the provider",
    "exifViewedByEsp": "EXIF data viewed by the provider",
    "fileDetails": "file",
    "fileViewedByEsp": "viewed by the provider",
    "fleaCountry": "country of the foreign law enforcement agency",
    "generativeAi": "made with generative AI",
    "idType": "type of identifier",
    "idValue": "identifier",
    "incidentDateTime": "time of the incident",
    "incidentDateTimeDescription": "what the time of the incident means",
    "ipAddress": "IP address",
    "ipCaptureEvent": "IP address captured",
    "legalURL": "legal terms address",
    "locationOfFile": "where the file is published",
    "nonUsaState": "county or region",
    "officerContact": "officer to contact",
    "originalFileHash": "fingerprint of the original file",
    "peer2peerIncident": "peer-to-peer incident",
    "personOrUserReported": "reported person",
    "personOrUserReportedPerson": "person",
    "intendedRecipientPerson": "person",
    "victimPerson": "person",
    "priorCTReports": "earlier report",
    "profileBio": "profile text",
    "profileUrl": "profile address",
    "publiclyAvailable": "available to the public",
    "reportId": "report number",
    "reportedToLe": "reported to law enforcement",
    "uploadedToEspTimestamp": "uploaded to the provider at",
    "url": "web address",
    "viewedByEsp": "viewed by the provider",
    "zipCode": "postcode",
    "postalCode": "postcode",
}

_STEP = re.compile(r"(@?)([^\[\]]*)(?:\[(\d+)\])?")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\-\s]+")
_KEEP = {
    "IP": "IP",
    "ESP": "provider",
    "Esp": "provider",
    "URL": "address",
    "Url": "address",
    "NCMEC": "NCMEC",
}


@lru_cache(maxsize=4096)
def _words(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    parts = [part for part in _HUMP.split(name.lstrip("@")) if part]
    return " ".join(_KEEP.get(part, part.lower()) for part in parts) or name


def label(path: str) -> str:
    """The path in plain English: ``Reported person, phone 2, type``. Any path has a label."""
    steps = [step for step in path.split("/") if step]
    shown = steps[1:] if len(steps) > 1 else steps
    words = [_step_words(step) for step in shown]
    text = ", ".join(word for word in words if word)
    return text[:1].upper() + text[1:]


def _step_words(step: str) -> str:
    match = _STEP.fullmatch(step)
    if match is None:
        return step
    words = _words(match[1] + match[2])
    return f"{words} {match[3]}" if match[3] else words
