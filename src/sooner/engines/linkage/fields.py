"""From a description as a source writes it to the columns that models compare and the keys by which pairs are found.

Everything is folded to plain letters first, so that one alphabet meets another and every engine counts letters alike.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from anyascii import anyascii

from sooner.engines import normalise

COLUMNS = (
    "given", "given_short", "given_sound", "given_letters", "middle", "family", "family_sound", "family_letters", "families",
    "wholes", "born", "born_day", "born_month", "born_year", "sex", "places", "doors", "streets", "postcodes", "outwards",
    "contacts", "nhs", "upn", "stage", "kin",
)  # fmt: skip
LISTS = frozenset(
    {"families", "wholes", "places", "doors", "streets", "postcodes", "outwards", "contacts", "kin"}
)
LARGEST_BLOCK = 400
"""A key that more records share than this finds nobody in particular; each of its records has narrower keys."""
LARGEST_WIDE_BLOCK = 30
"""In a batch, of the wide keys: a name that no more records have is rare enough to be looked at wherever its bearers live."""
Values = tuple[str | tuple[str, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """An address as written; any part may be empty."""

    line: str = ""
    town: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """A person as one source describes them. `names` are (given names, family name), the main one first; `born` is ISO text;
    `contacts` carry their kind (`phone:…`, `email:…`, `account:…`), normalised. `stage` is `adult`, `child` or not known; `kin`
    are the children (given names, ISO birth date) in whose rows the person is mentioned."""

    names: tuple[tuple[str, str], ...] = ()
    born: str = ""
    sex: str = ""
    homes: tuple[Home, ...] = ()
    contacts: tuple[str, ...] = ()
    nhs: str = ""
    upn: str = ""
    stage: str = ""
    kin: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The columns of a description, in the order of COLUMNS, and its keys as 64-bit numbers: narrow ones odd, wide ones even."""

    values: Values
    keys: tuple[int, ...]


def prepare(one: Description, *, short_names: Mapping[str, str]) -> Prepared:
    """Columns and keys of a description. `short_names` maps a short given name to its whole one, both folded."""
    said = _columns(one, short_names)
    values = tuple(
        _listed(said[name]) if name in LISTS else str(said[name] or "") or None for name in COLUMNS
    )
    narrow = [_hashed(key) | 1 for key in keys_of(said)]
    wide = [_hashed(key) & ~1 for key in wide_keys_of(said)]
    return Prepared(values, tuple(dict.fromkeys(narrow + wide)))


def _listed(values: object) -> tuple[str, ...] | None:
    found = tuple(dict.fromkeys(value for value in values if value))  # type: ignore[attr-defined]  # a list column
    return found or None


Said = dict[str, object]


def _columns(one: Description, short_names: Mapping[str, str]) -> Said:
    given, family = one.names[0] if one.names else ("", "")
    words = folded(given).split()
    first, middle = (words[0], " ".join(words[1:])) if words else ("", "")
    last = folded(family).replace(" ", "")
    year, month, day = _parts(one.born)
    return {
        "given": first,
        "given_short": short_names.get(first, first),
        "given_sound": sound(first),
        "given_letters": "".join(sorted(first)),
        "middle": middle,
        "family": last,
        "family_sound": sound(last),
        "family_letters": "".join(sorted(last)),
        "families": [word for _, name in one.names for word in (folded(name).replace(" ", ""), *folded(name).split())],
        "wholes": [_whole(*name) for name in one.names],
        "born": one.born,
        "born_day": day,
        "born_month": month,
        "born_year": year,
        "sex": one.sex,
        **_homes(one.homes),
        "contacts": one.contacts,
        "nhs": one.nhs,
        "upn": one.upn,
        "stage": one.stage,
        "kin": [f"{sound(folded(name).split()[0])}+{born}" for name, born in one.kin if folded(name) and born],
    }  # fmt: skip


def _parts(born: str) -> tuple[str, str, str]:
    parts = born.split("-")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")


def _whole(given: str, family: str) -> str:
    words = [*folded(given).split()[:1], folded(family).replace(" ", "")]
    return "+".join(sorted(words)) if all(words) and len(words) == 2 else ""


@lru_cache(maxsize=262_144)
def folded(text: str) -> str:
    """Plain lower-case letters and single spaces, from any script: `Łukasz` is `lukasz`, `Ольга` is `olga`."""
    name = normalise.name(text)
    return name if name.isascii() else normalise.name(_QUOTES.sub("", anyascii(name)))


_QUOTES = re.compile("['`]")  # how plain letters write a soft sign or an ayn: no gap in the name


