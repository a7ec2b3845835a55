"""A description is prepared alike however it is written, and one fault in one field leaves a key by which it is found."""

import string
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sooner.engines.linkage.fields import COLUMNS, LISTS, Description, Home, folded, prepare, sound
from tests.engines.linkage.people import SHORT_NAMES, descriptions

GIVEN = (
    "Amara",
    "Mohammed",
    "Beth",
    "Jo",
    "Hui",
    "He",
    "Ольга",
    "Łukasz",
    "Siân",
    "王小明",
    "محمد",
    "Oluwaseun",
    "O'Neil",
)
FAMILY = ("Okafor", "Smith", "Ho", "Hu", "Иванова", "de la Cruz", "김", "Chaudhry", "Ōtsuka", "Wu")


def values_of(one: Description) -> dict[str, object]:
    return dict(zip(COLUMNS, prepare(one, short_names=SHORT_NAMES).values, strict=True))


def keys_of(one: Description) -> set[int]:
    """The narrow ones, which must do without the whole name."""
    return {key for key in prepare(one, short_names=SHORT_NAMES).keys if key % 2}


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    """One typing error: a letter more, one fewer, another one, or two that change places."""
    place = draw(st.integers(0, len(text) - 1))
    letter = draw(st.sampled_from(string.ascii_lowercase + string.digits + " "))
    kind = draw(st.sampled_from(("more", "fewer", "another", "swapped")))
    if kind == "swapped" and place + 1 < len(text):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if kind == "more":
        return text[:place] + letter + text[place:]
    return text[:place] + ("" if kind == "fewer" else letter) + text[place + 1 :]


@st.composite
def persons(draw: st.DrawFn) -> tuple[str, str, str, str]:
    born = draw(st.dates().map(str))
    code = draw(st.sampled_from(("NB1 2CD", "SW1A 1AA", "ZZ9 9ZZ")))
    return draw(st.sampled_from(GIVEN)), draw(st.sampled_from(FAMILY)), born, code


def described(given: str, family: str, born: str, code: str) -> Description:
    return Description(names=((given, family),), born=born, homes=(Home("14 Elm Road", "Newby", code),))


@given(person=persons(), data=st.data())
def test_one_typing_error_in_one_field_leaves_a_key(
    person: tuple[str, str, str, str], data: st.DataObject
) -> None:
    field = data.draw(st.integers(0, 3))
    faulty = [data.draw(edited(text)) if place == field else text for place, text in enumerate(person)]
    bare = replace(described(*person), homes=(Home(postcode=person[3]),))
    copy = replace(described(*faulty), homes=(Home(postcode=faulty[3]),))
    assert keys_of(bare) & keys_of(copy)


@given(person=persons(), field=st.integers(0, 3))
def test_one_missing_field_leaves_a_key(person: tuple[str, str, str, str], field: int) -> None:
    less = ["" if place == field else text for place, text in enumerate(person)]
    bare = replace(described(*person), homes=(Home(postcode=person[3]),))
    assert keys_of(bare) & keys_of(replace(described(*less), homes=(Home(postcode=less[3]),)))


@given(persons())
def test_a_person_who_moved_and_swapped_names_is_found(person: tuple[str, str, str, str]) -> None:
    given_name, family, born, _ = person
    moved = described(family, given_name, born, "EX1 1EX")
    assume(" " not in folded(given_name) and " " not in folded(family))
    assert keys_of(described(*person)) & keys_of(moved)


@given(one=descriptions, data=st.data())
def test_the_order_of_aliases_homes_and_contacts_changes_nothing(
    one: Description, data: st.DataObject
) -> None:
    names, homes, contacts = one.names, one.homes, one.contacts
    turned = replace(
        one,
        names=names[:1] + tuple(data.draw(st.permutations(names[1:]))),
        homes=tuple(data.draw(st.permutations(homes))),
        contacts=tuple(data.draw(st.permutations(contacts))),
    )
    assert keys_of(one) == keys_of(turned)
    assert {k: _loose(v) for k, v in values_of(one).items()} == {
        k: _loose(v) for k, v in values_of(turned).items()
    }


def _loose(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def test_an_earlier_name_is_found_by_where_the_person_lives() -> None:
    home = Home("14 Elm Road", "Newby", "NB1 2CD")
    married = Description(names=(("Amara", "Smith"), ("Amara", "Okafor")), homes=(home,))
    before = Description(names=(("Amara", "Okafor"),), homes=(home,))
    assert keys_of(married) & keys_of(before)
    assert "okafor" in values_of(married)["families"]  # type: ignore[operator]  # a list column


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Łukasz", "lukasz"), ("Ольга", "olga"), ("Siân", "sian"), ("O'Neil", "oneil"), ("ЮЛИЯ", "yuliya"), ("Ştefan", "stefan"),
        ("Nguyễn", "nguyen"), ("محمد", "mhmd"), ("김", "gim"), ("王", "wang"), ("Jean-Marie", "jean marie"), ("José", "jose"),
        ("Ωμέγα", "omega"), ("", ""),
    ],
)  # fmt: skip
def test_every_script_is_folded_to_plain_letters(written: str, plain: str) -> None:
    assert folded(written) == plain


@given(st.text(max_size=12))
def test_folding_leaves_plain_letters_and_single_spaces_and_is_done_once(text: str) -> None:
    plain = folded(text)
    assert set(plain) <= set(string.ascii_lowercase + " ")
    assert plain == " ".join(plain.split())
    assert folded(plain) == plain or plain.split() != folded(plain).split()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mohammed", "muhamad"), ("oluwaseun", "oluwashun"), ("chaudhry", "choudhury"), ("catherine", "katherine"),
        ("stephen", "stefan"), ("mhmd", "mohamed"),
    ],
)  # fmt: skip
def test_spellings_of_one_name_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@given(st.text(string.ascii_lowercase, min_size=1, max_size=12))
def test_every_name_has_a_sound(name: str) -> None:
    assert 1 <= len(sound(name)) <= 8


@given(descriptions)
def test_a_column_is_never_empty_but_missing(one: Description) -> None:
    for name, value in values_of(one).items():
        assert value is None or isinstance(value, tuple if name in LISTS else str)
        assert value is None or value
        assert not isinstance(value, tuple) or all(value)


@given(descriptions)
def test_keys_are_signed_64_bit_numbers_each_once(one: Description) -> None:
    keys = prepare(one, short_names=SHORT_NAMES).keys
    assert len(keys) == len(set(keys))
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_a_short_form_is_found_by_its_whole_name() -> None:
    beth = Description(names=(("Beth", "Okafor"),), born="2011-03-04")
    elizabeth = Description(names=(("Elizabeth", "Smith"),), born="2011-03-04")
    assert keys_of(beth) & keys_of(elizabeth)
    assert values_of(beth)["given_short"] == "elizabeth"
