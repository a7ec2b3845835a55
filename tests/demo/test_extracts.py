"""Partner extracts: each with its own columns, true without faults, and wrong as often as was asked for."""

import csv
import re
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from sooner.demo.extracts import COLUMNS, NO_FAULTS, Faults, Row, rows, write_extracts
from sooner.demo.population import Family, Person, families, households
from sooner.policy.loader import get_policy


@pytest.fixture(scope="module")
def people() -> list[Family]:
    return list(families(6_000, seed=11))


def _rows(people: list[Family], faults: Faults, *, key: str, police_share: float = 0.3) -> list[Row]:
    everybody = [household for family in people for household in family.households]
    return [
        row
        for found, row in rows(everybody, seed=2, faults=faults, police_share=police_share)
        if found == key
    ]


def _children(people: list[Family]) -> dict[str, Person]:
    return {child.upn: child for family in people for child in family.children}


def test_csv_and_parquet_hold_the_same_rows(tmp_path: Path) -> None:
    as_csv = write_extracts(tmp_path / "csv", households(800), seed=4)
    as_parquet = write_extracts(tmp_path / "parquet", households(800), seed=4, form="parquet")
    for key, columns in COLUMNS.items():
        with as_csv[key].open(encoding="utf-8", newline="") as file:
            expected = list(csv.DictReader(file))
        assert expected, key
        assert tuple(expected[0]) == columns
        assert parquet.read_table(as_parquet[key]).to_pylist() == expected


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first = write_extracts(tmp_path / "one", households(500), seed=4)
    second = write_extracts(tmp_path / "two", households(500), seed=4)
    assert all(first[key].read_bytes() == second[key].read_bytes() for key in COLUMNS)


def test_the_policy_maps_every_extract_to_columns_that_it_has() -> None:
    for key, columns in COLUMNS.items():
        mapping = get_policy().extracts[key]
        named = {mapping.id_column, *mapping.columns.values()}
        named |= {
            value
            for relation in mapping.relations
            for part, value in relation.items()
            if part in ("name", "relationship", "phone", "email", "dob")
        }
        assert named <= set(columns), key


def test_without_faults_the_census_says_the_truth(people: list[Family]) -> None:
    children = _children(people)
    census = _rows(people, NO_FAULTS, key="school-census")
    assert {row["upn"] for row in census} == {child.upn for child in children.values() if child.school}
    for row in census:
        child = children[row["upn"]]
        assert (row["forename"], row["surname"], row["dob"]) == (
            child.given,
            child.family,
            child.dob.isoformat(),
        )
        assert (row["address_1"], row["postcode"]) == (child.home.line1, child.home.postcode)
        assert row["parent1_name"] == (child.carers[0].person.name if child.carers else "")


def test_social_care_knows_every_looked_after_child_and_who_is_responsible(people: list[Family]) -> None:
    placed = {f"SC{c.id:08d}": c for c in _children(people).values() if c.status == "looked after"}
    known = {row["case_id"]: row for row in _rows(people, NO_FAULTS, key="social-care")}
    assert placed.keys() <= known.keys()
    for number, child in placed.items():
        assert known[number]["la"] == child.home.authority
        assert known[number]["responsible_la"] == child.responsible != child.home.authority
        assert known[number]["carer_relationship"] == "Foster carer"


def test_social_care_knows_the_second_home(people: list[Family]) -> None:
    two_homes = [row for row in _rows(people, NO_FAULTS, key="social-care") if row["other_addr1"]]
    assert two_homes
    assert all(row["other_addr1"] != row["addr1"] for row in two_homes)


def test_the_police_know_the_share_that_was_asked_for(people: list[Family]) -> None:
    adults = sum(len(family.adults) for family in people)
    for share in (0.0, 0.2, 0.7):
        known = len(_rows(people, NO_FAULTS, key="police-records", police_share=share))
        assert known == pytest.approx(share * adults, rel=0.1)


def test_everybody_who_works_or_volunteers_with_children_has_a_row_for_each_post(
    people: list[Family],
) -> None:
    posts = sum(len(adult.positions) for family in people for adult in family.adults)
    found = _rows(people, NO_FAULTS, key="staff-positions")
    assert len(found) == posts > 100
    assert len({row["staff_ref"] for row in found}) == posts


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_values_are_missing_and_mistyped_as_often_as_asked(people: list[Family], share: float) -> None:
    children = _children(people)
    faulty = Faults(missing=share, mistyped=share, short_name=0, old_address=0, swapped_date=0, absent=0)
    census = _rows(people, faulty, key="school-census")
    missing = sum(not row["postcode"] for row in census)
    wrong = sum(row["postcode"] not in ("", children[row["upn"]].home.postcode) for row in census)
    assert missing == pytest.approx(share * len(census), rel=0.4)
    assert 0 < wrong <= share * len(census) * 1.4  # two equal letters swapped are no fault


def test_old_addresses_are_on_record_as_often_as_asked(people: list[Family]) -> None:
    adults = {f"N{a.id:08d}": a for family in people for a in family.adults if a.previous_home}
    faulty = Faults(0, 0, 0, 0.5, 0, 0)
    found = [
        r for r in _rows(people, faulty, key="police-records", police_share=1) if r["nominal_no"] in adults
    ]
    stale = sum(row["address"] != adults[row["nominal_no"]].home.line1 for row in found)
    assert stale == pytest.approx(len(found) / 2, rel=0.2)


def test_no_row_holds_a_number_or_an_address_that_could_be_somebodys(people: list[Family]) -> None:
    everybody = [household for family in people for household in family.households]
    for _key, row in rows(everybody, seed=2, faults=NO_FAULTS):
        for value in row.values():
            assert "@" not in value or all(
                re.search(r"@example\.(com|org|net)$", one) for one in value.split(";")
            )
        for name in ("phones", "parent1_phone", "parent2_phone"):
            for one in filter(None, row.get(name, "").split(";")):
                assert re.match(r"07700 900|020 7946 0|029 2018 0|01632 960|01\d\d 49[68] 0", one)
        assert row.get("nhs", "999").startswith("999")
