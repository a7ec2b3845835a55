"""Referral documents of the invented force: valid by the independent producer's own models, read whole, and truthful."""

import io
import json
import re
import time
import zipfile
from datetime import UTC, datetime

import pytest
from lxml import etree

from sooner.demo.cases import SHARES
from sooner.demo.documents import (
    FOLLOW_UPS,
    KINDS,
    NOW_DEFAULT,
    Document,
    stream,
    write_csv,
    zipped,
)
from sooner.demo.population import Family, Person, families
from sooner.demo.producer import part
from sooner.engines.formats.document import Party, ReferralDocument, Role
from sooner.engines.formats.reader import read_documents

COUNT = 1500


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(stream(COUNT, seed=7))


@pytest.fixture(scope="module")
def world() -> dict[int, tuple[Family, Person]]:
    return {person.id: (family, person) for family in families(9_000, seed=7) for person in family.people}


def _suspect(document: Document) -> Party:
    return next(party for party in _read(document).parties if party.role is Role.SUSPECT)


def _read(document: Document) -> ReferralDocument:
    (found,) = read_documents(document.data)
    return found


def _reports(document: Document) -> list[etree._Element]:
    """The provider's own reports within the document: without wrapper and number."""
    root = etree.fromstring(document.data)
    found = [root] if root.tag == "report" else root.findall("report")
    for report in found:
        for number in report.findall("reportId"):
            report.remove(number)
    return found


