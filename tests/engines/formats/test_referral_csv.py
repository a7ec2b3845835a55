"""The spreadsheet for referrals from elsewhere: as people fill it in, and as programs save it."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.formats.document import ReferralDocument, Role
from sooner.engines.formats.errors import Damaged, EmptyDocument, NotAReferral, TooLarge
from sooner.engines.formats.reader import read_documents
from sooner.engines.formats.referral_csv import COLUMNS, read_csv, write_template


def a_sheet(*rows: dict[str, str], delimiter: str = ",", headings: tuple[str, ...] = tuple(COLUMNS)) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([row.get(heading, "") for heading in headings])
    return out.getvalue()


def one(**cells: str) -> ReferralDocument:
    (document,) = read_csv(a_sheet(cells).encode())
    return document


def test_the_template_is_read_as_its_own_example() -> None:
    (document,) = read_documents(write_template())
    (suspect,) = document.parties_as(Role.SUSPECT)
    (child,) = document.parties_as(Role.CHILD)
    (reporter,) = document.parties_as(Role.REPORTER)
    assert (document.report_number, document.source_type, document.priority) == ("EX-2026-001", "school", "2")
    assert document.received_at == datetime(2026, 3, 3, tzinfo=UTC)
    assert suspect.date_of_birth == date(1991, 5, 6)
    assert suspect.addresses[0].postcode == "E1 6AN"
    assert suspect.works_with_children is True
    assert suspect.trust == "Coaches an under-11 team on Saturdays"
    assert (suspect.accounts[0].service, suspect.accounts[0].screen_name) == ("Example Chat", "alex_example")
    assert (child.relationship_to_suspect, child.school) == ("son", "Example Primary School")
    assert document.parties[child.of or 0] is suspect
    assert reporter.organisation == "Example Primary School"
    assert document.warnings == (
        "This is the example row of the template: delete it from the file before sending it.",
    )


def test_rows_with_one_reference_are_one_referral_with_several_children() -> None:
    rows = (
        {"reference": "R1", "suspect_name": "Alex Example", "child_name": "Sam Example"},
        {"reference": "R1", "child_name": "Kim Example"},
        {
            "reference": "R1",
            "suspect_name": "alex example",
            "suspect_phone": "07700 900123",
            "child_name": "Jo",
        },
        {"reference": "R2", "suspect_name": "Chris Sample"},
    )
    first, second = read_csv(a_sheet(*rows).encode())
    (suspect,) = first.parties_as(Role.SUSPECT)
    assert [phone.number for phone in suspect.phones] == ["07700 900123"]
    children = first.parties_as(Role.CHILD)
    assert [child.names[0].full for child in children] == ["Sam Example", "Kim Example", "Jo"]
    assert {child.of for child in children} == {0}
    assert second.report_number == "R2"


def test_two_suspects_in_one_referral_stay_two_and_a_child_of_either_is_of_neither() -> None:
    rows = (
        {"reference": "R1", "suspect_name": "Alex Example", "child_name": "Sam"},
        {"reference": "R1", "suspect_name": "Chris Sample"},
        {"reference": "R1", "child_name": "Kim"},
    )
    (document,) = read_csv(a_sheet(*rows).encode())
    assert len(document.parties_as(Role.SUSPECT)) == 2
    assert [child.of for child in document.parties_as(Role.CHILD)] == [0, None]


def test_rows_without_a_reference_are_referrals_of_their_own() -> None:
    documents = read_csv(a_sheet({"suspect_name": "A B"}, {"suspect_name": "C D"}).encode())
    assert [document.report_number for document in documents] == ["", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_is_read_as_common_programs_save_it(encoding: str, delimiter: str) -> None:
    sheet = a_sheet({"suspect_name": "Zoë Müller", "summary": "One, two; three"}, delimiter=delimiter)
    (document,) = read_documents(sheet.encode(encoding))
    assert document.parties[0].names[0].full == "Zoë Müller"
    assert document.summary == "One, two; three"
    assert any("Windows-1252" in warning for warning in document.warnings) == (encoding == "cp1252")


def test_headings_are_read_however_they_are_spelt() -> None:
    sheet = "Suspect Name,Suspect - Postcode, SUMMARY ,Child Name\nAlex Example,E1 6AN,What happened,Sam\n"
    (document,) = read_csv(sheet.encode())
    assert document.parties[0].addresses[0].postcode == "E1 6AN"
    assert document.summary == "What happened"


@pytest.mark.parametrize("text", ["03/04/2015", "3.4.2015", "3-4-2015", "2015-04-03", "03/04/2015 00:00"])
def test_a_date_is_day_first_or_iso(text: str) -> None:
    assert one(child_name="Sam", child_date_of_birth=text).parties[0].date_of_birth == date(2015, 4, 3)


@pytest.mark.parametrize("text", ["31/02/2015", "spring", "13/13/2015", "03/04/15"])
def test_a_date_that_cannot_be_read_is_said_and_still_shown(text: str) -> None:
    document = one(child_name="Sam", child_date_of_birth=text)
    assert document.parties[0].date_of_birth is None
    assert any("not a date" in warning for warning in document.warnings)
    assert text in [field.value for field in document.fields]


@pytest.mark.parametrize(
    ("answer", "role", "expected"),
    [
        ("yes", "", True),
        ("No", "", False),
        ("", "", None),
        ("", "Scout leader", True),
        ("not known", "", None),
    ],
)
def test_work_with_children_is_taken_as_said_and_a_role_means_yes(
    answer: str, role: str, expected: bool | None
) -> None:
    document = one(suspect_name="Alex", works_with_children=answer, role_with_children=role)
    assert document.parties[0].works_with_children is expected


def test_a_column_nobody_knows_is_kept_and_shown() -> None:
    sheet = a_sheet({"suspect_name": "A B", "Car": "blue"}, headings=("suspect_name", "summary", "Car"))
    (document,) = read_csv(sheet.encode())
    assert [(item.raw, item.why) for item in document.unrecognised] == [("blue", "column")]
    assert "blue" in [field.value for field in document.fields]


def test_cells_beyond_the_header_are_kept() -> None:
    (document,) = read_csv(b"suspect_name,summary\nA B,text,more\n")
    assert [item.raw for item in document.unrecognised] == ["more"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", EmptyDocument),
        (b"suspect_name,summary\n,\n", EmptyDocument),
        (b"name,price\nx,1\n", NotAReferral),
        (b"suspect_name,summary\nA," + b"x" * 200_000, Damaged),
    ],
)
def test_a_sheet_that_cannot_be_read_says_why(data: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read_csv(data)


def test_a_sheet_with_too_many_rows_is_refused() -> None:
    with pytest.raises(TooLarge):
        read_csv(a_sheet(*[{"suspect_name": "A B"}] * 11).encode(), max_rows=10)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(list(COLUMNS)),
            st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).filter(str.strip),
            min_size=1,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_cell_that_was_filled_in_can_be_read_back(rows: list[dict[str, str]]) -> None:
    documents = read_csv(a_sheet(*rows).encode())
    shown = sorted(field.value for document in documents for field in document.fields)
    assert shown == sorted(cell for row in rows for cell in row.values())
