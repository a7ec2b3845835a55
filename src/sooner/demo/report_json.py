"""A case in the shape in which law enforcement downloads it: JSON, camelCase, lists within objects of the same name."""

import json
from typing import Any

from sooner.demo.cases import Case, Upload
from sooner.demo.population import Person

Json = dict[str, Any]


def write(case: Case) -> bytes:
    """The case's JSON document, UTF-8."""
    document = {
        "reportId": case.number,
        "dateReceived": case.received.isoformat(),
        "priority": "E" if case.kind == "urgent" else str(case.number % 3 + 1),
        **({"lastUpdatedDate": case.received.isoformat()} if case.changed else {}),
        "reportedInformation": _information(case),
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _information(case: Case) -> Json:
    recipients = [_child(case, case.child)] if case.kind == "recipient" and case.child else []
    victims = [_child(case, case.child)] if case.kind == "victim" and case.child else []
    return {
        "incidentSummary": _summary(case),
        "reportingEsp": {"espName": case.platform},
        "incidentDetails": {"webpageIncident": {"urls": [f"https://example.com/p/{case.number}"]}},
        "reportedPeople": {"reportedPersons": [_suspect(case)]},
        "intendedRecipients": recipients,
        "victims": victims,
        "uploadedFiles": {"uploadedFiles": [_file(case, upload) for upload in case.files]},
        "additionalInformations": [{"value": case.summary}],
    }


def _summary(case: Case) -> Json:
    enticed = case.kind in ("recipient", "urgent")
    return {
        "incidentType": "Online Enticement of Children for Sexual Acts"
        if enticed
        else "Child Pornography (possession, manufacture, and distribution)",
        "incidentDateTime": case.at.isoformat(),
        "incidentDateTimeDescription": "Time of the last upload.",
    }


def _suspect(case: Case) -> Json:
    suspect, named = case.suspect, case.shows("name")
    emails = [{"value": suspect.email, "verified": True}] if case.shows("email") and suspect.email else []
    phones = [{"value": suspect.phone, "verified": None}] if case.shows("phone") and suspect.phone else []
    return {
        "firstName": suspect.given if named else None,
        "lastName": suspect.family if named else None,
        "dateOfBirth": suspect.dob.isoformat() if case.shows("dob") else None,
        "age": suspect.age(case.at.date()) if case.shows("age") else None,
        "espUserId": f"id-{suspect.id or case.number}",
        "screenName": case.screen_name,
        "emails": {"emails": emails},
        "phones": {"phones": phones},
        "addresses": {"addresses": [_address(case)] if case.shows("address") else []},
        "priorReports": list(case.earlier),
        "profileBio": case.biography or None,
        "associatedAccounts": [_guardian(case, case.guardian)] if case.guardian else [],
        "sourceInformation": {"sourceCaptures": [_capture(case, address) for address in case.ips]},
    }


def _address(case: Case) -> Json:
    home = case.suspect.home
    postcode = home.postcode if case.shows("postcode") else ""
    return {"street1": home.line1, "city": home.town, "state": "", "postalCode": postcode, "country": "GB"}


def _capture(case: Case, address: str) -> Json:
    return {
        "captureType": "IP Address",
        "eventName": "LOGIN",
        "dateTime": case.at.isoformat(),
        "port": case.port,
        "value": address,
    }


def _guardian(case: Case, guardian: Person) -> Json:
    return {
        "accountType": "Parent/Guardian",
        "platform": case.platform,
        "firstName": guardian.given,
        "lastName": guardian.family,
        "emails": {"emails": [{"value": guardian.email}]},
    }


def _child(case: Case, child: Person) -> Json:
    told: Json = {"firstName": child.given, "lastName": child.family}
    if case.kind == "victim":
        return {
            **told,
            "dateOfBirth": child.dob.isoformat(),
            "school": child.school.name if child.school else None,
        }
    emails = [{"value": child.email}] if child.email else []
    return {**told, "age": child.age(case.at.date()), "emails": {"emails": emails}}


def _file(case: Case, upload: Upload) -> Json:
    return {
        "filename": upload.id,
        "originalFilename": upload.name,
        "submittalId": f"s-{case.number}",
        "verificationHash": upload.md5,
        "viewedByEsp": upload.viewed,
        "industryClassification": upload.classified,
    }