_ALIKE = (
    (re.compile("ph"), "f"), (re.compile("[sc]z|zh|sch|sh|ch"), "s"), (re.compile("ck|kh|gh|q"), "k"), (re.compile("x"), "ks"),
    (re.compile("c(?=[eiy])"), "s"), (re.compile("c"), "k"), (re.compile("z"), "s"), (re.compile("w"), "v"),
    (re.compile("dj|dzh"), "j"), (re.compile("g(?=[eiy])"), "j"),
)  # fmt: skip


@lru_cache(maxsize=262_144)
def sound(name: str) -> str:
    """The consonants by which spellings of one name agree: Mohammed and Muhamad, Oluwaseun and Oluwashun, Chaudhry and Choudhury.

    Spellings of one sound are made one, doubled letters single; vowels, h and y fall away except a first vowel, which is `a`.
    A name of h and vowels only (Hu, Ho) is `h`: it still has a sound to be found by.
    """
    whole = name
    for pattern, letter in _ALIKE:
        name = pattern.sub(letter, name)
    name = re.sub(r"(.)\1+", r"\1", name)
    return (("a" if name[:1] in "aeiouy" and name else "") + re.sub("[aeiouyh ]", "", name))[:8] or whole[:1]


def _homes(homes: Iterable[Home]) -> Said:
    found: dict[str, list[str]] = {
        name: [] for name in ("places", "doors", "streets", "postcodes", "outwards")
    }
    for home in homes:
        code, line = (
            normalise.postcode(home.postcode) or home.postcode.upper().strip(),
            normalise.first_line(home.line),
        )
        number = _number(line)
        street = _street(line)
        area = normalise.outward(code) or normalise.first_line(home.town)
        found["postcodes"].append(code)
        found["outwards"].append(area)
        found["places"].append(f"{code}|{line}" if code and line else "")
        found["doors"].append(f"{code}|{number}" if code and number else "")
        found["streets"].append(f"{number} {street}" if number and street else "")
    return dict(found)


def _number(line: str) -> str:
    """The house's number, the last one of the line that is followed by a street: `flat 2 14 elm road` is `14/2`."""
    numbers = re.findall(r"\b\d+[a-z]?\b", line)
    return "/".join(reversed(numbers)) if numbers else ""


@lru_cache(maxsize=262_144)
def _street(line: str) -> str:
    words = [
        word for word in line.split() if not any(c.isdigit() for c in word) and word not in {"flat", "unit"}
    ]
    return sound(words[0]) if words else ""


def keys_of(said: Said) -> Iterable[str]:
    """The keys by which this description is found: each narrow enough for millions, together wide enough that two or three faults
    in a record still leave one key whole."""
    given, family = said["given_sound"], said["family_sound"]
    short = sound(str(said["given_short"]))
    born, year = str(said["born"] or ""), said["born_year"]
    if born:
        either = "".join(sorted((str(said["born_day"]), str(said["born_month"]))))
        yield from _if(family, f"bf|{year}{either}|{family}")
        yield from _if(short, f"bg|{year}{either}|{short}")
        yield from _if(given and family, f"bi|{born}|{''.join(sorted((str(given)[:1], str(family)[:1])))}")
        yield from _if(given and family, f"yn|{year}|{'+'.join(sorted((short, str(family))))}")
        yield from _if(given and family, f"dn|{born[5:]}|{'+'.join(sorted((short, str(family))))}")
    for whole in _many(said["wholes"]):
        both = "+".join(sorted(sound(word) for word in whole.split("+")))
        for area in _many(said["outwards"]):
            yield f"na|{both}|{area}"
    for code in _many(said["postcodes"]):
        yield from _if(family, f"pf|{code}|{family}")
        yield from _if(short, f"pg|{code}|{short}")
        yield from _if(born, f"pb|{code}|{born}")
    for street in _many(said["streets"]):
        yield from _if(family, f"sf|{street}|{family}")
        yield from _if(short, f"sg|{street}|{short}")
    yield from (f"c|{contact}" for contact in _many(said["contacts"]))
    for child in _many(said["kin"]):
        yield from _if(short, f"k|{child}|{short}")
    yield from _if(said["nhs"], f"h|{said['nhs']}")
    yield from _if(said["upn"], f"u|{said['upn']}")


def wide_keys_of(said: Said) -> Iterable[str]:
    """The keys by which one description is looked for among all, and those of rare names in a batch: the whole name alone."""
    for whole in _many(said["wholes"]):
        yield f"n|{'+'.join(sorted(sound(word) for word in whole.split('+')))}"


def _if(there: object, key: str) -> tuple[str, ...]:
    return (key,) if there else ()


def _many(values: object) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]  # type: ignore[call-overload]  # a list column


def _hashed(key: str) -> int:
    """64 bits, signed, as databases hold whole numbers."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
