"""What a named person decides about a child: confirm, rule out, put back, add; where nobody was found, that they looked; which
authority is the child's. Until then the child counts as at risk. Software does none of these."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sooner.access.decide import actor_for, require, visible
from sooner.access.models import User
from sooner.errors import AlreadyDone, NotFound, Refused
from sooner.intake.models import Referral
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.people.commands.resolve import SourceFacts, add_home, register_sources, resolve
from sooner.people.matching import Place, Sought
from sooner.people.models import Address
from sooner.policy.loader import get_policy
from sooner.safeguarding import ways
from sooner.safeguarding.commands.identify import record_identified, set_homes, told_children
from sooner.safeguarding.models import Child

AT_RISK, CONFIRMED, RULED_OUT = "at-risk", "confirmed", "ruled-out"


@dataclass(frozen=True, slots=True)
class NewChild:
    """A child that an officer adds: who, where, and how found."""

    given_names: str
    family_name: str
    how_found: str
    dob: date | None = None
    line1: str = ""
    town: str = ""
    postcode: str = ""
    school: str = ""


def confirm_child(user: User, *, child: Child, reason: str = "") -> None:
    """A named person has looked: this child is at risk."""

    def change(held: Child) -> str:
        if held.state == CONFIRMED:
            raise AlreadyDone("This child is confirmed already. Nothing changed.")
        if held.state == RULED_OUT:  # putting back is what has social care told
            raise Refused("This child is ruled out. Put the child back as at risk first.")
        held.state = CONFIRMED
        return "child.confirmed"

    _decide(user, child, reason, change)


def rule_out_child(user: User, *, child: Child, reason: str) -> None:
    """A named person has looked: this child is not at risk from this suspect, and why."""
    _require_reason(reason, "Say why this child is not at risk: what was checked, with whom.")

    def change(held: Child) -> str:
        if held.state == RULED_OUT:
            raise AlreadyDone("This child is ruled out already. Nothing changed.")
        held.state = RULED_OUT
        return "child.ruled-out"

    _decide(user, child, reason, change)


def reinstate_child(user: User, *, child: Child, reason: str) -> None:
    """A child that was ruled out counts as at risk again; social care is told, if it was not."""
    _require_reason(reason, "Say why this child counts as at risk again.")

    def change(held: Child) -> str:
        if held.state != RULED_OUT:
            raise AlreadyDone("This child counts as at risk. Nothing changed.")
        held.state = AT_RISK
        return "child.reinstated"

    _decide(user, child, reason, change)


def _require_reason(reason: str, message: str) -> None:
    if not reason.strip():
        raise Refused(message)


def _decide(user: User, child: Child, reason: str, change: Callable[[Child], str]) -> None:
    require(user, "child.decide")
    with unit_of_work(actor_for(user)) as work:
        held = locked_child(user, child.pk)
        event = change(held)
        held.decided_by, held.decided_at, held.reason = user.name, clock.now(), reason.strip()
        held.save(update_fields=["state", "decided_by", "decided_at", "reason"])
        unsent = {"safeguarding-referral": _unsent(held)} if event != "child.confirmed" else {}
        record_child(
            work, event, held, reason=reason.strip() or None, told=held.pk in told_children([held]), **unsent
        )


def _unsent(child: Child) -> list[int]:
    """The referrals about the child that their authority does not have yet: they need not be told while it is ruled out."""
    return list(child.safeguarding_referrals.filter(sent_at=None).values_list("pk", flat=True))


def locked_child(user: User, pk: int) -> Child:
    """The child's row, held until the unit of work ends, if the user may see it. Raises NotFound."""
    if not visible(Child.objects.filter(pk=pk), user).exists():
        raise NotFound("There is no such child, or you do not need to know of it.")
    return Child.objects.select_for_update(of=("self",)).select_related("referral").get(pk=pk)


def record_child(work: UnitOfWork, event: str, child: Child, **facts: object) -> None:
    """Record an event about a child with what the duties need to know."""
    referral = child.referral
    work.record(
        event,
        subject=Subject("child", child.pk),
        thread=referral.thread,
        referral=referral.pk,
        authority=child.authority or None,
        jurisdiction=get_policy().jurisdiction_of(child.authority),
        unit=referral.unit,
        urgent=referral.urgent,
        restricted=referral.restricted or None,
        **facts,
    )


