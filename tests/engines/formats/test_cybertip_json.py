"""The JSON that NCMEC hands to law enforcement, and the ways it differs: the same model, nothing lost."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.formats.cybertip.json import read_json
from sooner.engines.formats.cybertip.model import CyberTip
from sooner.engines.formats.errors import FormatError, NotAReferral

A_PERSON = {
    "firstName": "Alex",
    "middleName": None,
    "lastName": "Example",
    "dateOfBirth": "1991-05-06",
    "occupation": "Swimming teacher",
    "accessToChildren": "Yes",
    "espUserId": "u-1",
    "screenName": {"value": "alex_example", "verified": False},
    "emails": {"emails": [{"value": "alex@example.com", "verified": True}]},
    "phones": {"phones": [{"value": "07700 900123", "verified": None}]},
    "addresses": {
        "addresses": [
            {"street1": "1 Example Street", "street2": "Flat 2", "city": "London", "postalCode": "E1 6AN"}
        ]
    },
    "languages": ["English"],
    "additionalInformations": [{"value": "First note."}, {"value": "Second note."}],
    "sourceInformation": {
        "sourceCaptures": [
            {
                "captureType": "IP Address",
                "eventName": "LOGIN",
                "dateTime": "2026-02-28T10:00:00Z",
                "port": 4000,
                "value": "192.0.2.1",
            },
            {"captureType": "Profile URL", "value": "https://example.com/alex"},
            {"captureType": "Device ID", "value": "device-1", "eventName": "UPLOAD"},
        ]
    },
}
A_FILE = {
    "filename": "1.jpg",
    "originalFilename": "example.jpg",
    "submittalId": "s-1",
    "verificationHash": "d41d8cd98f00b204e9800998ecf8427e",
    "industryClassification": "B1",
    "viewedByEsp": True,
    "ncmecTags": {"groups": [{"groupName": "Kind", "tags": [{"value": "Tag one"}, {"value": "Tag two"}]}]},
    "espMetadata": {"metadatas": [{"name": "Upload Date and Time", "value": "2026-02-28"}]},
    "sourceInformation": {"sourceCaptures": [{"captureType": "IP Address", "value": "192.0.2.2"}]},
    "additionalInformations": [{"value": "File note."}],
}


def a_download(**changes: Any) -> dict[str, Any]:
    information = {
        "incidentSummary": {
            "incidentType": "Online Enticement of Children for Sexual Acts",
            "incidentDateTime": "2026-02-28T10:00:00Z",
            "incidentDateTimeDescription": "Last message",
        },
        "reportingEsp": {"espName": "Example Chat", "lastName": "Trust Team"},
        "reportedPeople": {"reportedPersons": [A_PERSON]},
        "uploadedFiles": {"uploadedFiles": [A_FILE]},
        "incidentDetails": {
            "webpageIncident": [{"url": "https://example.com/page"}],
            "emailIncident": [
                {"contents": [{"value": "Invented message."}], "emails": [{"value": "a@example.com"}]}
            ],
        },
        "additionalInformations": [{"value": "Report note."}],
    }
    return {
        "reportId": 900100,
        "dateReceived": "2026-03-01T09:00:00Z",
        "reportedInformation": information | changes,
    }


def read(value: Any) -> CyberTip:
    (tip,) = read_json(json.dumps(value).encode())
    return tip


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [] if value is None else [value if isinstance(value, str) else json.dumps(value)]


def test_a_download_gives_the_report_its_number_times_and_provider() -> None:
    report = read(a_download()).report
    assert report.report_id == "900100"
    assert report.date_received == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert report.incident_summary is not None
    assert report.incident_summary.incident_type == "Online Enticement of Children for Sexual Acts"
    assert report.reporter is not None
    assert report.reporter.esp_name == "Example Chat"
    assert report.additional_info == ("Report note.",)


def test_a_reported_person_is_read_with_contacts_occupation_and_captures() -> None:
    (suspect,) = read(a_download()).report.person_or_user_reported
    person = suspect.person
    assert person is not None
    assert (person.first_name, person.last_name, person.occupation) == ("Alex", "Example", "Swimming teacher")
    assert person.access_to_children == "Yes"
    assert [email.value for email in person.email] == ["alex@example.com"]
    assert [phone.value for phone in person.phone] == ["07700 900123"]
    assert (person.address[0].street_2, person.address[0].zip_code) == ("Flat 2", "E1 6AN")
    assert (suspect.screen_name, suspect.esp_identifier) == ("alex_example", "u-1")
    assert [(ip.ip_address, ip.event_name, ip.port) for ip in suspect.ip_capture_event] == [
        ("192.0.2.1", "Login", 4000)
    ]
    assert suspect.profile_url == ("https://example.com/alex",)
    assert [(d.id_type, d.id_value, d.event_name) for d in suspect.device_id] == [
        ("Device ID", "device-1", "Upload")
    ]
    assert suspect.additional_info == "First note.\n\nSecond note."


def test_an_uploaded_file_is_read_with_hash_tags_and_metadata() -> None:
    (file,) = read(a_download()).report.file_details
    assert (file.file_name, file.original_file_name, file.submittal_id) == ("1.jpg", "example.jpg", "s-1")
    assert [one.value for one in file.original_file_hash] == ["d41d8cd98f00b204e9800998ecf8427e"]
    assert file.tags == ("Tag one", "Tag two")
    assert file.file_viewed_by_esp is True
    assert file.details[0].name_value_pair[0].name == "Upload Date and Time"
    assert file.ip_capture_event[0].ip_address == "192.0.2.2"
    assert file.additional_info == ("File note.",)


def test_where_it_happened_is_read() -> None:
    (details,) = read(a_download()).report.internet_details
    assert details.web_page_incident[0].url == ("https://example.com/page",)
    assert details.email_incident[0].content == "Invented message."
    assert details.email_incident[0].email_address[0].value == "a@example.com"


def test_every_value_of_a_download_is_shown_once() -> None:
    tip = read(a_download())
    assert sorted(value for _, _, value in tip.fields()) == sorted(leaves(a_download()))


def test_only_what_people_wrote_is_free_text() -> None:
    texts = [field.value for field in read(a_download()).free_text]
    assert sorted(texts) == sorted(
        ["First note.", "Second note.", "File note.", "Report note.", "Invented message.", "Last message"]
    )


@pytest.mark.parametrize(
    "people",
    [
        {"reportedPeople": {"reportedPersons": [{"emails": {"emails": [{"value": "a@example.com"}]}}]}},
        {"reportedPeople": [{"emails": [{"value": "a@example.com"}]}]},
        {"reportedPersons": [{"emails": ["a@example.com"]}]},
        {"reportedPersons": {"reportedPersons": [{"email": "a@example.com"}]}},
        {"reportedPeople": {"reportedPersons": {"emails": {"emails": {"emailAddress": "a@example.com"}}}}},
        {"personOrUserReported": {"personOrUserReportedPerson": {"email": [{"value": "a@example.com"}]}}},
    ],
)
def test_the_ways_providers_nest_people_and_contacts_give_the_same_report(people: dict[str, Any]) -> None:
    tip = read({"reportId": 1, "reportedInformation": people})
    (suspect,) = tip.report.person_or_user_reported
    assert suspect.person is not None
    assert [email.value for email in suspect.person.email] == ["a@example.com"]
    assert tip.unrecognised == ()


def test_what_has_no_place_is_kept_as_json_with_its_path() -> None:
    person = {"firstName": "Alex", "starSign": {"sign": "Leo", "sure": False}}
    tip = read({"reportId": 1, "reportedInformation": {"reportedPersons": [person]}, "later": [1, 2]})
    assert [(one.path, one.raw) for one in tip.unrecognised] == [
        ("report/reportedInformation/reportedPersons[1]/starSign", '{"sign": "Leo", "sure": false}'),
        ("report/later", "[1, 2]"),
    ]
    assert ("report/later[2]", "2") in [(path, value) for path, _, value in tip.fields()]


def test_several_reports_in_a_list_are_several_reports() -> None:
    for value in ([{"reportId": 1}, {"reportId": "2"}], {"reports": [{"reportId": 1}, {"reportId": 2}]}):
        tips = read_json(json.dumps(value).encode())
        assert [tip.report.report_id for tip in tips] == ["1", "2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_download_is_read_in_the_encodings_that_occur(encoding: str) -> None:
    text = json.dumps({"reportId": 1, "reportedPersons": [{"firstName": "Zoë"}]}, ensure_ascii=False)
    (tip,) = read_json(text.encode(encoding))
    person = tip.report.person_or_user_reported[0].person
    assert person is not None
    assert person.first_name == "Zoë"
    assert bool(tip.warnings) == (encoding == "cp1252")


@pytest.mark.parametrize(
    "value", [{}, [], 3, "x", None, {"a": 1}, [{"reportId": 1}, {"a": 1}], {"report": []}]
)
def test_json_that_is_not_a_report_is_refused(value: Any) -> None:
    with pytest.raises(NotAReferral):
        read_json(json.dumps(value).encode())


NAMES = st.sampled_from(
    [
        *a_download()["reportedInformation"],
        *A_PERSON,
        *A_FILE,
        "value",
        "victims",
        "person",
        "tags",
        "sourceCaptures",
    ]
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(min_codepoint=32, max_codepoint=126))
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=25)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, VALUES))
def test_no_value_is_lost_however_a_provider_nests_it(information: dict[str, Any]) -> None:
    value = {"reportId": 1, "reportedInformation": information}
    try:
        tip = read(value)
    except FormatError:
        pytest.fail("a report was refused for its shape")
    shown = sorted(text for _, _, text in tip.fields())
    assert shown == sorted(leaves(value))
