"""Reports that an independent producer wrote: every field comes back, and what is unknown is kept."""

from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree

from sooner.engines.formats.cybertip.document import joined
from sooner.engines.formats.cybertip.model import CyberTip, FileReport
from sooner.engines.formats.cybertip.xml import read_xml
from sooner.engines.formats.errors import UnknownRoot
from tests.engines.formats import cybertips


def report_of(data: bytes) -> CyberTip:
    (tip,) = read_xml(data)
    assert isinstance(tip, CyberTip)
    return tip


def wrapped(inner: str) -> bytes:
    return f"<report>{inner}</report>".encode()


def same(produced: Any, read: Any) -> bool:
    """The producer's value and ours say the same; the producer's names for fields are ours too."""
    if produced is None:
        return read in (None, (), False, "")
    if isinstance(read, tuple) and not isinstance(produced, list):
        return len(read) == 1 and same(produced, read[0])
    if hasattr(type(produced), "model_fields"):
        if not type(produced).model_fields:
            return read is True
        return all(same(getattr(produced, name), getattr(read, name)) for name in type(produced).model_fields)
    if isinstance(produced, list):
        return len(produced) == len(read) and all(map(same, produced, read))
    if isinstance(produced, Enum | str):
        return bool(str(getattr(produced, "value", produced)).strip() == read)
    return bool(produced == read or str(produced) == read)


def values_in(data: bytes) -> list[str]:
    """Every text and attribute of the document, in its order, by a walk of its own."""
    found: list[str] = []
    for element in etree.fromstring(data).iter():
        found.extend(str(value) for value in element.attrib.values())
        if len(element) == 0:
            found.append(element.text or "")
    return found


@settings(max_examples=60, deadline=None)
@given(cybertips.documents(cybertips.report.Report))
def test_every_field_a_provider_can_report_is_read_into_its_own_typed_place(produced: Any) -> None:
    tip = report_of(cybertips.xml(produced))
    assert same(produced, tip.report)
    assert tip.unrecognised == ()
    assert tip.warnings == ()


@settings(max_examples=60, deadline=None)
@given(cybertips.documents(cybertips.files.FileDetails))
def test_every_field_of_a_file_is_read_into_its_own_typed_place(produced: Any) -> None:
    (found,) = read_xml(cybertips.xml(produced))
    assert isinstance(found, FileReport)
    assert same(produced, found.file)
    assert found.unrecognised == ()


@settings(max_examples=40, deadline=None)
@given(cybertips.documents(cybertips.report.Report))
def test_every_value_of_a_report_can_be_read_back_as_it_was_written(produced: Any) -> None:
    data = cybertips.xml(produced)
    read = [value for _, _, value in report_of(data).fields() if value]
    assert read == [value for value in values_in(data) if value]


def test_a_page_shows_each_field_with_its_place_and_a_plain_english_label() -> None:
    shown = {path: label for path, label, _ in report_of(cybertips.xml(cybertips.a_report())).fields()}
    person = "report/personOrUserReported[1]/personOrUserReportedPerson"
    assert shown[f"{person}/phone[1]/@countryCallingCode"] == (
        "Reported person 1, person, phone 1, country calling code"
    )
    assert shown["report/victim[1]/schoolName"] == "Victim 1, school name"
    assert shown["report/personOrUserReported[1]/ipCaptureEvent[15]/ipAddress"] == (
        "Reported person 1, IP address captured 15, IP address"
    )


def test_an_unknown_incident_type_is_kept_and_noted() -> None:
    tip = report_of(wrapped("<incidentSummary><incidentType>New Kind</incidentType></incidentSummary>"))
    assert tip.report.incident_summary is not None
    assert tip.report.incident_summary.incident_type == "New Kind"
    (noted,) = tip.unrecognised
    assert (noted.path, noted.raw, noted.why) == ("report/incidentSummary/incidentType", "New Kind", "value")


@pytest.mark.parametrize(
    ("inner", "path", "raw", "why"),
    [
        ("<later><a x='1'>v</a></later>", "report/later", '<later><a x="1">v</a></later>', "element"),
        ("<victim tier='3'/>", "report/victim[1]/@tier", "3", "attribute"),
        ("<reportAnnotations/>", "report/reportAnnotations", "<reportAnnotations/>", "element"),
        ("<victim>loose</victim>", "report/victim[1]/text()", "loose", "text"),
        ("<!-- written by hand -->", "report/comment()", " written by hand ", "comment"),
        (
            "<victim><victimPerson><age>twelve</age></victimPerson></victim>",
            "report/victim[1]/victimPerson/age",
            "twelve",
            "value",
        ),
        (
            "<reporter/><reporter><legalURL>u</legalURL></reporter>",
            "report/reporter",
            "<reporter><legalURL>u</legalURL></reporter>",
            "repeated",
        ),
    ],
)
def test_what_has_no_place_is_kept_raw_and_stays_readable(inner: str, path: str, raw: str, why: str) -> None:
    tip = report_of(wrapped(inner))
    assert [(one.path, one.raw, one.why) for one in tip.unrecognised] == [(path, raw, why)]
    text = str(etree.fromstring(wrapped(inner)).xpath("string()")).strip()
    assert not text or text in [value for _, _, value in tip.fields()]


