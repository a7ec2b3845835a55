"""Referral documents about suspects of an invented population, with the truth about the children who live with them.

CyberTipline XML comes from the independent producer. Descriptions are neutral; hashes are random; nothing depicts anything.
"""

import io
import json
import random
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sooner.demo.population import Household, Person, households
from sooner.demo.producer import part

PLATFORMS = ("Example Chat", "Example Photos", "Example Mail", "Example Games", "Example Social")
KINDS = (
    "full",
    "phone",
    "email",
    "address",
    "name-dob",
    "ip-only",
    "no-postcode",
    "victim",
    "recipient",
    "guardian",
    "urgent",
    "trusted",
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it would arrive, and the truth: whom it is about and which children live with them."""

    name: str
    data: bytes
    kind: str
    suspect: int | None
    children: tuple[int, ...]


def stream(count: int, *, seed: int = 7, now: datetime | None = None) -> Iterator[Document]:
    """`count` varied valid XML and JSON reports, each about somebody of another household."""
    dice = random.Random(seed)
    moment = now or datetime.now(UTC)
    made = 0
    for household in households(count * 12, seed=seed, today=moment.date()):
        if made == count:
            return
        kind = KINDS[made % len(KINDS)]
        suspect = pick(household, kind, dice)
        if suspect is None:
            continue
        make = report_json if made % 4 == 3 else report_xml
        yield make(household, suspect, kind=kind, number=1_000_000 + made, dice=dice, now=moment)
        made += 1


def pick(household: Household, kind: str, dice: random.Random) -> Person | None:
    """Somebody of the household whom a report of this kind can be about."""
    if kind == "trusted":
        return next((a for a in household.adults if a.works_with_children), dice.choice(household.adults))
    if kind in ("victim", "recipient", "guardian") and not household.children:
        return None
    return dice.choice(household.adults)


def truth(household: Household, suspect: Person) -> tuple[int, ...]:
    """The children who truly live with the suspect."""
    return tuple(child.id for child in household.children if child.id != suspect.id)


def report_xml(
    household: Household, suspect: Person, *, kind: str, number: int, dice: random.Random, now: datetime
) -> Document:
    """A report as a provider sends it, serialised by the independent producer."""
    report, common, enums = part("report"), part("common"), part("enums")
    platform = dice.choice(PLATFORMS)
    at = now - timedelta(minutes=dice.randint(30, 60 * 24 * 20))
    victims = [_victim(child) for child in household.children[:1]] if kind == "victim" else []
    recipients = (
        [_recipient(child, platform) for child in household.children[:1]] if kind == "recipient" else []
    )
    made = report.Report(
        incident_summary=report.IncidentSummary(
            incident_type=dice.choice((enums.IncidentType.ONLINE_ENTICEMENT, enums.IncidentType.CHILD_SEXUAL_MOLESTATION)),
            platform=platform,
            escalate_to_high_priority="The provider asks for urgency: contact seems to be continuing." if kind == "urgent" else None,
            report_annotations=report.ReportAnnotations(csam_solicitation=True) if kind in ("recipient", "urgent") else None,
            incident_date_time=at,
        ),
        internet_details=[
            report.InternetDetails(
                web_page_incident=report.WebPageIncident(url=[f"https://example.com/p/{number}"], additional_info="Account reported by automated detection.")
            )
        ],
        reporter=report.Reporter(
            reporting_person=common.Person(first_name="Trust", last_name="Team", email=[common.Email(value="reports@example.com")]),
            legal_url="https://example.com/legal",
        ),
        person_or_user_reported=_reported(suspect, kind, number, platform, at, dice),
        intended_recipient=recipients,
        victim=victims,
        additional_info=f"Report {number}. Account reported by automated detection. {dice.randint(1, 6)} files classified.",
    )  # fmt: skip
    xml = made.to_xml(exclude_none=True, encoding="UTF-8", xml_declaration=True)
    data = xml if isinstance(xml, bytes) else xml.encode()
    return Document(f"{number}.xml", data, kind, suspect.id, truth(household, suspect))


def _reported(
    suspect: Person, kind: str, number: int, platform: str, at: datetime, dice: random.Random
) -> object:
    models, shared, words = part("report"), part("common"), part("enums")
    identified = kind not in ("phone", "email", "ip-only")
    address = shared.Address(
        type=words.AddressType.HOME, address=suspect.home.line1, city=suspect.home.town,
        zip_code=None if kind == "no-postcode" else suspect.home.postcode, country="GB",
    )  # fmt: skip
    person = shared.Person(
        first_name=suspect.given if identified else None,
        last_name=suspect.family if identified else None,
        phone=[shared.Phone(value=suspect.phone, type=words.PhoneType.MOBILE, verified=True)] if suspect.phone and kind in ("full", "phone", "urgent", "victim") else [],
        email=[shared.Email(value=suspect.email, verified=True)] if suspect.email and kind in ("full", "email", "trusted", "recipient", "guardian") else [],
        address=[address] if kind in ("full", "address", "no-postcode", "victim", "recipient", "urgent", "trusted", "guardian") else [],
        date_of_birth=suspect.dob if kind in ("full", "name-dob", "no-postcode", "trusted", "urgent", "guardian") else None,
        age=suspect.age(at.date()) if kind in ("phone", "email", "address") else None,
    )  # fmt: skip
    linked = [
        models.AssociatedAccount(
            account_type=words.AssociatedAccountType.PARENT_GUARDIAN, platform=platform, first_name="Guardian", last_name=suspect.family,
            email=[shared.Email(value=f"family{number}@example.net")],
        )
    ] if kind == "guardian" else []  # fmt: skip
    return models.PersonOrUserReported(
        person=person,
        esp_identifier=f"user-{number}",
        esp_service=platform,
        screen_name=f"user{number}",
        profile_url=[f"https://example.com/u/{number}"],
        ip_capture_event=[
            shared.IpCaptureEvent(ip_address=_ip(suspect, dice), event_name=words.EventName.LOGIN, date_time=at, port=dice.randint(1024, 65000))
            for _ in range(dice.randint(1, 3))
        ],
        associated_account=linked,
    )  # fmt: skip


def _ip(suspect: Person, dice: random.Random) -> str:
    """An address of the range kept for documentation: mostly the home's own, now and then a mobile network's shared one."""
    if dice.random() < 0.1:
        return f"192.0.2.{dice.randint(1, 254)}"
    return f"2001:db8:{suspect.id >> 16:x}:{suspect.id & 0xFFFF:x}::{dice.randint(1, 3):x}"


def _victim(child: Person) -> object:
    models, shared = part("report"), part("common")
    person = shared.Person(first_name=child.given, last_name=child.family, date_of_birth=child.dob)
    return models.Victim(person=person, school_name=child.school or None)


def _recipient(child: Person, platform: str) -> object:
    models, shared = part("report"), part("common")
    person = shared.Person(first_name=child.given, last_name=child.family, age=None)
    return models.IntendedRecipient(
        person=person, screen_name=f"{child.given.casefold()}{child.id}", esp_service=platform
    )


def report_json(
    household: Household,
    suspect: Person,
    *,
    kind: str,
    number: int,
    dice: random.Random,
    now: datetime,
    changed: str = "",
) -> Document:
    """A report as law enforcement downloads it. `changed` makes a later version of the same report."""
    at = now - timedelta(minutes=dice.randint(30, 60 * 24 * 20))
    identified = kind not in ("phone", "email", "ip-only")
    person = {
        "firstName": suspect.given if identified else None,
        "lastName": suspect.family if identified else None,
        "dateOfBirth": suspect.dob.isoformat() if kind not in ("phone", "email", "ip-only", "address") else None,
        "espUserId": f"user-{number}",
        "screenName": {"value": f"user{number}", "verified": False},
        "emails": {"emails": [{"value": suspect.email, "verified": True}] if kind != "ip-only" and suspect.email else []},
        "phones": {"phones": [{"value": suspect.phone, "verified": None}] if kind in ("full", "phone") and suspect.phone else []},
        "addresses": {
            "addresses": []
            if kind in ("phone", "email", "ip-only", "name-dob")
            else [{"street1": suspect.home.line1, "city": suspect.home.town, "postalCode": "" if kind == "no-postcode" else suspect.home.postcode, "country": "GB"}]
        },
        "additionalInformations": [{"value": changed}] if changed else [],
        "sourceInformation": {
            "sourceCaptures": [
                {"captureType": "IP Address", "eventName": "LOGIN", "dateTime": at.isoformat(), "port": dice.randint(1024, 65000), "value": _ip(suspect, dice)}
            ]
        },
    }  # fmt: skip
    files = [
        {
            "filename": f"{n}.jpg", "originalFilename": f"upload-{n}.jpg", "submittalId": f"s-{number}-{n}",
            "verificationHash": f"{dice.getrandbits(128):032x}", "viewedByEsp": False, "industryClassification": dice.choice(("A1", "A2", "B1", "B2")),
        }
        for n in range(1, dice.randint(2, 5))
    ]  # fmt: skip
    made = {
        "reportId": number,
        "dateReceived": (at + timedelta(minutes=20)).isoformat(),
        "priority": "E" if kind == "urgent" else str(dice.randint(1, 3)),
        "reportedInformation": {
            "incidentSummary": {
                "incidentType": "Online Enticement of Children for Sexual Acts",
                "incidentDateTime": at.isoformat(),
            },
            "reportingEsp": {"espName": dice.choice(PLATFORMS)},
            "reportedPeople": {"reportedPersons": [person]},
            "uploadedFiles": {"uploadedFiles": files},
            "additionalInformations": [
                {"value": f"Report {number}. Account reported by automated detection."}
            ],
        },
    }
    return Document(f"{number}.json", json.dumps(made).encode(), kind, suspect.id, truth(household, suspect))


def zipped(documents: Sequence[Document]) -> bytes:
    """Several documents in one ZIP."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for document in documents:
            archive.writestr(document.name, document.data)
    return held.getvalue()
