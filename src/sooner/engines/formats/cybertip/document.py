"""A CyberTipline report as the neutral document: what was said, moved into its place; nothing concluded."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from sooner.engines.formats import document as neutral
from sooner.engines.formats.completeness import about_parties
from sooner.engines.formats.cybertip import model
from sooner.engines.formats.document import FileEntry, Party, ReferralDocument, Role
from sooner.engines.formats.text import said

FILE_FORMAT = "cybertip-file"
_PRIORITY = re.compile(r"\A(?:priority\s*)?([E123])\b", re.IGNORECASE)
_KINDS_BY_LENGTH = {32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512"}


def to_document(tip: model.CyberTip) -> ReferralDocument:
    """The report as intake stores it."""
    report = tip.report
    summary = report.incident_summary or model.IncidentSummary()
    parties = _parties(report)
    received, incident = _utc(report.date_received), _utc(summary.incident_date_time)
    warnings = (*tip.warnings, *_time_warnings(report, summary), *about_parties(parties))
    return ReferralDocument(
        format=tip.source,
        report_number=said(report.report_id),
        version_hint=said(report.report_version) or _stamp(report.last_updated),
        sender=_sender(report.reporter, summary),
        source_type="provider",
        received_at=received,
        incident_at=incident,
        priority=_priority(report.priority),
        escalation=said(summary.escalate_to_high_priority),
        incident_type=said(summary.incident_type),
        platform=said(summary.platform),
        flags=_flags(summary.report_annotations, report.batched_report),
        summary="\n\n".join(text for text in report.additional_info if said(text)),
        parties=parties,
        files=tuple(_file(file, f"report/fileDetails[{n}]") for n, file in enumerate(report.file_details, 1)),
        free_text=tip.free_text,
        fields=tip.written,
        unrecognised=tip.unrecognised,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def file_to_document(found: model.FileReport) -> ReferralDocument:
    """A file document that came without its report; its report number says which report it belongs to."""
    number = said(found.file.report_id)
    lost = () if number else ("The file's details do not say which report they belong to.",)
    return ReferralDocument(
        format=FILE_FORMAT,
        report_number=number,
        source_type="provider",
        files=(_file(found.file, "fileDetails"),),
        free_text=found.free_text,
        fields=found.written,
        unrecognised=found.unrecognised,
        warnings=(*found.warnings, *lost),
    )


def joined(
    tips: Iterable[model.CyberTip], files: Iterable[model.FileReport]
) -> tuple[list[model.CyberTip], list[model.FileReport]]:
    """The reports with their files put into them by report number, and the files of no report here."""
    waiting: dict[str, list[model.FileReport]] = {}
    for found in files:
        waiting.setdefault(said(found.file.report_id), []).append(found)
    whole = [_with_files(tip, waiting.pop(said(tip.report.report_id) or "-", [])) for tip in tips]
    return whole, [found for group in waiting.values() for found in group]


def _with_files(tip: model.CyberTip, found: list[model.FileReport]) -> model.CyberTip:
    if not found:
        return tip
    every = (*tip.report.file_details, *(one.file for one in found))
    return msgspec.structs.replace(
        tip,
        report=msgspec.structs.replace(tip.report, file_details=every),
        written=(*tip.written, *(item for one in found for item in one.written)),
        free_text=(*tip.free_text, *(item for one in found for item in one.free_text)),
        unrecognised=(*tip.unrecognised, *(item for one in found for item in one.unrecognised)),
        warnings=(*tip.warnings, *(item for one in found for item in one.warnings)),
    )


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def _stamp(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""


def _time_warnings(report: model.Report, summary: model.IncidentSummary) -> Iterable[str]:
    named = (
        (report.date_received, "the report was received"),
        (summary.incident_date_time, "of the incident"),
    )
    for moment, what in named:
        if moment is not None and moment.tzinfo is None:
            yield f"The time {what} has no time zone and was read as UTC."
        if moment is not None and _utc(moment) is None:
            yield f"The time {what} cannot be a real time and was left out."


def _priority(text: str | None) -> str:
    found = _PRIORITY.match(text.strip()) if text else None
    return found[1].upper() if found else ""


def _sender(reporter: model.Reporter | None, summary: model.IncidentSummary) -> str:
    if reporter is None:
        return said(summary.platform)
    person = reporter.reporting_person or model.Person()
    named = _full(person.first_name, None, person.last_name)
    return said(reporter.esp_name) or said(summary.platform) or named


def _flags(
    annotations: model.ReportAnnotations | None, batched: model.BatchedReport | None
) -> tuple[str, ...]:
    flags = _present(annotations)
    return (*flags, "batchedReport") if batched is not None else flags


_ENCODED: dict[type[model.Node], tuple[tuple[str, str], ...]] = {
    kind: tuple((info.name, info.encode_name) for info in msgspec.structs.fields(kind))
    for kind in (model.ReportAnnotations, model.FileAnnotations)
}


def _present(annotations: model.ReportAnnotations | model.FileAnnotations | None) -> tuple[str, ...]:
    if annotations is None:
        return ()
    return tuple(name for attribute, name in _ENCODED[type(annotations)] if getattr(annotations, attribute))


def _parties(report: model.Report) -> tuple[Party, ...]:
    parties: list[Party] = []
    for number, suspect in enumerate(report.person_or_user_reported, 1):
        _add_user(parties, Role.SUSPECT, suspect, f"report/personOrUserReported[{number}]")
    for number, recipient in enumerate(report.intended_recipient, 1):
        _add_user(parties, Role.INTENDED_RECIPIENT, recipient, f"report/intendedRecipient[{number}]")
    for number, victim in enumerate(report.victim, 1):
        _add_user(parties, Role.VICTIM, victim, f"report/victim[{number}]")
    if report.reporter is not None:
        parties.append(_reporter(report.reporter))
    return tuple(parties)


def _add_user(parties: list[Party], role: Role, user: model.User, path: str) -> None:
    place = len(parties)
    parties.append(_user(role, user, path))
    for number, account in enumerate(user.associated_account, 1):
        parties.append(_associated(account, place, f"{path}/associatedAccount[{number}]"))


def _user(role: Role, user: model.User, path: str) -> Party:
    person = getattr(user, "person", None) or _NOBODY
    reported = user if isinstance(user, model.PersonOrUserReported) else _NO_REPORTED
    return Party(
        role=role,
        path=path,
        names=_names(person.first_name, person.middle_name, person.last_name),
        aliases=_aliases(person, user),
        date_of_birth=person.date_of_birth,
        age=person.age if person.age is not None else _whole(person.approximate_age),
        age_disputed=person.age_assertion_discrepancy,
        gender=said(person.gender),
        phones=_phones(person.phone),
        emails=_emails(person.email),
        addresses=_addresses(person.address),
        accounts=_accounts(user),
        ips=_ips(user.ip_capture_event),
        devices=_devices(user.device_id),
        locations=_locations(user.estimated_location),
        school=said(user.school_name) if isinstance(user, model.Victim) else "",
        occupation=said(person.occupation),
        access_to_children=said(person.access_to_children) or said(person.access_to_child_victim),
        relationship_to_suspect="",
        vehicle=" ".join(
            filter(None, (said(reported.vehicle_description), said(reported.vehicle_tag_number)))
        ),
        earlier_reports=user.prior_ct_reports,
        flags=_user_flags(user, person),
    )


_NOBODY = model.Person()
_NO_REPORTED = model.PersonOrUserReported()


def _user_flags(user: model.User, person: model.Person) -> tuple[str, ...]:
    third = isinstance(user, model.PersonOrUserReported) and user.third_party_user_reported
    flags = {
        "compromisedAccount": user.compromised_account,
        "thirdPartyUserReported": third,
        "accountTemporarilyDisabled": user.account_temporarily_disabled is not None,
        "accountPermanentlyDisabled": user.account_permanently_disabled is not None,
        "convictedSexOffender": said(person.convicted_sex_offender).lower() in ("true", "yes"),
        "accessToFirearms": said(person.access_to_firearms).lower() in ("true", "yes"),
    }
    return tuple(name for name, there in flags.items() if there)


def _associated(account: model.AssociatedAccount, of: int, path: str) -> Party:
    guardian = account.account_type == "Parent/Guardian"
    return Party(
        role=Role.GUARDIAN if guardian else Role.ASSOCIATE,
        path=path,
        of=of,
        names=_names(account.first_name, account.middle_name, account.last_name),
        aliases=account.display_name,
        age=account.approximate_age,
        age_disputed=account.age_assertion_discrepancy,
        phones=_phones(account.phone),
        emails=_emails(account.email),
        addresses=_addresses(account.address),
        accounts=_associated_accounts(account),
        ips=_ips(account.ip_capture_event),
        devices=_devices(account.device_id),
        flags=("thirdPartyUser",) if account.third_party_user else (),
    )


def _reporter(reporter: model.Reporter) -> Party:
    person = reporter.reporting_person or _NOBODY
    contact = reporter.contact_person or model.ContactPerson()
    return Party(
        role=Role.REPORTER,
        path="report/reporter",
        names=(
            *_names(person.first_name, person.middle_name, person.last_name),
            *_names(contact.first_name, None, contact.last_name),
        ),
        phones=_phones((*person.phone, *contact.phone)),
        emails=_emails((*person.email, *contact.email)),
        addresses=_addresses((*person.address, *contact.address)),
        organisation=said(reporter.esp_name),
    )


def _full(*parts: str | None) -> str:
    return " ".join(filter(None, map(said, parts)))


def _names(first: str | None, middle: str | None, last: str | None) -> tuple[neutral.Name, ...]:
    full = _full(first, middle, last)
    if not full:
        return ()
    return (neutral.Name(full=full, first=said(first), middle=said(middle), last=said(last)),)


def _aliases(person: model.Person, user: model.User) -> tuple[str, ...]:
    given = (*person.alias, person.preferred_name, *user.display_name)
    return tuple(dict.fromkeys(filter(None, map(said, given))))


def _whole(text: str | None) -> int | None:
    text = said(text)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _phones(phones: tuple[model.Phone, ...]) -> tuple[neutral.Phone, ...]:
    return tuple(
        neutral.Phone(
            number=phone.value,
            type=said(phone.type),
            verified=phone.verified,
            country_code=said(phone.country_calling_code),
        )
        for phone in phones
        if said(phone.value)
    )


def _emails(emails: tuple[model.Email, ...]) -> tuple[neutral.Email, ...]:
    return tuple(
        neutral.Email(address=email.value, type=said(email.type), verified=email.verified)
        for email in emails
        if said(email.value)
    )


def _addresses(addresses: tuple[model.Address, ...]) -> tuple[neutral.Address, ...]:
    return tuple(place for place in map(_address, addresses) if place != _NOWHERE)


_NOWHERE = neutral.Address()


def _address(address: model.Address) -> neutral.Address:
    """Street lines are split as the sender split them: by line, else left whole."""
    street = "\n".join(filter(None, (said(address.address), said(address.street_2))))
    return neutral.Address(
        lines=tuple(line.strip(" ,") for line in street.splitlines() if line.strip(" ,")),
        city=said(address.city),
        region=said(address.state) or said(address.non_usa_state),
        postcode=said(address.zip_code),
        country=said(address.country),
        type=said(address.type),
    )


def _accounts(user: model.User) -> tuple[neutral.Account, ...]:
    account = neutral.Account(
        service=said(user.esp_service),
        identifier=said(user.esp_identifier),
        screen_name=said(user.screen_name),
        display_names=user.display_name,
        profile_urls=user.profile_url,
        group=said(user.group_identifier),
    )
    return (account,) if account != _NO_ACCOUNT else ()


_NO_ACCOUNT = neutral.Account()


def _associated_accounts(account: model.AssociatedAccount) -> tuple[neutral.Account, ...]:
    found = neutral.Account(
        service=said(account.esp_service) or said(account.platform),
        identifier=said(account.esp_identifier),
        screen_name=said(account.screen_name),
        display_names=account.display_name,
        profile_urls=account.profile_url,
        group=said(account.group_identifier),
    )
    return (msgspec.structs.replace(found, type=said(account.account_type)),) if found != _NO_ACCOUNT else ()


def _ips(events: tuple[model.IpCaptureEvent, ...]) -> tuple[neutral.IpCapture, ...]:
    return tuple(
        neutral.IpCapture(
            address=event.ip_address,
            port=event.port,
            event=event.event_name or "",
            at=_utc(event.date_time),
            proxy=event.possible_proxy,
        )
        for event in events
        if event.ip_address
    )


def _devices(devices: tuple[model.DeviceId, ...]) -> tuple[neutral.Device, ...]:
    return tuple(
        neutral.Device(
            type=device.id_type,
            value=device.id_value,
            event=device.event_name or "",
            at=_utc(device.date_time),
        )
        for device in devices
        if device.id_value
    )


def _locations(location: model.EstimatedLocation | None) -> tuple[str, ...]:
    if location is None:
        return ()
    text = ", ".join(filter(None, (said(location.city), said(location.region), said(location.country_code))))
    return (text,) if text else ()


def _file(file: model.FileDetails, path: str) -> FileEntry:
    return FileEntry(
        path=path,
        name=said(file.original_file_name) or said(file.file_name),
        identifier=said(file.file_id) or said(file.submittal_id),
        hashes=tuple(_hash(one) for one in file.original_file_hash if said(one.value)),
        classification=said(file.industry_classification),
        relevance=said(file.file_relevance),
        annotations=_present(file.file_annotations),
        tags=file.tags,
        viewed=file.file_viewed_by_esp,
        exif_viewed=file.exif_viewed_by_esp,
        public=file.publicly_available,
        location=said(file.location_of_file),
        uploaded_at=_utc(file.uploaded_to_esp_timestamp),
        ips=_ips(file.ip_capture_event),
        devices=_devices(file.device_id),
        metadata=tuple(
            neutral.Metadatum(name=pair.name, value=pair.value, type=said(pair.type))
            for details in file.details
            for pair in details.name_value_pair
        ),
    )


def _hash(found: model.OriginalFileHash) -> neutral.Hash:
    kind = said(found.hash_type).upper().replace("-", "") or _KINDS_BY_LENGTH.get(len(found.value), "UNKNOWN")
    return neutral.Hash(kind=kind, value=found.value)
