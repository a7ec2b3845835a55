"""Which duties a reader sees."""

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader


def duties(reader: Reader) -> Q:
    """Police by unit, an authority its own, an officer theirs; restricted ones only with need-to-know.

    An authority's duty about a restricted referral is seen by its named managers.
    """
    if reader.scope == "authority":
        mine = Q(authority=reader.authority) if reader.authority else NOTHING
        return mine if reader.user.named_manager else mine & Q(restricted=False)
    known = Q(thread__in=reader.known_threads) if reader.known_threads else NOTHING
    return (_police(reader) & Q(restricted=False)) | (_police(reader) & known)


def _police(reader: Reader) -> Q:
    if reader.scope == "force":
        return Q()
    if reader.scope == "unit" and reader.unit:
        return Q(unit=reader.unit)
    if reader.scope == "own":
        return Q(officer=reader.user.pk)
    return NOTHING
