"""Partner extracts: mapped by policy, validated row by row, loaded once, nothing read that is not named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from sooner.errors import Refused
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract, load_postcodes
from sooner.people.commands.link import decide_link
from sooner.people.models import Address, Key, Person, Record, Relationship
from sooner.people.purpose import agreement_over, ending_soon
from sooner.policy.loader import get_policy
from tests.factories.access import a_user
from tests.factories.policy import extract_with, policy_of

pytestmark = pytest.mark.django_db
HEADER = "nhs,family_name,given_name,born,gender,addr,pcode,mother_name,gp_practice,secret\n"
ROW = "9990000001,Okafor,Amara,2018-03-04,F,12 Orchard Road,N8 7AB,Grace Okafor,Example Surgery,not for us\n"


def a_file(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "child-health.csv"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return path


def test_a_row_becomes_a_person_with_address_and_mother(tmp_path: Path) -> None:
    made = load_extract(SYSTEM, mapping="child-health", path=a_file(tmp_path, ROW))
    assert (made.rows, made.accepted, made.rejected) == (1, 1, 0)
    child, mother = Person.objects.get(name="Amara Okafor"), Person.objects.get(name="Grace Okafor")
    assert Relationship.objects.get(person=mother, other=child).kind == "parent"
    assert Address.objects.get().authority == "E09000014"
    assert Record.objects.get(person=child).detail == {"gp": "Example Surgery"}, (
        "columns that are not mapped are not kept"
    )


def test_the_same_file_loaded_twice_changes_nothing(tmp_path: Path) -> None:
    path = a_file(tmp_path, ROW)
    first = load_extract(SYSTEM, mapping="child-health", path=path)
    counts = (Person.objects.count(), Record.objects.count(), Key.objects.count())
    assert load_extract(SYSTEM, mapping="child-health", path=path).pk == first.pk
    assert counts == (Person.objects.count(), Record.objects.count(), Key.objects.count())


def test_a_later_extract_updates_the_same_people(tmp_path: Path) -> None:
    load_extract(SYSTEM, mapping="child-health", path=a_file(tmp_path, ROW))
    moved = ROW.replace("12 Orchard Road,N8 7AB", "3 Mill Lane,E8 1AA")
    load_extract(SYSTEM, mapping="child-health", path=a_file(tmp_path, moved))
    child = Person.objects.get(name="Amara Okafor")
    assert {home.address.postcode for home in child.residences.all()} == {"N8 7AB", "E8 1AA"}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (ROW.replace("9990000001", ""), "nhs"),
        (ROW.replace("2018-03-04", "31/31/2018"), "born"),
        (ROW.replace("2018-03-04", "2090-01-01"), "born"),
        (ROW.replace("Okafor,Amara", ",", 1), "family_name"),
    ],
)
def test_a_bad_row_is_reported_and_the_rest_is_loaded(tmp_path: Path, row: str, field: str) -> None:
    good = ROW.replace("9990000001", "9990000002").replace("Amara", "Ben")
    made = load_extract(SYSTEM, mapping="child-health", path=a_file(tmp_path, row, good))
    assert (made.accepted, made.rejected) == (1, 1)
    assert made.report[0]["row"] == 1
    assert made.report[0]["field"] == field
    assert Person.objects.filter(name="Ben Okafor").exists()


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    columns = HEADER.strip().split(",")
    table = pyarrow.table(
        {name: [value] for name, value in zip(columns, ROW.strip().split(","), strict=True)}
    )
    path = tmp_path / "child-health.parquet"
    pyarrow.parquet.write_table(table, path)
    assert load_extract(SYSTEM, mapping="child-health", path=path).accepted == 1


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_report_names_the_columns_that_were_left_unread(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"child-health.{form}"
    if form == "csv":
        path.write_text(HEADER + ROW, encoding="utf-8")
    else:
        names, values = HEADER.strip().split(","), ROW.strip().split(",")
        pyarrow.parquet.write_table(
            pyarrow.table({name: [value] for name, value in zip(names, values, strict=True)}), path
        )
    assert load_extract(SYSTEM, mapping="child-health", path=path).unread == ["secret"]


def test_of_parquet_only_the_mapped_columns_are_read_from_the_file(tmp_path: Path) -> None:
    """The bytes of the other column are spoilt in the file: whoever read them would fail."""
    path = tmp_path / "child-health.parquet"
    names, values = HEADER.strip().split(","), ROW.strip().split(",")
    table = pyarrow.table({name: [value] * 50 for name, value in zip(names, values, strict=True)})
    pyarrow.parquet.write_table(
        table, path, use_dictionary=False, compression="none", column_encoding="PLAIN"
    )
    whole = path.read_bytes()
    at = (
        pyarrow.parquet.ParquetFile(path).metadata.row_group(0).column(names.index("secret")).data_page_offset
    )
    path.write_bytes(whole[:at] + b"\xff" * 40 + whole[at + 40 :])
    with pytest.raises((OSError, pyarrow.ArrowException)):
        pyarrow.parquet.read_table(path)
    assert load_extract(SYSTEM, mapping="child-health", path=path).accepted == 50


def test_nothing_is_loaded_under_an_agreement_that_is_over(tmp_path: Path) -> None:
    with (
        policy_of(extracts=extract_with("child-health", ("expires = 2036-08-31", "expires = 2025-10-01"))),
        pytest.raises(
            Refused, match=r"ISA-2025-03 .* ended on 1 October 2025: renew it .* Nothing was loaded\."
        ),
    ):
        load_extract(SYSTEM, mapping="child-health", path=a_file(tmp_path, ROW))
    assert not Record.objects.exists()
    assert Entry.objects.get(event="extract.refused").facts["why"] == "agreement"


def test_a_file_that_would_be_deleted_tonight_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is kept for 400 days"):
        load_extract(
            SYSTEM,
            mapping="child-health",
            path=a_file(tmp_path, ROW),
            as_of=clock.now() - timedelta(days=400),
        )


def test_an_agreement_that_ends_within_thirty_days_is_warned_about_and_holds_on_its_last_day() -> None:
    rule = get_policy().extracts["child-health"]
    last = datetime(2036, 8, 31, 12, tzinfo=UTC)
    for days, warned, over in ((31, False, False), (30, True, False), (0, True, False), (-1, False, True)):
        with clock.standing_at(last - timedelta(days=days)):
            assert bool(ending_soon(rule)) == warned, days
            assert bool(agreement_over(rule, clock.now().date())) == over, days


@pytest.mark.parametrize("content", ["", "a,b,c\n1,2,3\n", "PAR1nonsense"])
def test_a_file_that_is_something_else_is_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(content)
    with pytest.raises(Refused, match=r"\.$"):
        load_extract(SYSTEM, mapping="child-health", path=path)


def test_the_postcode_directory_goes_before_the_outward_code(tmp_path: Path) -> None:
    path = tmp_path / "onspd.csv"
    path.write_text("pcds,oslaua\nN8 7AB,E09000012\n")
    assert load_postcodes(SYSTEM, path=path) == 1
    load_extract(SYSTEM, mapping="child-health", path=a_file(tmp_path, ROW))
    assert (Address.objects.get().authority, Address.objects.get().authority_how) == ("E09000012", "postcode")


def test_an_officer_s_word_that_two_are_one_is_respected_by_every_later_look_up(tmp_path: Path) -> None:
    load_extract(SYSTEM, mapping="child-health", path=a_file(tmp_path, ROW))
    load_extract(SYSTEM, mapping="child-health", path=a_file(
        tmp_path, ROW.replace("9990000001", "9990000009").replace("12 Orchard Road,N8 7AB", "3 Mill Lane,E8 1AA")))  # fmt: skip
    one, other = Person.objects.filter(name="Amara Okafor").order_by("pk")
    decide_link(
        a_user("referral_officer"), person=one, other=other, same=True, reason="Same school, same GP."
    )
    other.refresh_from_db()
    assert other.joined_into == one
    assert not Key.objects.filter(person=other).exists()
