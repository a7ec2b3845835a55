"""One small world in which a record of every kind exists, made by the product's own commands: a child in Haringey, from the
report to the joint plan, and a restricted record beside it."""

import csv
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sooner.access import commands as accounts
from sooner.access.models import Grant, User
from sooner.access.threads import Thread
from sooner.duties.models import Duty
from sooner.intake.models import Referral
from sooner.investigations.commands.allocate import allocate
from sooner.investigations.commands.decide import restrict
from sooner.investigations.commands.record import add_action
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.checkpoints import sign_now
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands import protection, strategy
from sooner.safeguarding.commands.authority import acknowledge
from sooner.safeguarding.models import Child, OvertAction, SafeguardingReferral
from sooner.workforce.commands import record_competence, set_capacity
from tests.factories.access import a_user
from tests.factories.intake import CHILD, a_document, a_referral, a_row, received
from tests.factories.ledger import seal_all

HARINGEY, HACKNEY = "E09000014", "E09000012"
NAMES = ("Amara", "Okafor", "Ngozi", "Ifeoma", "Okoro")
"""What nobody may read who must not see names: of children, their family, the suspect."""
FREE_WORDS = "Words that the report quotes."


@dataclass(frozen=True, slots=True)
class World:
    """Who works in it, and the numbers of its records by kind."""

    users: dict[str, User]
    """One of each role; police of units in NA, the social worker in Haringey."""
    ids: dict[str, int]
    elsewhere: dict[str, User]
    """An investigator and a supervisor of CE, a social worker of Hackney."""
    secret: Investigation
    """The restricted one, of Haringey and NA as well."""


def a_world() -> World:
    """Build it; takes about a second."""
    users, elsewhere = _people(), _people_elsewhere()
    one, child = _a_case(users)
    ids = _of_the_case(users, one, child) | _of_the_house(users, one)
    return World(users, ids, elsewhere, _a_secret(users))


def _people() -> dict[str, User]:
    places = {"unit": {"unit": "NA"}, "own": {"unit": "NA"}, "authority": {"authority": HARINGEY}}
    roles = get_policy().roles
    return {key: a_user(key, **places.get(role.scope, {})) for key, role in roles.items()}


def _people_elsewhere() -> dict[str, User]:
    return {
        "investigator": a_user("investigator", unit="CE"),
        "supervisor": a_user("supervisor", unit="CE"),
        "social_worker": a_user("social_worker", authority=HACKNEY),
        "named_manager": a_user("social_worker", authority=HARINGEY, named_manager=True),
    }


def _a_case(users: dict[str, User]) -> tuple[Investigation, Child]:
    referral = a_referral(with_child=True, summary=FREE_WORDS)
    child = Child.objects.get(referral=referral)
    one = Investigation.objects.get(joined__referral=referral)
    lead, trainer = users["investigator"], users["training_lead"]
    set_capacity(trainer, person=lead, capacity=10)
    for skill in ("pip2", "scaidp"):
        record_competence(
            trainer, person=lead, skill=skill, awarded_on=clock.now().date() - timedelta(days=30)
        )
    allocate(users["supervisor"], investigation=one, person=lead, exception_reason="The only one here.")
    return one, child


