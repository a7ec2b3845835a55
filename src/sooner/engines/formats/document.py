"""The one shape that every referral has, whatever format it came in. Intake stores it as JSON.

It holds what a document says and nothing that anybody concluded from it. It never holds an image: files are
names, fingerprints and what the sender wrote about them. All of it is for people who may see the referral:
``free_text`` and ``fields`` can hold messages between people.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

import msgspec

from sooner.engines.formats.errors import Damaged
from sooner.engines.formats.fields import Field, Unrecognised

VERSION = 1


class Role(StrEnum):
    """What a party is in the document. A party can be several things in life: this is what the sender
    said.
    """

    SUSPECT = "suspect"
    VICTIM = "victim"
    CHILD = "child"
    INTENDED_RECIPIENT = "intended-recipient"
    GUARDIAN = "guardian"
    ASSOCIATE = "associate"
    REPORTER = "reporter"


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the parts: immutable, made with keywords, and short in JSON."""


class Name(_Part, frozen=True, kw_only=True):
    """A name as given; ``full`` is the whole of it, the parts are there when the sender gave parts."""

    full: str
    first: str = ""
    middle: str = ""
    last: str = ""


class Phone(_Part, frozen=True, kw_only=True):
    number: str
    type: str = ""
    verified: bool | None = None
    country_code: str = ""


class Email(_Part, frozen=True, kw_only=True):
    address: str
    type: str = ""
    verified: bool | None = None


class Address(_Part, frozen=True, kw_only=True):
    """A postal address. ``lines`` is the street part, top line first; ``postcode`` as written."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    type: str = ""


class Account(_Part, frozen=True, kw_only=True):
    """An online account. ``type`` is the sender's word for how the party holds it (Linked, Billing …)."""

    service: str = ""
    identifier: str = ""
    screen_name: str = ""
    display_names: tuple[str, ...] = ()
    profile_urls: tuple[str, ...] = ()
    type: str = ""
    group: str = ""


class IpCapture(_Part, frozen=True, kw_only=True):
    """An internet address and when it was seen. ``at`` is UTC."""

    address: str
    port: int | None = None
    event: str = ""
    at: datetime | None = None
    proxy: bool | None = None


class Device(_Part, frozen=True, kw_only=True):
    type: str
    value: str
    event: str = ""
    at: datetime | None = None


class Party(_Part, frozen=True, kw_only=True):
    """Somebody the document speaks of. ``path`` says where.

    ``of`` is the place in ``ReferralDocument.parties`` of the party that this one belongs to (the guardian of
    a victim, the associate of a suspect), from 0. ``age_disputed``: the age stated and the age apparent
    differ. ``trust`` is what was said about work or volunteering with children, ``works_with_children`` a
    plain answer.
    """

    role: Role
    path: str
    of: int | None = None
    names: tuple[Name, ...] = ()
    aliases: tuple[str, ...] = ()
    date_of_birth: date | None = None
    age: int | None = None
    age_disputed: bool | None = None
    gender: str = ""
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()
    addresses: tuple[Address, ...] = ()
    accounts: tuple[Account, ...] = ()
    ips: tuple[IpCapture, ...] = ()
    devices: tuple[Device, ...] = ()
    locations: tuple[str, ...] = ()
    school: str = ""
    occupation: str = ""
    trust: str = ""
    works_with_children: bool | None = None
    access_to_children: str = ""
    relationship_to_suspect: str = ""
    organisation: str = ""
    vehicle: str = ""
    earlier_reports: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Hash(_Part, frozen=True, kw_only=True):
    """A fingerprint as the sender gave it: ``kind`` in capitals (MD5, SHA1, SHA256, PDQ …), ``value`` as
    written.
    """

    kind: str
    value: str


class Metadatum(_Part, frozen=True, kw_only=True):
    name: str
    value: str
    type: str = ""


class FileEntry(_Part, frozen=True, kw_only=True):
    """A file the sender reported: never its bytes. ``classification`` is the industry code A1 to B2."""

    path: str
    name: str = ""
    identifier: str = ""
    hashes: tuple[Hash, ...] = ()
    classification: str = ""
    relevance: str = ""
    annotations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    viewed: bool | None = None
    exif_viewed: bool | None = None
    public: bool | None = None
    location: str = ""
    uploaded_at: datetime | None = None
    ips: tuple[IpCapture, ...] = ()
    devices: tuple[Device, ...] = ()
    metadata: tuple[Metadatum, ...] = ()


class ReferralDocument(_Part, frozen=True, kw_only=True):
    """A referral as its sender wrote it.

    ``priority`` is the sender's: ``E``, ``1``, ``2``, ``3`` or empty; ``escalation`` the sender's reason for
    urgency. ``flags`` are the sender's annotations by their names in the source (``sextortion`` …). Times are
    UTC. ``report_number`` is the sender's number for the report: with ``version_hint`` it tells a new version
    of a known report from a new report. ``fields`` is every value of the document, in its order;
    ``unrecognised`` what no typed place exists for; ``warnings`` are sentences for an officer.
    """

    format: str
    report_number: str = ""
    version_hint: str = ""
    sender: str = ""
    source_type: str = ""
    received_at: datetime | None = None
    incident_at: datetime | None = None
    priority: str = ""
    escalation: str = ""
    incident_type: str = ""
    platform: str = ""
    flags: tuple[str, ...] = ()
    summary: str = ""
    parties: tuple[Party, ...] = ()
    files: tuple[FileEntry, ...] = ()
    free_text: tuple[Field, ...] = ()
    fields: tuple[Field, ...] = ()
    unrecognised: tuple[Unrecognised, ...] = ()
    warnings: tuple[str, ...] = ()
    version: int = VERSION

    def parties_as(self, role: Role) -> tuple[Party, ...]:
        """The parties with that role, in the document's order."""
        return tuple(party for party in self.parties if party.role is role)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(ReferralDocument)


def to_json(document: ReferralDocument) -> bytes:
    """The document as JSON in UTF-8."""
    return _ENCODER.encode(document)


def from_json(data: bytes | str) -> ReferralDocument:
    """The document back from ``to_json``. Raises Damaged when it is not one."""
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Damaged(
            "The stored copy of this referral cannot be read; read the received document again."
        ) from error


def with_files(document: ReferralDocument, others: Iterable[ReferralDocument]) -> ReferralDocument:
    """The report with the files of those file documents that carry its report number added to it.

    Others are left out: a file document of another report, or one without a number, stays a document of its
    own.
    """
    joined = [
        other for other in others if other.report_number and other.report_number == document.report_number
    ]
    if not joined:
        return document
    parts = [document, *joined]
    return msgspec.structs.replace(
        document,
        files=tuple(file for part in parts for file in part.files),
        free_text=tuple(text for part in parts for text in part.free_text),
        fields=tuple(field for part in parts for field in part.fields),
        unrecognised=tuple(item for part in parts for item in part.unrecognised),
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
    )
