"""Partner extracts: mapped by policy, validated row by row, loaded once, nothing read that is not named."""

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from sooner.errors import Refused
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract, load_postcodes
from sooner.people.commands.link import decide_link
from sooner.people.models import Address, Key, Person, Record, Relationship
from tests.factories.access import a_user

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
