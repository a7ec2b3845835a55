"""A CyberTipline report as typed, immutable parts: every element and attribute of the published schema.

This module is the schema: readers are compiled from it (``shape.py``). A field's ``name`` is its element in
the XML, ``@name`` an attribute, ``#text`` the text itself. Values outside a ``Known`` set are kept as they
are and noted as unrecognised; nothing here judges them. It never holds what is not in the document.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import field

from sooner.engines.formats.fields import Field, Unrecognised, label


class Known:
    """Marks the values that the published schema lists for a field."""

    def __init__(self, *values: str) -> None:
        self.values = frozenset(values)


class Flag:
    """Marks a field that is true because its element is there, whatever is in it."""


class FreeText:
    """Marks text that people wrote: messages, notes. Shown only to those who need it."""


INCIDENT_TYPES = Known(
    "Child Pornography (possession, manufacture, and distribution)",
    "Child Sex Trafficking",
    "Child Sex Tourism",
    "Child Sexual Molestation",
    "Misleading Domain Name",
    "Misleading Words or Digital Images on the Internet",
    "Online Enticement of Children for Sexual Acts",
    "Unsolicited Obscene Material Sent to a Child",
)
EVENTS = Known("Login", "Registration", "Purchase", "Upload", "Other", "Unknown")

Text = str | None
Prose = Annotated[str | None, FreeText()]
Presence = Annotated[bool, Flag()]
Event = Annotated[str | None, EVENTS]


class Node(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of every part of a report."""


class Phone(Node, frozen=True, kw_only=True):
    value: str = field(default="", name="#text")
    type: Annotated[
        str | None, Known("Mobile", "Home", "Business", "Work", "Fax", "Internet", "Recovery")
    ] = field(default=None, name="@type")
    verified: bool | None = field(default=None, name="@verified")
    verification_date: datetime | None = field(default=None, name="@verificationDate")
    country_calling_code: Text = field(default=None, name="@countryCallingCode")
    extension: Text = field(default=None, name="@extension")


class Email(Node, frozen=True, kw_only=True):
    value: str = field(default="", name="#text")
    type: Annotated[str | None, Known("Home", "Work", "Business", "Recovery")] = field(
        default=None, name="@type"
    )
    verified: bool | None = field(default=None, name="@verified")
    verification_date: datetime | None = field(default=None, name="@verificationDate")


class Address(Node, frozen=True, kw_only=True):
    """A postal address. ``street_2`` comes with the law-enforcement download only."""

    type: Annotated[str | None, Known("Home", "Business", "Billing", "Shipping", "Technical")] = field(
        default=None, name="@type"
    )
    address: Text = None
    street_2: Text = field(default=None, name="street2")
    city: Text = None
    zip_code: Text = None
    state: Text = None
    non_usa_state: Text = None
    country: Text = None


class IpCaptureEvent(Node, frozen=True, kw_only=True):
    ip_address: str = ""
    event_name: Event = None
    date_time: datetime | None = None
    possible_proxy: bool | None = None
    port: int | None = None


class DeviceId(Node, frozen=True, kw_only=True):
    id_type: str = ""
    id_value: str = ""
    event_name: Event = None
    date_time: datetime | None = None


class EstimatedLocation(Node, frozen=True, kw_only=True):
    verified: bool | None = field(default=None, name="@verified")
    timestamp: datetime | None = field(default=None, name="@timestamp")
    city: Text = None
    region: Text = None
    country_code: Text = None


class AccountDisabled(Node, frozen=True, kw_only=True):
    """When the provider closed the account: attributes of an element whose text may be true or false."""

    value: bool | None = field(default=None, name="#text")
    disabled_date: datetime | None = field(default=None, name="@disabledDate")
    user_notified: bool | None = field(default=None, name="@userNotified")
    user_notified_date: datetime | None = field(default=None, name="@userNotifiedDate")
    reenabled_date: datetime | None = field(default=None, name="@reenabledDate")


class ContactPerson(Node, frozen=True, kw_only=True):
    first_name: Text = None
    last_name: Text = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    address: tuple[Address, ...] = ()


class Person(Node, frozen=True, kw_only=True):
    """A person. The fields from ``middle_name`` on come with downloads, not with the reporting schema."""

    first_name: Text = None
    last_name: Text = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    address: tuple[Address, ...] = ()
    age: int | None = None
    age_assertion_discrepancy: bool | None = None
    date_of_birth: date | None = None
    middle_name: Text = None
    preferred_name: Text = None
    alias: tuple[str, ...] = ()
    approximate_age: Text = None
    gender: Text = None
    preferred_pronouns: Text = None
    physical_description: Text = None
    occupation: Text = None
    relationship_to_reporter: Text = None
    relationship_to_child_victim: Text = None
    access_to_child_victim: Text = None
    access_to_children: Text = None
    access_to_firearms: Text = None
    convicted_sex_offender: Text = None
    aware_of_report: Text = None
    gang_affiliation: Text = None
    language: tuple[str, ...] = ()
    race: tuple[str, ...] = ()
    disability: tuple[str, ...] = ()
    additional_disability_information: Text = None
    additional_contact_information: Text = None


