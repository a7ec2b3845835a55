"""Which local authority an address lies in: said by the source, by the loaded postcode directory, or by outward code."""

from collections.abc import Iterable

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