def _of_the_case(users: dict[str, User], one: Investigation, child: Child) -> dict[str, int]:
    inspector, now = users["duty_inspector"], clock.now()
    told = SafeguardingReferral.objects.get(child=child)
    discussion = strategy.arrange_discussion(inspector, children=[child], arranged_for=now)
    people = [strategy.Attendee("Dan Example", "police"), strategy.Attendee("Wendy Example", "social-care")]
    plan = strategy.Plan("Search and arrest", now + timedelta(hours=20))
    outcome = strategy.Outcome(people, "Act together.", True, "Nothing yet.", plan)
    strategy.record_discussion(inspector, discussion=discussion, outcome=outcome)
    taken = protection.Taken(now - timedelta(minutes=5), "Likely significant harm.", "Hospital")
    protected = protection.take_into_protection(inspector, child=child, taken=taken)
    acknowledge(users["social_worker"], row=told)
    action = add_action(
        users["investigator"],
        investigation=one,
        title="Visit",
        owner=users["investigator"],
        due_at=now + timedelta(days=1),
    )
    referral, suspect = child.referral, one.suspect
    assert suspect is not None
    return {
        "referrals": referral.pk,
        "children": child.pk,
        "people": suspect.pk,
        "households": suspect.residences.values_list("address_id", flat=True)[0],
        "social-care": told.pk,
        "inbox": told.pk,
        "discussions": discussion.pk,
        "plans": OvertAction.objects.get(discussion=discussion).pk,
        "protections": protected.pk,
        "investigations": one.pk,
        "actions": action.pk,
        "documents": referral.versions.values_list("document_id", flat=True)[0],
        "duties": Duty.objects.filter(subject_kind="child", thread=referral.thread)[0].pk,
        "ledger/entries": Entry.objects.filter(thread=referral.thread)[0].pk,
    }


def _of_the_house(users: dict[str, User], one: Investigation) -> dict[str, int]:
    colleague, investigator = a_user("investigator", unit="NA"), users["investigator"]
    token = accounts.issue_token(actor=SYSTEM, user=colleague, label="machine", days=3).token
    thread = Thread("investigation", one.pk)
    broken = accounts.break_glass(
        user=investigator, thread=thread, reason="A child may be in danger tonight."
    )
    grant = accounts.grant_need_to_know(
        by=users["duty_inspector"], user=colleague, thread=thread, reason="Helps tonight."
    )
    accounts.grant_need_to_know(
        by=users["duty_inspector"], user=users["supervisor"], thread=thread, reason="Leads the team."
    )
    seal_all()
    checkpoint = sign_now()
    assert checkpoint is not None
    assert Grant.objects.filter(pk=grant.pk).exists()
    return {
        "users": colleague.pk,
        "staff": investigator.pk,
        "token": token.pk,
        "break-glass": broken.pk,
        "grant": grant.pk,
        "ledger/checkpoints": checkpoint.pk,
        "extracts": an_extract(),
    }


def an_extract() -> int:
    """A loaded extract of school pupils in which the child of the case has a sister."""
    row = {
        "upn": "X000000000001",
        "forename": "Ngozi",
        "surname": "Okafor",
        "dob": "2016-01-02",
        "gender": "F",
    }
    home = {"address_1": "12 Orchard Road", "postcode": "N8 7AB", "school_name": "Example School"}
    mother = {"parent1_name": "Ada Okafor", "parent1_relationship": "mother"}
    rule = get_policy().extracts["school-census"]
    told = [word for relation in rule.relations for word in relation.values()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "census.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys([*rule.columns.values(), *told])))
            writer.writeheader()
            writer.writerow(row | home | mother)
        return load_extract(SYSTEM, mapping="school-census", path=path).pk


def _a_secret(users: dict[str, User]) -> Investigation:
    facts = CHILD | {
        "reference": "T-2",
        "suspect_name": "Okoro Okafor",
        "suspect_date_of_birth": "01/09/1979",
        "child_name": "Ifeoma Okafor",
        "suspect_address_line_1": "14 Orchard Road",
        "child_address": "14 Orchard Road, London",
    }
    received(a_document(a_row(**facts)))
    referral = Referral.objects.latest("pk")
    one: Investigation = Investigation.objects.get(joined__referral=referral)
    inspector = users["duty_inspector"]
    restrict(inspector, investigation=one, people=[inspector], reason="The suspect works here.")
    one.refresh_from_db()
    assert Referral.objects.get(pk=referral.pk).restricted
    return one


def public_pem() -> str:
    """A public key as an authority would send it."""
    key = Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
