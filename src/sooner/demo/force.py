"""The demonstration force: its sign-ins, staff and sample documents, received through the same door as real ones."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sooner.access.commands import AccountFacts, create_user
from sooner.access.models import User
from sooner.demo.samples import write_samples
from sooner.intake.commands.receive import receive_path
from sooner.intake.models import Document
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, Actor, Subject, unit_of_work
from sooner.people.commands.extracts import load_extract
from sooner.people.commands.run_linkage import run_linkage
from sooner.pipeline.models import Task
from sooner.pipeline.run import run_pending
from sooner.policy.loader import get_policy
from sooner.workforce.models import Competence, Staff

PASSWORD = "demonstration-only"  # noqa: S105  # invented people; printed for whoever tries the demonstration
LOADER = Actor("system", None, "Demonstration")
Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in of the demonstration, and what to try with it."""

    username: str
    name: str
    role: str
    unit: str = ""
    authority: str = ""
    named_manager: bool = False


SIGN_INS = (
    SignIn("rosa", "Rosa Referral", "referral_officer"),
    SignIn("ivan", "Ivan Investigator", "investigator", unit="NA"),
    SignIn("ida", "Ida Investigator", "investigator", unit="CE"),
    SignIn("sue", "Sue Supervisor", "supervisor", unit="NA"),
    SignIn("sam", "Sam Supervisor", "supervisor", unit="CE"),
    SignIn("dan", "Dan Duty-Inspector", "duty_inspector"),
    SignIn("wendy", "Wendy Social-Worker", "social_worker", authority="E09000014"),
    SignIn("will", "Will Manager", "social_worker", authority="E09000014", named_manager=True),
    SignIn("walt", "Walt Social-Worker", "social_worker", authority="E09000012"),
    SignIn("hope", "Hope Inspector", "inspector_of_constabulary"),
    SignIn("tess", "Tess Training", "training_lead"),
    SignIn("adam", "Adam Administrator", "administrator"),
)


def is_loaded() -> bool:
    """Whether this database holds the demonstration already."""
    return User.objects.filter(username=SIGN_INS[0].username).exists()


def load_demonstration(said: Said) -> None:
    """Create the force and receive the samples. Raises SetupError when the producer is missing."""
    with tempfile.TemporaryDirectory() as folder:
        samples = write_samples(Path(folder), now=clock.now())
        _create_people()
        for key, path in samples.extracts.items():
            said(f"Loading {get_policy().extracts[key].title.lower()}")
            load_extract(LOADER, mapping=key, path=path)
        said("Linking the records of all extracts")
        run_linkage(LOADER)
        run_pending(seconds=30)
        said(f"Receiving {len(samples.documents)} sample documents")
        for path in samples.documents:
            for _ in receive_path(LOADER, path=path, via="cli"):
                continue
            run_pending(seconds=30)
    while Task.objects.filter(attempts=0).exists():
        run_pending(seconds=30)
    with unit_of_work(LOADER) as work:
        work.record(
            "demonstration.loaded",
            subject=Subject("force", None),
            thread="force",
            documents=Document.objects.count(),
        )


def _create_people() -> None:
    for one in SIGN_INS:
        facts = AccountFacts(
            name=one.name,
            role=one.role,
            unit=one.unit,
            authority=one.authority,
            named_manager=one.named_manager,
        )
        create_user(actor=SYSTEM, username=one.username, password=PASSWORD, facts=facts)
    for authority in sorted(a for a, known in get_policy().authorities.items() if known.unit):
        if all(one.authority != authority for one in SIGN_INS):
            name = f"Social worker of {get_policy().authorities[authority].name}"
            facts = AccountFacts(name=name, role="social_worker", authority=authority)
            create_user(actor=SYSTEM, username=f"sw-{authority.casefold()}", password=PASSWORD, facts=facts)
    _train()


def _train() -> None:
    today = clock.now().date()
    for user in User.objects.filter(role="investigator"):
        staff = Staff.objects.create(user=user, rank="Detective Constable", capacity=15)
        for skill in ("pip2", "scaidp", "kirat"):
            if user.username == "ivan" or skill == "pip2":
                Competence.objects.create(
                    staff=staff,
                    skill=skill,
                    awarded_on=today - timedelta(days=200),
                    awarded_by="Demonstration",
                )
