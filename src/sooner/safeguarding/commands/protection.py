"""Police protection, Children Act 1989 s.46: it lasts at most as long as policy/data/limits.toml says, from when it began,
whatever happens; it cannot be extended.
"""

from dataclasses import dataclass
from datetime import datetime

from sooner.access.decide import actor_for, require, visible
from sooner.access.models import User
from sooner.errors import AlreadyDone, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import unit_of_work
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands.children import locked_child, record_child
from sooner.safeguarding.models import Child, PoliceProtection

TOLD = ("authority", "child", "parents")


@dataclass(frozen=True, slots=True)
class Taken:
    """That a child was taken into police protection: when, on what grounds, to where."""

    at: datetime
    grounds: str
    place: str


def take_into_protection(user: User, *, child: Child, taken: Taken) -> PoliceProtection:
    """Record police protection. Its clock runs from when it began, not from when it was recorded."""
    require(user, "police-protection.record")
    if not taken.grounds.strip() or not taken.place.strip():
        raise Refused("Give the grounds (likely significant harm) and where the child is.")
    limit = get_policy().police_protection
    if not clock.now() - limit.longest < taken.at <= clock.now():
        raise Refused(f"The time must be within the last {limit.hours} hours, and not in the future.")
    with unit_of_work(actor_for(user)) as work:
        held = locked_child(user, child.pk)
        if held.police_protections.filter(ended_at=None).exists():
            raise AlreadyDone(
                "This child is in police protection already; it cannot be extended or begun again."
            )
        made = PoliceProtection.objects.create(
            child=held,
            taken_at=taken.at,
            expires_at=taken.at + limit.longest,
            grounds=taken.grounds.strip(),
            place=taken.place.strip()[:200],
            taken_by=user.name,
            designated_officer=user if user.role == "duty_inspector" else None,
        )
        record_child(
            work,
            "police-protection.taken",
            held,
            taken_at=made.taken_at.isoformat(),
            expires_at=made.expires_at.isoformat(),
            reason=taken.grounds.strip(),
        )
    return made


def record_told(user: User, *, protection: PoliceProtection, who: str) -> None:
    """The authority, the child or the parents were told."""
    require(user, "police-protection.record")
    if who not in TOLD:
        raise Refused("Say who was told: the authority, the child or the parents.")
    with unit_of_work(actor_for(user)) as work:
        held = _locked(user, protection.pk)
        name = f"told_{who}_at"
        if getattr(held, name) is not None:
            raise AlreadyDone("That is recorded already. Nothing changed.")
        setattr(held, name, clock.now())
        held.save(update_fields=[name])
        record_child(work, "police-protection.told", held.child, who=who)


def end_protection(user: User, *, protection: PoliceProtection, reason: str) -> None:
    """The child was handed to the authority, placed under an order, or released."""
    require(user, "police-protection.record")
    if not reason.strip():
        raise Refused("Say how it ended: to whom the child went, or why protection is no longer needed.")
    with unit_of_work(actor_for(user)) as work:
        held = _locked(user, protection.pk)
        if held.ended_at:
            raise AlreadyDone("Police protection has ended already. Nothing changed.")
        held.ended_at, held.ended_reason = clock.now(), reason.strip()
        held.save(update_fields=["ended_at", "ended_reason"])
        record_child(work, "police-protection.ended", held.child, reason=reason.strip())


def _locked(user: User, pk: int) -> PoliceProtection:
    if not visible(PoliceProtection.objects.filter(pk=pk), user).exists():
        raise NotFound("There is no such police protection, or you do not need to know of it.")
    rows = PoliceProtection.objects.select_for_update(of=("self",)).select_related("child", "child__referral")
    return rows.get(pk=pk)
