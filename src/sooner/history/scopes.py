"""Which ledger entries a reader sees."""

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader
from sooner.access.threads import restricted_threads


def entries(reader: Reader) -> Q:
    """The ledger is the force's: readers of force scope see all of it but the threads of restricted records they need not
    know; unit supervisors read it through the time lines of their own records, and here what they themselves did."""
    if reader.scope == "force":
        return ~Q(thread__in=restricted_threads() - reader.known_threads)
    if reader.scope == "unit":
        return Q(actor_kind="user", actor_id=reader.user.pk)
    return NOTHING