class AssociatedAccount(Node, frozen=True, kw_only=True):
    """An account that belongs with a reported person or a victim, such as a parent's."""

    account_type: Annotated[
        str | None, Known("Billing", "Linked", "Business", "Creator", "Parent/Guardian", "Other")
    ] = field(default=None, name="@accountType")
    third_party_user: bool | None = field(default=None, name="@thirdPartyUser")
    platform: Text = None
    first_name: Text = None
    middle_name: Text = None
    last_name: Text = None
    approximate_age: int | None = None
    age_assertion_discrepancy: bool | None = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    all_emails_reported: bool | None = None
    address: tuple[Address, ...] = ()
    esp_service: Text = None
    esp_identifier: Text = None
    profile_url: tuple[str, ...] = ()
    screen_name: Text = None
    display_name: tuple[str, ...] = ()
    profile_bio: Prose = None
    group_identifier: Text = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    additional_info: Prose = None


class User(Node, frozen=True, kw_only=True):
    """What reported persons, intended recipients and victims have alike: an account, a person behind it."""

    esp_identifier: Text = None
    esp_service: Text = None
    compromised_account: bool | None = None
    screen_name: Text = None
    display_name: tuple[str, ...] = ()
    profile_url: tuple[str, ...] = ()
    profile_bio: Prose = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    prior_ct_reports: tuple[str, ...] = field(default=(), name="priorCTReports")
    group_identifier: Text = None
    account_temporarily_disabled: AccountDisabled | None = None
    account_permanently_disabled: AccountDisabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    associated_account: tuple[AssociatedAccount, ...] = ()
    additional_info: Prose = None


class PersonOrUserReported(User, frozen=True, kw_only=True):
    person: Person | None = field(default=None, name="personOrUserReportedPerson")
    vehicle_description: Text = None
    vehicle_tag_number: Text = None
    third_party_user_reported: bool | None = None


class IntendedRecipient(User, frozen=True, kw_only=True):
    person: Person | None = field(default=None, name="intendedRecipientPerson")


class Victim(User, frozen=True, kw_only=True):
    person: Person | None = field(default=None, name="victimPerson")
    school_name: Text = None


class BatchedReport(Node, frozen=True, kw_only=True):
    reason: Annotated[str | None, Known("VIRAL_POTENTIAL_MEME")] = field(default=None, name="@reason")


class ReportAnnotations(Node, frozen=True, kw_only=True):
    sextortion: Presence = False
    csam_solicitation: Presence = False
    minor_to_minor_interaction: Presence = False
    spam: Presence = False
    sadistic_online_exploitation: Presence = False
    informational: Presence = False


class IncidentSummary(Node, frozen=True, kw_only=True):
    incident_type: Annotated[str | None, INCIDENT_TYPES] = None
    platform: Text = None
    escalate_to_high_priority: Prose = None
    report_annotations: ReportAnnotations | None = None
    incident_date_time: datetime | None = None
    incident_date_time_description: Prose = None


class WebPageIncident(Node, frozen=True, kw_only=True):
    third_party_hosted_content: bool | None = field(default=None, name="@thirdPartyHostedContent")
    url: tuple[str, ...] = ()
    content: Prose = None
    additional_info: Prose = None


class EmailIncident(Node, frozen=True, kw_only=True):
    email_address: tuple[Email, ...] = ()
    content: Prose = None
    additional_info: Prose = None


class NewsgroupIncident(Node, frozen=True, kw_only=True):
    name: Text = None
    email_address: tuple[Email, ...] = ()
    content: Prose = None
    additional_info: Prose = None


class ChatImIncident(Node, frozen=True, kw_only=True):
    chat_client: Text = None
    chat_room_name: Text = None
    content: Prose = None
    additional_info: Prose = None


class OnlineGamingIncident(Node, frozen=True, kw_only=True):
    game_name: Text = None
    console: Text = None
    content: Prose = None
    additional_info: Prose = None


class CellPhoneIncident(Node, frozen=True, kw_only=True):
    phone_number: Phone | None = None
    latitude: float | None = None
    longitude: float | None = None
    additional_info: Prose = None


class NonInternetIncident(Node, frozen=True, kw_only=True):
    location_name: Text = None
    incident_address: tuple[Address, ...] = ()
    additional_info: Prose = None


class Peer2PeerIncident(Node, frozen=True, kw_only=True):
    client: Text = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    file_names: Text = None
    additional_info: Prose = None


