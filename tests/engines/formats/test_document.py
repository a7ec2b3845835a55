"""The neutral document: what a report says is in its place, and it is the same after being stored."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from sooner.engines.formats.document import ReferralDocument, Role, from_json, to_json, with_files
from sooner.engines.formats.errors import Damaged
from sooner.engines.formats.reader import read_document, read_documents
from tests.engines.formats import cybertips


def document_of(data: bytes) -> ReferralDocument:
    (document,) = read_documents(data)
    return document


def a_document(inner: str) -> ReferralDocument:
    return document_of(f"<report>{inner}</report>".encode())


def a_suspect(inner: str) -> str:
    person = f"<personOrUserReportedPerson>{inner}</personOrUserReportedPerson>"
    return f"<personOrUserReported>{person}</personOrUserReported>"


TYPICAL = document_of(cybertips.xml(cybertips.a_report()))


def test_a_report_says_what_when_and_how_urgent() -> None:
    assert TYPICAL.format == "cybertip-xml"
    assert TYPICAL.sender == "Example Chat"
    assert TYPICAL.incident_type == "Online Enticement of Children for Sexual Acts"
    assert TYPICAL.incident_at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    assert TYPICAL.escalation == "The reported person says that a child lives in the home."
    assert TYPICAL.flags == ("sextortion", "csamSolicitation")
    assert TYPICAL.summary.startswith("Invented summary")


def test_the_suspect_is_found_with_name_birth_address_account_and_addresses_on_the_network() -> None:
    (suspect,) = TYPICAL.parties_as(Role.SUSPECT)
    assert suspect.names[0].full == "Alex Example"
    assert suspect.date_of_birth == date(1991, 5, 6)
    assert suspect.addresses[0].lines == ("1 Example Street",)
    assert suspect.addresses[0].postcode == "E1 6AN"
    assert suspect.accounts[0].identifier == "u-100200"
    assert suspect.aliases == ("Alex", "Al Example")
    assert suspect.earlier_reports == ("123456",)
    assert len(suspect.ips) == 15
    assert suspect.devices[0].type == "IMEI"


def test_a_victim_is_a_child_with_a_school_a_disputed_age_and_a_guardian() -> None:
    (victim,) = TYPICAL.parties_as(Role.VICTIM)
    (guardian,) = TYPICAL.parties_as(Role.GUARDIAN)
    assert victim.school == "Example Primary School"
    assert (victim.age, victim.age_disputed) == (12, True)
    assert guardian.of is not None
    assert TYPICAL.parties[guardian.of] is victim
    assert guardian.names[0].full == "Robin Sample"


def test_messages_and_notes_are_apart_so_that_they_can_be_kept_from_lists() -> None:
    paths = [field.path for field in TYPICAL.free_text]
    assert "report/additionalInfo[1]" in paths
    assert "report/internetDetails[1]/chatImIncident[1]/additionalInfo" in paths
    assert set(TYPICAL.free_text) <= set(TYPICAL.fields)


def test_a_complete_report_has_no_warning() -> None:
    assert TYPICAL.warnings == ()


@pytest.mark.parametrize(
    ("inner", "warning"),
    [
        ("", "No suspect is described."),
        (a_suspect("<lastName>X</lastName>"), "No date of birth or age for the suspect."),
        (a_suspect("<age>3</age>"), "No name for the suspect."),
        (a_suspect("<age>3</age>"), "No address for the suspect."),
        (a_suspect("<address><city>London</city></address>"), "No postcode in the suspect's address."),
        (a_suspect("") * 2, "No name for suspect 2."),
        ("<victim/>", "No postcode for a child named in the referral."),
        (
            "<incidentSummary><incidentDateTime>2026-01-01T00:00:00</incidentDateTime></incidentSummary>",
            "The time of the incident has no time zone and was read as UTC.",
        ),
        (
            "<dateReceived>0001-01-01T00:00:00+05:00</dateReceived>",
            "The time the report was received cannot be a real time and was left out.",
        ),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(inner: str, warning: str) -> None:
    assert warning in a_document(inner).warnings


@pytest.mark.parametrize(
    ("text", "priority"),
    [("E", "E"), ("e", "E"), ("Priority 1", "1"), ("3 - routine", "3"), ("9", ""), ("", "")],
)
def test_the_senders_priority_is_one_of_four(text: str, priority: str) -> None:
    assert a_document(f"<priority>{text}</priority>").priority == priority


def test_a_word_for_nothing_is_nothing_but_a_surname_is_a_name() -> None:
    parties = a_document(a_suspect("<firstName>N/A</firstName><lastName>Null</lastName>")).parties
    assert [name.full for party in parties for name in party.names] == ["Null"]


def test_a_time_in_another_zone_is_kept_as_the_same_moment() -> None:
    document = a_document("<dateReceived>2026-07-01T10:00:00+01:00</dateReceived>")
    assert document.received_at == datetime(2026, 7, 1, 9, tzinfo=UTC)


def test_a_file_has_fingerprints_annotations_and_class() -> None:
    document = document_of(cybertips.xml(cybertips.a_file()))
    (file,) = document.files
    assert (document.format, document.report_number) == ("cybertip-file", "900100")
    assert [(one.kind, one.value) for one in file.hashes] == [("MD5", "d41d8cd98f00b204e9800998ecf8427e")]
    assert file.annotations == ("possibleSelfProduction", "infant")
    assert (file.classification, file.viewed, file.public) == ("B2", True, False)
    assert [(one.type, one.name, one.value) for one in file.metadata] == [("EXIF", "Model", "Example Camera")]


def test_a_fingerprint_without_a_kind_is_known_by_its_length() -> None:
    data = b'{"reportId": 1, "uploadedFiles": [{"verificationHash": "%s"}]}' % (b"a" * 40)
    assert [one.kind for one in document_of(data).files[0].hashes] == ["SHA1"]


def test_files_that_came_apart_are_joined_to_their_report_only() -> None:
    report = a_document("<reportId>900100</reportId>")
    ours, other = (document_of(cybertips.xml(cybertips.a_file(report_id=n))) for n in (900100, 900200))
    whole = with_files(report, [ours, other])
    assert whole.files == ours.files
    assert whole.fields == report.fields + ours.fields
    assert with_files(a_document(""), [ours]).files == ()


@settings(max_examples=60, deadline=None)
@given(cybertips.documents(cybertips.report.Report))
def test_a_stored_document_comes_back_the_same(produced: Any) -> None:
    document = document_of(cybertips.xml(produced))
    assert from_json(to_json(document)) == document


def test_a_stored_document_that_is_broken_says_so() -> None:
    for broken in (b"", b"{}", b'{"format": 1}', b"\xff"):
        with pytest.raises(Damaged):
            from_json(broken)


def test_one_referral_is_itself_and_several_are_a_list() -> None:
    assert isinstance(read_document(b"<report/>", "a.csv"), ReferralDocument)
    several = read_document(b"<reports><report/><report/></reports>", "a.pdf")
    assert isinstance(several, list)
    assert len(several) == 2