def test_every_value_within_an_unknown_element_is_a_field_of_its_own() -> None:
    tip = report_of(wrapped("<later kind='k'><a>1</a><b><c>2</c>tail</b></later>"))
    assert [(path, value) for path, _, value in tip.fields()] == [
        ("report/later/@kind", "k"),
        ("report/later/a", "1"),
        ("report/later/b", "tail"),
        ("report/later/b/c", "2"),
    ]


@pytest.mark.parametrize("text", ["31/02/2020", "soon", "2020-13-01", "0", "99999999999999999999"])
def test_a_date_that_is_not_one_is_kept_with_a_warning(text: str) -> None:
    inner = f"<victim><victimPerson><dateOfBirth>{text}</dateOfBirth></victimPerson></victim>"
    tip = report_of(wrapped(inner))
    assert tip.report.victim[0].person is not None
    assert tip.report.victim[0].person.date_of_birth is None
    assert [one.raw for one in tip.unrecognised] == [text]
    assert len(tip.warnings) == 1


@pytest.mark.parametrize("text", ["9" * 5000, "NaN", "inf", "1e999", "१२"])
def test_a_number_that_no_store_can_hold_is_kept_as_text(text: str) -> None:
    place = f"<cellPhoneIncident><latitude>{text}</latitude></cellPhoneIncident>"
    inner = f"<internetDetails>{place}</internetDetails>"
    age = f"<victim><victimPerson><age>{text}</age></victimPerson></victim>"
    assert text in [one.raw for one in report_of(wrapped(age)).unrecognised]
    if text != "9" * 5000 and text != "१२":
        assert [one.raw for one in report_of(wrapped(inner)).unrecognised] == [text]


def test_a_day_of_birth_with_a_time_or_a_zone_is_still_a_day() -> None:
    for text in ("2012-05-06Z", "2012-05-06+01:00", "2012-05-06T00:00:00Z"):
        inner = f"<victim><victimPerson><dateOfBirth>{text}</dateOfBirth></victimPerson></victim>"
        person = report_of(wrapped(inner)).report.victim[0].person
        assert person is not None
        assert person.date_of_birth == date(2012, 5, 6)


def test_several_reported_persons_in_one_report_are_all_read() -> None:
    inner = "<personOrUserReported><screenName>{}</screenName></personOrUserReported>"
    tip = report_of(wrapped(inner.format("a") + inner.format("b")))
    assert [person.screen_name for person in tip.report.person_or_user_reported] == ["a", "b"]


def test_a_report_in_a_namespace_is_read_and_the_namespace_kept() -> None:
    data = b'<r:report xmlns:r="urn:example"><r:victim><r:schoolName>S</r:schoolName></r:victim></r:report>'
    tip = report_of(data)
    assert tip.report.victim[0].school_name == "S"
    assert ("report/@xmlns", "urn:example") in [(path, value) for path, _, value in tip.fields()]


def test_what_ncmec_adds_for_law_enforcement_is_read_from_xml_too() -> None:
    tip = report_of(
        wrapped(
            "<reportId>900100</reportId><priority>E</priority><dateReceived>2026-03-01T09:00:00Z</dateReceived>"
            "<personOrUserReported><accountPermanentlyDisabled disabledDate='2026-02-28T00:00:00Z'>true"
            "</accountPermanentlyDisabled></personOrUserReported>"
        )
    )
    assert (tip.report.report_id, tip.report.priority) == ("900100", "E")
    assert tip.report.date_received == datetime(2026, 3, 1, 9, tzinfo=UTC)
    closed = tip.report.person_or_user_reported[0].account_permanently_disabled
    assert closed is not None
    assert closed.disabled_date == datetime(2026, 2, 28, tzinfo=UTC)


def test_a_flag_is_set_by_being_there() -> None:
    tip = report_of(cybertips.xml(cybertips.a_report()))
    assert tip.report.incident_summary is not None
    annotations = tip.report.incident_summary.report_annotations
    assert annotations is not None
    assert annotations.sextortion
    assert annotations.csam_solicitation
    assert not annotations.spam


def test_files_are_joined_to_the_report_whose_number_they_carry() -> None:
    ours, other = (read_xml(cybertips.xml(cybertips.a_file(report_id=n)))[0] for n in (900100, 900200))
    tip = report_of(wrapped("<reportId>900100</reportId>"))
    assert isinstance(ours, FileReport)
    assert isinstance(other, FileReport)
    (whole,), left = joined([tip], [ours, other])
    assert [file.file_id for file in whole.report.file_details] == ["f-1"]
    assert "fileDetails/fileId" in [path for path, _, _ in whole.fields()]
    assert left == [other]


def test_several_reports_under_one_root_are_several_reports() -> None:
    found = read_xml(b"<reports><report><reportId>1</reportId></report><report/></reports>")
    assert [one.report.report_id for one in found if isinstance(one, CyberTip)] == ["1", None]


def test_xml_that_is_not_a_report_is_refused_by_its_root() -> None:
    with pytest.raises(UnknownRoot, match="not a CyberTipline report") as refused:
        read_xml(b"<invoice/>")
    assert refused.value.root == "invoice"