class InternetDetails(Node, frozen=True, kw_only=True):
    """Where it happened. The schema asks for one incident in each; a download puts several together."""

    web_page_incident: tuple[WebPageIncident, ...] = ()
    email_incident: tuple[EmailIncident, ...] = ()
    newsgroup_incident: tuple[NewsgroupIncident, ...] = ()
    chat_im_incident: tuple[ChatImIncident, ...] = ()
    online_gaming_incident: tuple[OnlineGamingIncident, ...] = ()
    cell_phone_incident: tuple[CellPhoneIncident, ...] = ()
    non_internet_incident: tuple[NonInternetIncident, ...] = ()
    peer2peer_incident: tuple[Peer2PeerIncident, ...] = ()


class LawEnforcement(Node, frozen=True, kw_only=True):
    flea_country: Text = field(default=None, name="@fleaCountry")
    agency_name: Text = None
    case_number: Text = None
    officer_contact: ContactPerson | None = None
    reported_to_le: bool | None = None
    served_legal_process_domestic: bool | None = None
    served_legal_process_international: bool | None = None


class Reporter(Node, frozen=True, kw_only=True):
    """Who reports. ``esp_name`` comes with the law-enforcement download only."""

    reporting_person: Person | None = None
    contact_person: ContactPerson | None = None
    company_template: Prose = None
    terms_of_service: Prose = None
    legal_url: Text = field(default=None, name="legalURL")
    esp_name: Text = None


class FileAnnotations(Node, frozen=True, kw_only=True):
    anime_drawing_virtual_hentai: Presence = False
    potential_meme: Presence = False
    viral: Presence = False
    possible_self_production: Presence = False
    physical_harm: Presence = False
    violence_gore: Presence = False
    bestiality: Presence = False
    live_streaming: Presence = False
    infant: Presence = False
    generative_ai: Presence = False


class OriginalFileHash(Node, frozen=True, kw_only=True):
    value: str = field(default="", name="#text")
    hash_type: Text = field(default=None, name="@hashType")


class NameValuePair(Node, frozen=True, kw_only=True):
    type: Annotated[str | None, Known("EXIF", "HASH")] = field(default=None, name="@type")
    name: str = ""
    value: str = ""


class Details(Node, frozen=True, kw_only=True):
    name_value_pair: tuple[NameValuePair, ...] = ()


class FileDetails(Node, frozen=True, kw_only=True):
    """One file. ``submittal_id`` and ``tags`` come with the law-enforcement download only."""

    report_id: Text = None
    file_id: Text = None
    file_name: Text = None
    original_file_name: Text = None
    uploaded_to_esp_timestamp: datetime | None = None
    location_of_file: Text = None
    file_viewed_by_esp: bool | None = None
    exif_viewed_by_esp: bool | None = None
    publicly_available: bool | None = None
    file_relevance: Annotated[str | None, Known("Reported", "Supplemental Reported")] = None
    file_annotations: FileAnnotations | None = None
    industry_classification: Annotated[str | None, Known("A1", "A2", "B1", "B2")] = None
    original_file_hash: tuple[OriginalFileHash, ...] = ()
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    details: tuple[Details, ...] = ()
    additional_info: Annotated[tuple[str, ...], FreeText()] = ()
    submittal_id: Text = None
    tags: tuple[str, ...] = ()


class Report(Node, frozen=True, kw_only=True):
    """The report. The fields from ``report_id`` on come from NCMEC, not from providers."""

    batched_report: BatchedReport | None = None
    incident_summary: IncidentSummary | None = None
    internet_details: tuple[InternetDetails, ...] = ()
    law_enforcement: LawEnforcement | None = None
    reporter: Reporter | None = None
    person_or_user_reported: tuple[PersonOrUserReported, ...] = ()
    intended_recipient: tuple[IntendedRecipient, ...] = ()
    victim: tuple[Victim, ...] = ()
    additional_info: Annotated[tuple[str, ...], FreeText()] = ()
    file_details: tuple[FileDetails, ...] = ()
    report_id: Text = None
    date_received: datetime | None = None
    last_updated: datetime | None = None
    report_version: Text = None
    priority: Annotated[str | None, Known("E", "1", "2", "3")] = None
    submittal_id: Text = None


class Reading(Node, frozen=True, kw_only=True):
    """What reading kept beside the typed parts: every value, free text, the unrecognised, warnings."""

    source: str = ""
    written: tuple[Field, ...] = ()
    free_text: tuple[Field, ...] = ()
    unrecognised: tuple[Unrecognised, ...] = ()
    warnings: tuple[str, ...] = ()

    def fields(self) -> Iterator[tuple[str, str, str]]:
        """Path, plain English label and value of everything in the document, in its order."""
        for item in self.written:
            yield item.path, label(item.path), item.value


class CyberTip(Reading, frozen=True, kw_only=True):
    """A report and how it was read."""

    report: Report


class FileReport(Reading, frozen=True, kw_only=True):
    """A ``fileDetails`` document that came alone."""

    file: FileDetails
