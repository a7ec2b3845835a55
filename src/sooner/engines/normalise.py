"""Names, phones, e-mails and addresses brought to one spelling, so that equal things compare equal.

Pure text in, pure text out; an empty result means that nothing usable was there. Nothing is guessed.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache

ADULT = 18
"""Whole years from which somebody is no child: Children Act 1989 s.105(1)."""
_LETTERS = re.compile(r"[^a-z ]+")
_SPACES = re.compile(r"\s+")
_POSTCODE = re.compile(r"^(?P<outward>[A-Z]{1,2}\d[A-Z\d]?)\s*(?P<inward>\d[A-Z]{2})$")
_FOLDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "œ": "oe"}
)
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "sir"})
_STREET = {"rd": "road", "st": "street", "ave": "avenue", "av": "avenue", "ln": "lane", "cl": "close", "dr": "drive",
           "ct": "court", "gdns": "gardens", "gdn": "gardens", "cres": "crescent", "pl": "place", "sq": "square",
           "terr": "terrace", "tce": "terrace", "est": "estate", "hse": "house", "apt": "flat", "apartment": "flat"}  # fmt: skip


@lru_cache(maxsize=65536)
def name(text: str) -> str:
    """Lower case, no marks or punctuation, titles off: `O'Brien-Łaska` is `obrien laska`.

    Letters outside the Latin script are kept as they are, case-folded.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_FOLDED))
    plain = "".join(c for c in folded if not unicodedata.combining(c)).replace("'", "").replace("\u2019", "")
    plain = " ".join(plain.split())
    if plain.isascii():
        plain = _LETTERS.sub(" ", plain)
    words = [word for word in _SPACES.split(plain) if word and word not in _TITLES]
    return " ".join(words)


def name_key(given: str, family: str) -> str:
    """First given name and whole family name, in an order that swapping them does not change; empty if either is."""
    first, last = name(given).split(" ")[0], name(family).replace(" ", "")
    return "+".join(sorted((first, last))) if first and last else ""


def split_name(full: str) -> tuple[str, str]:
    """(given names, family name) of a whole name; `Okafor, Amara` is read as family name first."""
    if "," in full:
        family, _, given = full.partition(",")
        return given.strip(), family.strip()
    words = [word for word in full.split() if word.casefold().strip(".") not in _TITLES]
    return " ".join(words[:-1]), words[-1] if words else ""


def phone(text: str, *, country: str = "44") -> str:
    """Digits with the country's code in front: `07700 900123` and `+44 7700 900123` are `447700900123`."""
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if text.strip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    if digits.startswith("0"):
        return country + digits[1:]
    return digits if len(digits) >= 7 else ""


def email(text: str) -> str:
    """Lower case without spaces; empty when there is no `@` inside."""
    address = text.strip().casefold()
    return address if "@" in address[1:-1] else ""


def account(service: str, identifier: str) -> str:
    """An online account as `service/identifier`, lower case; empty without an identifier."""
    who = identifier.strip().casefold().lstrip("@")
    return f"{_SPACES.sub(' ', service.strip().casefold())}/{who}" if who else ""


@lru_cache(maxsize=65536)
def postcode(text: str) -> str:
    """A British postcode in capitals with one space, `SW1A 1AA`; empty when it is not one."""
    found = _POSTCODE.match(re.sub(r"\s+", "", text.upper())) if text else None
    return f"{found['outward']} {found['inward']}" if found else ""


def outward(code: str) -> str:
    """The outward part of a normalised postcode: `SW1A` of `SW1A 1AA`."""
    return code.partition(" ")[0]


@lru_cache(maxsize=65536)
def first_line(text: str) -> str:
    """The house and street of an address line: lower case, words only, common abbreviations written out."""
    words = re.sub(r"[^a-z0-9 ]+", " ", name_marks_off(text)).split()
    return " ".join(_STREET.get(word, word) for word in words)


def name_marks_off(text: str) -> str:
    """Lower case without accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c))


def address_key(line: str, code: str) -> str:
    """Postcode and first line together, the identity of a place; empty unless both are there."""
    place, where = postcode(code), first_line(line)
    return f"{place}|{where}"[:120] if place and where else ""


def age_on(born: date, day: date) -> int:
    """Whole years from `born` to `day`; someone born on 29 February ages on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