def add_child(user: User, *, referral: Referral, new: NewChild) -> Child:
    """Add a child that the search did not find. Social care is told by the same steps as for any other."""
    require(user, "child.decide")
    if not (new.given_names.strip() or new.family_name.strip()) or not new.how_found.strip():
        raise Refused("Give the child's name, as far as it is known, and how the child was found.")
    with unit_of_work(actor_for(user)) as work:
        person = _person(user, referral, new)
        held = Child.objects.select_for_update().filter(referral=referral, person_id=person).first()
        if held is not None and held.state != RULED_OUT:
            raise AlreadyDone(f"This child is on the referral already, as {held.reference}. Nothing changed.")
        child = held or Child(referral=referral, person_id=person, identified_at=clock.now())
        child.certainty, child.state = ways.SURE, AT_RISK
        if held is not None:  # ruled out before, and this officer now says otherwise
            child.decided_by, child.decided_at, child.reason = user.name, clock.now(), new.how_found.strip()
        way = ways.Way(ways.ADDED, ways.SURE, new.how_found.strip(), f"Added by {user.name}").as_row()
        child.ways = [*child.ways, way]
        if not child.authority:
            set_homes([child], {})
        child.save()
        record_identified(work, child, referral, how="added-by-officer", told=told_children([child]))
        if held is not None:
            unsent = {"safeguarding-referral": _unsent(child)}
            record_child(work, "child.reinstated", child, told=child.pk in told_children([child]), **unsent)
        record_child(work, "child.added", child, reason=new.how_found.strip())
    return child


def _person(user: User, referral: Referral, new: NewChild) -> int:
    now = clock.now()
    key = f"officer:{user.pk}"
    sources = register_sources([SourceFacts(key, "officer", f"Entered by {user.name}", now)])
    place = Place(new.line1, "", new.town, new.postcode)
    sought = Sought(
        source=key,
        external_id=f"{referral.reference}-{now:%Y%m%dT%H%M%S%f}",
        as_of=now,
        names=((new.given_names.strip(), new.family_name.strip()),),
        dob=new.dob,
        places=(place,) if place.key else (),
        school=new.school,
    )
    return resolve([sought], sources)[0].person


def record_children_checked(user: User, *, referral: Referral, who_was_asked: str, answer: str) -> None:
    """A person looked for children by hand, and found none: who was asked, and what they said."""
    require(user, "child.decide")
    if not who_was_asked.strip() or not answer.strip():
        raise Refused("Say who was asked and what they said.")
    with unit_of_work(actor_for(user)) as work:
        work.record(
            "children.checked",
            subject=Subject("referral", referral.pk),
            thread=referral.thread,
            unit=referral.unit,
            restricted=referral.restricted or None,
            reason=f"{who_was_asked.strip()}: {answer.strip()}",
        )


def record_household(
    user: User, *, referral: Referral, line1: str, postcode: str, town: str = "", how: str
) -> None:
    """A person found where the suspect lives. The address joins the suspect, and children are searched for there at once."""
    require(user, "child.decide")
    if not line1.strip() or not how.strip():
        raise Refused(
            "Give the first line of the address, the postcode if it is known, and how it was found."
        )
    suspect = referral.parties.filter(current=True, role="suspect", person__isnull=False).first()
    if suspect is None or suspect.person_id is None:
        raise Refused("The referral names no suspect yet: add who it is before where they live.")
    with unit_of_work(actor_for(user)) as work:
        _add_home(user, referral, suspect.person_id, Place(line1.strip(), "", town.strip(), postcode.strip()))
        work.record(
            "household.found",
            subject=Subject("referral", referral.pk),
            thread=referral.thread,
            unit=referral.unit,
            restricted=referral.restricted or None,
            reason=how.strip(),
        )
        work.record(
            "referral.look-again",
            subject=Subject("referral", referral.pk),
            thread=referral.thread,
            unit=referral.unit,
        )


def _add_home(user: User, referral: Referral, person: int, place: Place) -> None:
    key = f"officer:{user.pk}"
    sources = register_sources([SourceFacts(key, "officer", f"Entered by {user.name}", clock.now())])
    add_home(person=person, place=place, source=sources[key])


def choose_authority(user: User, *, child: Child, authority: str, reason: str) -> None:
    """Say which authority the child lives or is found in; it is told at once."""
    require(user, "safeguarding-referral.reroute")
    _require_reason(reason, "Say how you know which authority it is.")
    if authority not in get_policy().authorities:
        raise Refused("There is no such authority in the policy: choose one from the list.")
    with unit_of_work(actor_for(user)) as work:
        held = locked_child(user, child.pk)
        if held.authority == authority:
            raise AlreadyDone("This is the child's authority already. Nothing changed.")
        held.authority, held.authority_how = authority, "person"
        held.save(update_fields=["authority", "authority_how"])
        if held.address_id:
            Address.objects.filter(pk=held.address_id, authority="").update(
                authority=authority, authority_how="person"
            )
        record_child(work, "authority.chosen", held, reason=reason.strip())
