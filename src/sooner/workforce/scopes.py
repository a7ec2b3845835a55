"""Which members of staff a reader sees: no case stands here, so the training lead sees all."""

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader, by_unit, may


def staff(reader: Reader) -> Q:
    if not may(reader.user, "staff.view"):
        return NOTHING
    return Q() if reader.scope == "none" else by_unit(reader, unit="user__unit", officer="user")
