"""The plain rules: when two descriptions are one person for sure, when possibly, and why in words."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sooner.engines import normalise
from sooner.people.matching import Candidate, Match, Place, Sought, decide, keys_of

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
WIDELY_SHARED = 5
BORN = date(1988, 5, 6)


def sought(**facts: object) -> Sought:
    plain: dict[str, object] = {"source": "referral:1", "external_id": "party-0", "as_of": AS_OF}
    return Sought(**{**plain, **facts})  # type: ignore[arg-type]  # facts of Sought


def matched(one: Sought, *known: Sought) -> list[Match]:
    """What the rules say of `one` when these persons, numbered from 1, are known."""
    found: dict[str, list[Candidate]] = {}
    for number, person in enumerate(known, 1):
        for key in keys_of(person).all:
            found.setdefault(key, []).append(
                Candidate(number, person.display_name, person.dob, person.life_stage)
            )
    return decide(one, keys_of(one), found, widely_shared=WIDELY_SHARED)


OBI = {"names": (("Obi", "Okafor"),), "dob": BORN}
SON = {**OBI, "dob": date(2014, 5, 6)}
HOME = (Place("12 Orchard Road", "", "London", "N8 7AB"),)


@pytest.mark.parametrize(
    ("said", "known", "certainty"),
    [
        (OBI, OBI, "sure"),
        ({**OBI, "names": (("Okafor", "Obi"),)}, OBI, "sure"),
        ({**OBI, "names": (("OBI", "O'Kafor"),)}, OBI, "sure"),
        ({"names": (("Obi", "Okafor"),), "places": HOME}, {**OBI, "places": HOME}, "sure"),
        ({"phones": ("+44 7700 900123",)}, {**OBI, "phones": ("07700900123",)}, "sure"),
        ({"emails": ("OBI@example.org",)}, {**OBI, "emails": ("obi@example.org",)}, "sure"),
        ({"names": (("Ann", "Other"),), "phones": ("07700900123",)}, {**OBI, "phones": ("07700900123",)}, "possible"),
        ({**OBI, "dob": date(1990, 1, 1), "places": HOME}, {**OBI, "places": HOME}, "possible"),
        ({**OBI, "dob": date(1988, 6, 5), "places": HOME}, {**OBI, "places": HOME}, "sure"),
        ({"ips": ("2001:db8::1",)}, {**OBI, "ips": ("2001:db8::1",)}, "possible"),
        ({"upn": "A123"}, {**OBI, "upn": "A123"}, "sure"),
        ({"names": (("Ann", "Okafor"),), "phones": ("07700900123",)}, {**OBI, "phones": ("07700900123",)}, "possible"),
        ({"names": (("Obi", "Okafor"),), "places": HOME}, {**SON, "places": HOME}, "possible"),
        ({"names": (("Obi", "Okafor"),), "places": HOME, "stage": "adult"}, {**SON, "places": HOME}, "possible"),
        ({**SON, "places": HOME}, {"names": (("Obi", "Okafor"),), "places": HOME, "stage": "adult"}, "possible"),
        ({**SON, "phones": ("07700900123",)}, {"names": (("Obi", "Okafor"),), "phones": ("07700900123",)}, "possible"),
        ({**SON, "places": HOME}, {"names": (("Obi", "Okafor"),), "places": HOME, "stage": "child"}, "sure"),
    ],
)  # fmt: skip
def test_the_rules(said: dict[str, object], known: dict[str, object], certainty: str) -> None:
    (match,) = matched(sought(**said), sought(**known))
    assert match.certainty == certainty
    assert match.words.startswith("Same ")


def test_two_people_of_one_name_and_birth_date_are_both_possible_and_neither_is_taken() -> None:
    assert [m.certainty for m in matched(sought(**OBI), sought(**OBI), sought(**OBI))] == [
        "possible",
        "possible",
    ]


def test_father_and_son_of_one_name_are_two_and_the_father_is_taken_for_a_suspect_without_a_birth_date() -> (
    None
):
    suspect = sought(names=(("Obi", "Okafor"),), places=HOME)
    father = sought(names=(("Obi", "Okafor"),), places=HOME, stage="adult")
    found = matched(suspect, sought(**SON, places=HOME), father)
    assert [(m.person, m.certainty) for m in found] == [(2, "sure"), (1, "possible")]
    assert found[1].words.endswith("only one of them is known to be a child")


def test_an_address_decides_between_two_of_one_name_and_birth_date() -> None:
    found = matched(sought(**OBI, places=HOME), sought(**OBI), sought(**OBI, places=HOME))
    assert [(m.person, m.certainty) for m in found] == [(2, "sure"), (1, "possible")]


def test_a_row_of_an_extract_is_not_joined_to_another_by_name_and_birth_date_alone() -> None:
    (match,) = matched(sought(**OBI, needs_corroboration=True), sought(**OBI))
    assert match.certainty == "possible"


def test_an_internet_address_that_a_network_shares_names_nobody() -> None:
    known = [sought(names=((f"Person{n}", "Example"),), ips=("192.0.2.1",)) for n in range(WIDELY_SHARED + 1)]
    assert matched(sought(ips=("192.0.2.1",)), *known) == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_normalising_twice_changes_nothing(one: str, other: str) -> None:
    assert normalise.name(normalise.name(one)) == normalise.name(one)
    assert normalise.first_line(normalise.first_line(one)) == normalise.first_line(one)
    assert normalise.postcode(normalise.postcode(one)) == normalise.postcode(one)
    if " " not in normalise.name(one) + normalise.name(other):
        assert normalise.name_key(one, other) == normalise.name_key(other, one)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Łaska-O’Brien", "laska obrien"),
        ("Dr. Zoë Müller", "zoe muller"),
        ("ŞAHIN", "sahin"),
        ("", ""),
        ("毛", "毛"),
    ],
)
def test_names_of_many_origins_come_to_one_spelling(text: str, plain: str) -> None:
    assert normalise.name(text) == plain


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 6, 3), date(2026, 6, 3), 18),
    ],
)
def test_age_is_whole_years_leap_days_too(born: date, day: date, age: int) -> None:
    assert normalise.age_on(born, day) == age