def _values(element: etree._Element) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every element below with its text and attributes, in order."""
    return [
        (str(e.tag), e.text or "", sorted((str(k), str(v)) for k, v in e.items())) for e in element.iter()
    ]


def test_the_same_seed_streams_the_same_bytes_and_another_seed_others() -> None:
    first = list(stream(60, seed=3))
    assert first == list(stream(60, seed=3))
    assert [d.data for d in first] != [d.data for d in stream(60, seed=4)]


def test_as_many_documents_come_as_were_asked_for_each_with_its_name(documents: list[Document]) -> None:
    assert len(documents) == COUNT
    assert len({document.name for document in documents}) == COUNT


def test_every_kind_comes_about_as_often_as_its_share(documents: list[Document]) -> None:
    firsts = [document.kind for document in documents if document.kind in KINDS]
    assert {document.kind for document in documents} == {*KINDS, *FOLLOW_UPS}
    assert sum(SHARES.values()) == 100
    for kind, share in SHARES.items():
        assert firsts.count(kind) == pytest.approx(share * len(firsts) / 100, rel=0.5), kind


def test_xml_documents_are_valid_by_the_producers_own_models(documents: list[Document]) -> None:
    report, files = part("report"), part("files")
    checked = 0
    for document in documents:
        if not document.name.endswith(".xml"):
            continue
        for one in _reports(document):
            again = report.Report.from_xml(etree.tostring(one)).to_xml(exclude_none=True)
            assert _values(etree.fromstring(again)) == _values(one)
            checked += 1
        for one in etree.fromstring(document.data).findall("fileDetails"):
            assert str(files.FileDetails.from_xml(etree.tostring(one)).report_id) == str(
                document.truth.number
            )
    assert checked > COUNT / 3


def test_every_document_is_read_as_one_referral_with_nothing_left_over(documents: list[Document]) -> None:
    for document in documents:
        found = _read(document)
        assert not found.unrecognised, (document.name, found.unrecognised)
        assert found.report_number in ("", str(document.truth.number))


def test_a_bare_xml_report_has_no_number_and_every_other_document_has(documents: list[Document]) -> None:
    for document in documents:
        bare = document.data.split(b"\n", 1)[-1].startswith(b"<report>")
        assert bool(_read(document).report_number) is not bare
    assert any(document.data.split(b"\n", 1)[-1].startswith(b"<report>") for document in documents)


@pytest.mark.parametrize(
    ("kind", "there", "absent"),
    [
        ("full", {"names", "date_of_birth", "addresses", "emails"}, set()),
        ("phone", {"phones"}, {"names", "emails", "addresses", "date_of_birth"}),
        ("email", {"emails"}, {"names", "phones", "addresses", "date_of_birth"}),
        ("ip-only", {"ips"}, {"names", "emails", "phones", "addresses", "date_of_birth", "age"}),
        ("name-dob", {"names", "date_of_birth"}, {"addresses", "emails", "phones"}),
        ("address", {"names", "addresses", "age"}, {"date_of_birth", "emails", "phones"}),
    ],
)
def test_a_report_says_what_its_kind_says_and_no_more(
    documents: list[Document], kind: str, there: set[str], absent: set[str]
) -> None:
    of_it = [document for document in documents if document.kind == kind]
    assert of_it
    for document in of_it:
        suspect = _suspect(document)
        assert all(getattr(suspect, name) for name in there), document.name
        assert not any(getattr(suspect, name) for name in absent), document.name


def test_a_report_without_postcode_has_the_street(documents: list[Document]) -> None:
    found = [_suspect(document).addresses[0] for document in documents if document.kind == "no-postcode"]
    assert found
    assert all(address.lines and not address.postcode for address in found)


def test_an_urgent_report_is_priority_e_or_asks_for_escalation(documents: list[Document]) -> None:
    found = [_read(document) for document in documents if document.kind == "urgent"]
    assert {bool(one.priority == "E") for one in found} == {True, False}
    assert all(one.priority == "E" or one.escalation for one in found)


def test_young_suspects_are_under_eighteen_and_a_guardian_is_named_as_theirs(
    documents: list[Document], world: dict[int, tuple[Family, Person]]
) -> None:
    for document in documents:
        if document.kind in ("young", "guardian"):
            assert document.suspect is not None
            assert world[document.suspect][1].age(NOW_DEFAULT.date()) < 18
        if document.kind == "guardian":
            guardian = next(party for party in _read(document).parties if party.role is Role.GUARDIAN)
            assert document.suspect is not None
            parents = world[document.suspect][1].parents
            assert guardian.names[0].full in {parent.name for parent in parents}


@pytest.mark.parametrize(("kind", "role"), [("victim", Role.VICTIM), ("recipient", Role.INTENDED_RECIPIENT)])
def test_a_child_named_in_the_report_is_the_child_of_the_truth(
    documents: list[Document], world: dict[int, tuple[Family, Person]], kind: str, role: Role
) -> None:
    of_it = [document for document in documents if document.kind == kind]
    assert of_it
    for document in of_it:
        (party,) = [party for party in _read(document).parties if party.role is role]
        child = world[document.truth.named[0]][1]
        assert party.names[0].full == child.name
        assert kind == "recipient" or party.school == (child.school.name if child.school else "")


def test_the_truth_is_who_lives_with_the_suspect(
    documents: list[Document], world: dict[int, tuple[Family, Person]]
) -> None:
    for document in documents:
        if document.suspect is None:
            assert document.kind == "unknown" or document.truth.follows
            assert not document.children
            continue
        family, suspect = world[document.suspect]
        where = {stay.household for stay in suspect.residences if stay.until is None}
        expected = {
            person.id
            for person in family.people
            if person is not suspect
            and person.age(NOW_DEFAULT.date()) < 18
            and where & {stay.household for stay in person.residences if stay.until is None}
        }
        assert set(document.children) == expected
        assert not set(document.truth.own_elsewhere) & expected


def test_rarer_families_are_among_the_suspects(
    documents: list[Document], world: dict[int, tuple[Family, Person]]
) -> None:
    for document in documents:
        if document.suspect is None:
            continue
        family, suspect = world[document.suspect]
        if document.kind == "several":
            near = family.children_with(suspect)
            assert len({child.parents for child in near}) > 1
        if document.kind == "other-borough":
            assert any(c.home.authority != suspect.home.authority for c in family.children_of(suspect))
        if document.kind == "wales":
            assert suspect.home.authority.startswith("W")
        if document.kind == "trusted":
            assert suspect.positions


def test_an_unknown_suspect_shares_no_address_or_email_with_anybody(
    documents: list[Document], world: dict[int, tuple[Family, Person]]
) -> None:
    emails = {person.email for _, person in world.values()}
    homes = {
        (stay.home.line1, stay.home.postcode) for _, person in world.values() for stay in person.residences
    }
    found = [_suspect(document) for document in documents if document.kind == "unknown"]
    assert found
    for suspect in found:
        assert suspect.emails[0].address not in emails
        assert (suspect.addresses[0].lines[0], suspect.addresses[0].postcode) not in homes


def test_a_second_report_is_about_the_same_suspect_and_later(documents: list[Document]) -> None:
    by_name = {document.name: document for document in documents}
    seconds = [document for document in documents if document.kind == "second-report"]
    assert seconds
    for second in seconds:
        first = by_name[second.truth.follows]
        assert second.suspect == first.suspect
        assert second.truth.number != first.truth.number
        assert str(first.truth.number) in _suspect(second).earlier_reports


def test_a_new_version_has_the_number_of_the_first_and_says_something_new(documents: list[Document]) -> None:
    by_name = {document.name: document for document in documents}
    versions = [document for document in documents if document.kind == "new-version"]
    assert versions
    for version in versions:
        first = by_name[version.truth.follows]
        assert version.truth.number == first.truth.number
        assert _read(version).report_number == _read(first).report_number != ""
        assert len(_read(version).files) > len(_read(first).files)


def test_times_lie_before_the_moment_that_was_given() -> None:
    now = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)
    for document in stream(80, now=now):
        found = _read(document)
        assert found.incident_at is not None
        assert found.incident_at < now
        assert found.received_at is None or found.incident_at < found.received_at <= now


def test_nothing_in_a_document_could_reach_somebody(documents: list[Document]) -> None:
    for document in documents:
        text = document.data.decode()
        assert not re.findall(r"@(?!example\.(?:com|org|net)\b)", text), document.name
        assert not re.findall(r"https?://(?!example\.com/)", text), document.name
        for party in _read(document).parties:
            for phone in party.phones:
                digits = phone.number.replace("+44 ", "0")
                assert re.match(r"07700 900|020 7946 0|029 2018 0|01632 960|01\d\d 49[68] 0", digits)
            for ip in party.ips:
                assert ip.address.startswith(("192.0.2.", "2001:db8:"))


def test_ten_thousand_reports_take_less_than_thirty_seconds() -> None:
    begin = time.perf_counter()
    made = sum(1 for _ in stream(1000, seed=8))
    assert made == 1000
    assert time.perf_counter() - begin < 3  # a tenth of the reports in a tenth of the time


def test_a_zip_holds_every_document_and_is_the_same_twice(documents: list[Document]) -> None:
    data = zipped(documents[:5])
    assert data == zipped(documents[:5])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            d.name: d.data for d in documents[:5]
        }


def test_rows_from_elsewhere_become_referrals_of_the_template() -> None:
    data = write_csv(
        [
            {"reference": "A-1", "summary": "A worry, told by phone.", "suspect_name": "Łucja Łaska"},
            {
                "reference": "A-2",
                "summary": 'Said "twice".',
                "child_name": "Tunde Eze",
                "child_school": "Oakfield",
            },
        ]
    )
    first, second = read_documents(data)
    assert first.report_number == "A-1"
    assert first.parties[0].names[0].full == "Łucja Łaska"
    assert second.summary == 'Said "twice".'


def test_a_row_with_a_column_that_the_template_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="shoe_size"):
        write_csv([{"shoe_size": "9"}])


def test_the_json_is_in_the_shape_of_downloads(documents: list[Document]) -> None:
    found = json.loads(next(document.data for document in documents if document.name.endswith(".json")))
    assert {"reportId", "dateReceived", "priority", "reportedInformation"} <= found.keys()
    inner = found["reportedInformation"]
    assert {"incidentSummary", "reportingEsp", "reportedPeople", "uploadedFiles"} <= inner.keys()
    person = inner["reportedPeople"]["reportedPersons"][0]
    assert {"captureType", "eventName", "dateTime", "port", "value"} == set(
        person["sourceInformation"]["sourceCaptures"][0]
    )
