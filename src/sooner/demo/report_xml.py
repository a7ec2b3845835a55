"""A case as the XML that providers send, serialised by an independent producer.

The schema's `report` has no number of its own: it is given when the report is accepted. So every second document is the
bare `report`, whose number is only in the file's name; the others are as passed on, `reports` holding the `report` with its
`reportId` in front and the `fileDetails` that name the same `reportId`.
"""

from typing import Any

from sooner.demo.cases import Case, Upload
from sooner.demo.population import Person
from sooner.demo.producer import part

_DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"
_ROOT = b"<report>"


def is_bare(number: int) -> bool:
    """Whether the document of that number is the provider's own, without a number inside."""
    return number % 2 == 1


def write(case: Case) -> bytes:
    """The case's XML document, UTF-8. Raises SetupError when the producer is not installed."""
    report = _bytes(_report(case))
    if is_bare(case.number):
        return _DECLARATION + report
    numbered = report.replace(_ROOT, _ROOT + b"<reportId>%d</reportId>" % case.number, 1)
    files = b"".join(_bytes(_file(case, upload)) for upload in case.files)
    return _DECLARATION + b"<reports>" + numbered + files + b"</reports>"


def _bytes(model: Any) -> bytes:
    xml = model.to_xml(exclude_none=True)
    return xml if isinstance(xml, bytes) else str(xml).encode()


def _report(case: Case) -> Any:
    models = part("report")
    return models.Report(
        incident_summary=_summary(case),
        internet_details=[_details(case)],
        reporter=_reporter(case),
        person_or_user_reported=_reported(case),
        intended_recipient=[_recipient(case, case.child)] if case.kind == "recipient" and case.child else [],
        victim=[_victim(case.child)] if case.kind == "victim" and case.child else [],
        additional_info=case.summary,
    )


def _summary(case: Case) -> Any:
    models, words = part("report"), part("enums").IncidentType
    enticed = case.kind in ("recipient", "urgent")
    flags = models.ReportAnnotations(
        csam_solicitation=enticed or None,
        minor_to_minor_interaction=(case.kind == "young" and case.number % 4 == 0) or None,
    )
    return models.IncidentSummary(
        incident_type=words.ONLINE_ENTICEMENT if enticed else words.CHILD_PORNOGRAPHY,
        platform=case.platform,
        escalate_to_high_priority="The contact seems to be continuing." if case.kind == "urgent" else None,
        report_annotations=flags if enticed or case.kind == "young" else None,
        incident_date_time=case.at,
        incident_date_time_description="Time of the last upload.",
    )


def _details(case: Case) -> Any:
    models = part("report")
    if case.kind == "recipient":
        chat = models.ChatImIncident(
            chat_client=case.platform,
            content="Messages are not reproduced here.",
            additional_info="A conversation over three days.",
        )
        return models.InternetDetails(chat_im_incident=chat)
    page = models.WebPageIncident(url=[f"https://example.com/p/{case.number}"])
    return models.InternetDetails(web_page_incident=page)


def _reporter(case: Case) -> Any:
    shared = part("common")
    person = shared.Person(
        first_name="Trust", last_name="Team", email=[shared.Email(value="reports@example.com")]
    )
    return part("report").Reporter(reporting_person=person, legal_url="https://example.com/legal")


def _reported(case: Case) -> Any:
    return part("report").PersonOrUserReported(
        person=_person(case) if any(map(case.shows, ("name", "phone", "email"))) else None,
        esp_identifier=f"id-{case.suspect.id or case.number}",
        esp_service=case.platform,
        screen_name=case.screen_name,
        profile_url=[f"https://example.com/u/{case.screen_name}"],
        profile_bio=case.biography or None,
        ip_capture_event=[_ip(case, address) for address in case.ips],
        prior_ct_reports=list(case.earlier),
        associated_account=[_guardian(case, case.guardian)] if case.guardian else [],
    )


def _person(case: Case) -> Any:
    shared, suspect = part("common"), case.suspect
    return shared.Person(
        first_name=suspect.given if case.shows("name") else None,
        last_name=suspect.family if case.shows("name") else None,
        phone=[_phone(suspect.phone)] if case.shows("phone") and suspect.phone else [],
        email=[shared.Email(value=suspect.email, verified=True)]
        if case.shows("email") and suspect.email
        else [],
        address=[_address(case)] if case.shows("address") else [],
        age=suspect.age(case.at.date()) if case.shows("age") else None,
        date_of_birth=suspect.dob if case.shows("dob") else None,
    )


def _phone(number: str) -> Any:
    kinds = part("enums").PhoneType
    kind = kinds.MOBILE if number.startswith("07") else kinds.HOME
    return part("common").Phone(value=f"+44 {number[1:]}", type=kind, verified=True)


def _address(case: Case) -> Any:
    home = case.suspect.home
    return part("common").Address(
        type=part("enums").AddressType.HOME,
        address=home.line1,
        city=home.town,
        zip_code=home.postcode if case.shows("postcode") else None,
        country="GB",
    )


def _ip(case: Case, address: str) -> Any:
    login = part("enums").EventName.LOGIN
    return part("common").IpCaptureEvent(
        ip_address=address, event_name=login, date_time=case.at, possible_proxy=False, port=case.port
    )


def _guardian(case: Case, guardian: Person) -> Any:
    kind = part("enums").AssociatedAccountType.PARENT_GUARDIAN
    return part("report").AssociatedAccount(
        account_type=kind,
        platform=case.platform,
        first_name=guardian.given,
        last_name=guardian.family,
        email=[part("common").Email(value=guardian.email)],
    )


def _victim(child: Person) -> Any:
    person = part("common").Person(first_name=child.given, last_name=child.family, date_of_birth=child.dob)
    return part("report").Victim(person=person, school_name=child.school.name if child.school else None)


def _recipient(case: Case, child: Person) -> Any:
    shared = part("common")
    emails = [shared.Email(value=child.email)] if child.email else []
    person = shared.Person(
        first_name=child.given, last_name=child.family, email=emails, age=child.age(case.at.date())
    )
    return part("report").IntendedRecipient(
        person=person, esp_service=case.platform, screen_name=f"{child.given.casefold()}_{child.id}"
    )


def _file(case: Case, upload: Upload) -> Any:
    models, words = part("files"), part("enums")
    return models.FileDetails(
        report_id=case.number,
        file_id=upload.id,
        original_file_name=upload.name,
        uploaded_to_esp_timestamp=case.at,
        file_viewed_by_esp=upload.viewed,
        publicly_available=False,
        file_relevance=words.FileRelevance.REPORTED,
        industry_classification=words.IndustryClassification(upload.classified),
        original_file_hash=[
            models.OriginalFileHash(value=upload.md5, hash_type="MD5"),
            models.OriginalFileHash(value=upload.sha1, hash_type="SHA1"),
        ],
    )
