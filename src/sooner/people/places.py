"""Which local authority an address lies in: said by the source, by the loaded postcode directory, or by outward code. And which
other addresses may be the same place, written with a fault or without a postcode."""

import re
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q
from rapidfuzz.distance import DamerauLevenshtein

from sooner.engines import normalise
from sooner.people.models import Address, PostcodeArea
from sooner.policy.loader import get_policy


def set_authorities(addresses: Iterable[Address]) -> None:
    """Fill `authority` and `authority_how` of unsaved addresses that lack it; one query for all of them."""
    waiting = [address for address in addresses if not address.authority and address.postcode]
    if not waiting:
        return
    codes = {address.postcode for address in waiting}
    directory = dict(PostcodeArea.objects.filter(pk__in=codes).values_list("postcode", "authority"))
    for address in waiting:
        address.authority, address.authority_how = _authority(address.postcode, directory)


def _authority(postcode: str, directory: dict[str, str]) -> tuple[str, str]:
    if postcode in directory:
        return directory[postcode], "postcode"
    candidates = get_policy().postcodes.get(normalise.outward(postcode), ())
    if not candidates:
        return "", ""
    return candidates[0], "outward" if len(candidates) == 1 else "outward-likely"


def near(addresses: Iterable[int]) -> dict[int, list[int]]:
    """For each address those that may be the same place, nearest in number first; nothing for one that would be too many places.

    The same first line, with no postcode on one side or with postcodes one slip apart; or the same postcode and numbers,
    the street written otherwise. Two queries for all of them.
    """
    asked = Address.objects.in_bulk(set(addresses))
    lines = {one.line for one in asked.values() if _tells(one.line)}
    codes = {one.postcode for one in asked.values() if one.postcode}
    by_line, by_code = defaultdict(list), defaultdict(list)
    for other in Address.objects.filter(Q(line__in=lines) | Q(postcode__in=codes)).order_by("pk"):
        by_line[other.line].append(other)
        by_code[other.postcode].append(other)
    found = {}
    for pk, one in asked.items():
        like = [other for other in by_line.get(one.line, ()) if _tells(one.line) and _one_slip(one, other)]
        like += [other for other in by_code.get(one.postcode, ()) if one.postcode and _same_door(one, other)]
        others = list(dict.fromkeys(other.pk for other in like if other.pk != pk))
        found[pk] = others if len(others) <= get_policy().linkage.rules.near_addresses else []
    return found


def _tells(line: str) -> bool:
    """Whether a first line says a house and a street."""
    return any(c.isdigit() for c in line) and any(len(word) > 2 and word.isalpha() for word in line.split())


def _one_slip(one: Address, other: Address) -> bool:
    if not one.postcode or not other.postcode:
        towns = {one.town.casefold().strip(), other.town.casefold().strip()} - {""}
        return len(towns) < 2
    return one.postcode != other.postcode and DamerauLevenshtein.distance(one.postcode, other.postcode) == 1


def _same_door(one: Address, other: Address) -> bool:
    numbers = sorted(re.findall(r"\d+[a-z]?", one.line))
    return (
        bool(numbers) and one.line != other.line and numbers == sorted(re.findall(r"\d+[a-z]?", other.line))
    )
