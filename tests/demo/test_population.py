"""The invented population: the same from the same seed, internally true, and no larger in memory than a family."""

import re
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import islice

import pytest

from sooner.demo.names import ORIGINS
from sooner.demo.places import BEYOND, LONDON, home_at, phone
from sooner.demo.population import (
    BLOCK,
    KINDS,
    TODAY_DEFAULT,
    Family,
    Person,
    Stay,
    block,
    families,
    households,
)

DRAMA_NUMBER = re.compile(
    r"07700 900\d{3}|020 7946 0\d{3}|029 2018 0\d{3}|01632 960\d{3}|01[1-6][1-8] 496 0\d{3}|0191 498 0\d{3}"
)
EXAMPLE_EMAIL = re.compile(r"[a-z0-9.]+@example\.(com|org|net)")


@pytest.fixture(scope="module")
def people() -> list[Family]:
    return list(families(12_000, seed=5))


def _persons(people: list[Family]) -> list[Person]:
    return [person for family in people for person in family.people]


def _told(family: Family) -> str:
    return repr((family.kind, family.households))


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    first = [_told(family) for family in families(400, seed=3)]
    assert first == [_told(family) for family in families(400, seed=3)]
    assert first != [_told(family) for family in families(400, seed=4)]


def test_a_block_can_be_made_without_those_before_it(people: list[Family]) -> None:
    alone = [_told(family) for family in islice(block(1, seed=5), 20)]
    first_of_it = next(n for n, family in enumerate(people) if family.people[0].id > BLOCK)
    assert [_told(family) for family in people[first_of_it : first_of_it + 20]] == alone


def test_as_many_people_are_made_as_were_asked_for(people: list[Family]) -> None:
    assert 12_000 <= len(_persons(people)) < 12_030
    assert sum(len(household.people) for household in households(1000)) >= 1000


def test_everybody_has_a_number_of_their_own_and_is_in_one_household(people: list[Family]) -> None:
    everybody = _persons(people)
    assert len({person.id for person in everybody}) == len(everybody)
    for family in people:
        for household in family.households:
            assert all(person.household == household.id for person in household.people)
            assert all(person.home == household.home for person in household.people)


def test_no_two_households_have_one_address(people: list[Family]) -> None:
    homes = Counter(household.home for family in people for household in family.households)
    assert max(homes.values()) == 1


def test_addresses_of_a_district_do_not_repeat_within_ten_million_people() -> None:
    slots = 256 * 10_000_000 // BLOCK
    homes = {home_at(LONDON[0], slot) for slot in range(0, slots, 7)}
    assert len(homes) == len(range(0, slots, 7))


def test_every_borough_and_places_beyond_have_people(people: list[Family]) -> None:
    authorities = {household.home.authority for family in people for household in family.households}
    assert {f"E090000{number:02d}" for number in range(1, 34)} <= authorities
    assert {district.authority for district in BEYOND} <= authorities
    assert "W06000015" in authorities


def test_a_postcode_lies_in_one_authority(people: list[Family]) -> None:
    found: dict[str, str] = {}
    for person in _persons(people):
        assert found.setdefault(person.home.postcode, person.home.authority) == person.home.authority


def test_children_are_children_and_younger_than_their_parents(people: list[Family]) -> None:
    for family in people:
        for household in family.households:
            assert all(adult.age(TODAY_DEFAULT) >= 18 for adult in household.adults)
            for child in [*household.children, *household.part_time]:
                assert 0 <= child.age(TODAY_DEFAULT) < 18
                assert child.dob <= TODAY_DEFAULT
                assert all((child.dob - parent.dob).days > 15 * 365 for parent in child.parents)


def test_nobody_lives_anywhere_before_birth_or_after_leaving(people: list[Family]) -> None:
    for person in _persons(people):
        for stay in person.residences:
            assert person.dob <= stay.since <= TODAY_DEFAULT
            assert stay.until is None or stay.since <= stay.until <= TODAY_DEFAULT
        assert person.residences[0].until is None


def test_a_child_of_two_homes_lives_with_the_adults_of_both(people: list[Family]) -> None:
    found = 0
    for family in people:
        for child in family.children:
            if child.second_home is None:
                continue
            found += 1
            second = next(h for h in family.households if h.home == child.second_home)
            assert child in second.part_time
            assert all(child in family.children_with(adult) for h in family.households for adult in h.adults)
    assert found > 100


def test_looked_after_children_live_with_foster_carers_in_another_authority(people: list[Family]) -> None:
    placed = [child for family in people for child in family.children if child.status == "looked after"]
    assert len(placed) > 20
    for child in placed:
        assert child.residences[0].stay is Stay.PLACEMENT
        assert child.carers[0].relationship == "Foster carer"
        assert child.responsible not in ("", child.home.authority)
        assert child.previous_home is not None
        assert all(parent.home.authority == child.responsible for parent in child.parents)


def test_every_kind_of_family_is_there(people: list[Family]) -> None:
    assert {family.kind for family in people} == set(KINDS)
    words = {carer.relationship for family in people for child in family.children for carer in child.carers}
    assert {"Mother", "Father", "Step-father", "Step-mother", "Grandmother", "Foster carer"} <= words


def test_blended_families_have_half_siblings_and_more_than_one_surname(people: list[Family]) -> None:
    blended = [family for family in people if family.kind == "blended"]
    assert any(len({child.family for child in family.children}) > 1 for family in blended)
    assert any(
        set(one.parents) & set(other.parents) and one.parents != other.parents
        for family in blended
        for one in family.children
        for other in family.children
    )


def test_pupils_go_to_a_school_of_where_they_live_and_some_teachers_have_pupils(people: list[Family]) -> None:
    pupils = [child for family in people for child in family.children if child.school]
    assert all(child.school.authority == child.home.authority for child in pupils if child.school)
    urns = {child.school.urn for child in pupils if child.school}
    assert any(held.urn in urns for person in _persons(people) for held in person.positions)


def test_a_school_name_points_to_one_school(people: list[Family]) -> None:
    schools = {child.school for family in people for child in family.children if child.school}
    assert len({school.name for school in schools}) == len(schools)


def test_numbers_and_addresses_are_nobodys(people: list[Family]) -> None:
    for person in _persons(people):
        for number in filter(None, (person.phone, person.landline)):
            assert DRAMA_NUMBER.fullmatch(number), number
        assert not person.email or EXAMPLE_EMAIL.fullmatch(person.email), person.email
        assert re.fullmatch(r"999\d{7}", person.nhs_number)
        assert person.upn.startswith("X000")


def test_phones_do_not_repeat_among_fifteen_thousand() -> None:
    assert len({phone(number) for number in range(15_000)}) == 15_000


def test_names_come_from_many_origins() -> None:
    given = {name for women, men, _ in ORIGINS.values() for name in (*women, *men)}
    family = {name for _, _, names in ORIGINS.values() for name in names}
    assert len(ORIGINS) >= 13
    assert len(given) >= 150
    assert len(family) >= 250


def test_another_day_makes_other_birthdays_but_keeps_ages() -> None:
    later = date(2027, 1, 15)
    assert all(child.age(later) < 18 for f in families(300, today=later) for child in f.children)


_MEASURE = """
import resource
from sooner.demo.extracts import rows
from sooner.demo.population import households

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

for _ in rows(households(2_000, seed=9)):
    pass
before = peak()
for _ in rows(households(200_000, seed=9)):
    pass
print(peak() - before)
"""


def test_two_hundred_thousand_people_and_their_extracts_take_no_more_memory_than_a_few() -> None:
    told = subprocess.run([sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 8 * 1024  # KiB; all of them together would be some 300 MiB
