"""What a referral needs before children can be found from it, and this one does not have: sentences for an
officer.

A missing thing is said and never holds a referral up.
"""

from collections.abc import Iterator

from sooner.engines.formats.document import Party, Role

_UK = frozenset(
    {"", "gb", "uk", "united kingdom", "great britain", "england", "wales", "scotland", "northern ireland"}
)


def about_parties(parties: tuple[Party, ...]) -> list[str]:
    """Sentences about what a referral needs and this one does not have."""
    warnings: list[str] = []
    suspects = [party for party in parties if party.role is Role.SUSPECT]
    if not suspects:
        warnings.append("No suspect is described.")
    for number, suspect in enumerate(suspects, 1):
        whose = "the suspect" if len(suspects) == 1 else f"suspect {number}"
        warnings.extend(_about_suspect(suspect, whose))
    for party in parties:
        if party.role in (Role.VICTIM, Role.CHILD) and not any(place.postcode for place in party.addresses):
            warnings.append("No postcode for a child named in the referral.")
    return warnings


def _about_suspect(suspect: Party, whose: str) -> Iterator[str]:
    if not suspect.names:
        yield f"No name for {whose}."
    if suspect.date_of_birth is None and suspect.age is None:
        yield f"No date of birth or age for {whose}."
    if not suspect.addresses:
        yield f"No address for {whose}."
    elif not any(place.postcode for place in suspect.addresses if place.country.lower() in _UK):
        yield f"No postcode in {whose}'s address."
