"""Children at risk and what was told about them, made by the main job and the product's own commands."""

from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sooner.access.models import User
from sooner.duties.models import Duty
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.safeguarding.commands import strategy
from sooner.safeguarding.commands.authority import set_endpoint
from sooner.safeguarding.models import Child, OvertAction, SafeguardingReferral, StrategyDiscussion
from tests.factories.access import a_user
from tests.factories.intake import CHILD, a_document, a_referral, a_row, received

HARINGEY, HACKNEY, CROYDON, CARDIFF = "E09000014", "E09000012", "E09000008", "W06000015"
AN_INBOX, NO_WAY = "inbox", ""


def a_child(**facts: Any) -> Child:
    """The suspect's daughter in Haringey, found by the main job; nobody at her authority can be reached by machine."""
    received(a_document(a_row(**(CHILD | facts))))
    return Child.objects.latest("pk")


def a_social_worker(authority: str = HARINGEY, **facts: Any) -> User:
    """Somebody who signs in for the authority."""
    return a_user("social_worker", authority=authority, **facts)


def a_told_child(**facts: Any) -> tuple[SafeguardingReferral, User]:
    """A referral in Haringey's own inbox, and the social worker who reads it."""
    worker = a_social_worker()
    child = a_child(**facts)
    return SafeguardingReferral.objects.get(child=child, kind="social-care"), worker


def a_position_of_trust(**facts: Any) -> SafeguardingReferral:
    """A referral to the designated officer about a suspect who coaches children."""
    given = {"works_with_children": "yes", "role_with_children": "Coaches under-11s"} | facts
    referral = a_referral(**given)
    return SafeguardingReferral.objects.get(referral=referral, kind="designated-officer")


def a_machine(url: str, authority: str = HARINGEY, **facts: Any) -> Ed25519PrivateKey:
    """The authority has a machine address; the key with which its answers are signed."""
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    facts.setdefault("key_id", key_name(authority))
    set_endpoint(SYSTEM, authority=authority, url=url, public_key=pem, **facts)
    return key


def key_name(authority: str) -> str:
    return f"{authority.lower()}-answers"


def an_outcome(
    *, section_47: bool = True, hours: float | None = None, agencies: str = "police social-care health"
) -> strategy.Outcome:
    """What the agencies decided; with `hours`, a plan for the overt action within them."""
    plan = strategy.Plan("Search and arrest", clock.now() + timedelta(hours=hours)) if hours else None
    people = [strategy.Attendee(f"Invented Of-{agency.title()}", agency) for agency in agencies.split()]
    return strategy.Outcome(people, "Act together.", section_47, "Nothing yet.", plan)


def a_discussion(user: User, *children: Child) -> StrategyDiscussion:
    """A strategy discussion, arranged for now."""
    return strategy.arrange_discussion(user, children=children, arranged_for=clock.now())


def a_plan(user: User, child: Child, *, hours: float = 6) -> OvertAction:
    """A joint plan that a discussion agreed, to be taken within `hours`."""
    held = strategy.record_discussion(
        user, discussion=a_discussion(user, child), outcome=an_outcome(hours=hours)
    )
    return held.plans.get()


def open_duties(kind: str, pk: int) -> set[str]:
    """The keys of the duties that are open about a record."""
    found = Duty.objects.filter(subject_kind=kind, subject_id=pk, discharged_at=None)
    return set(found.values_list("key", flat=True))


def times_recorded(event: str) -> int:
    """How often an event stands in the ledger."""
    return Entry.objects.filter(event=event).count()
