"""Referrals that have travelled the main job as far as their investigation, and staff who can lead it."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

from sooner.access.models import User
from sooner.engines.formats.document import Address, FileEntry, Name, Party, ReferralDocument, Role, to_json
from sooner.intake.commands.resolve import resolve_people
from sooner.intake.models import Document, Referral, Version
from sooner.investigations.commands.open import open_for
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, unit_of_work
from sooner.safeguarding.commands.identify import identify
from tests.factories.access import a_user

_numbers = count(1)
CAMDEN, HACKNEY = "NW1 1AA", "E8 1AA"


def a_suspect(name: str = "Alan Invented", *, born: date | None = date(1980, 5, 1), **facts: Any) -> Party:
    """The suspect as a report describes one, at home in Camden."""
    return _party(Role.SUSPECT, name, born, **facts)


def a_child(name: str = "Billie Invented", *, born: date | None = date(2018, 5, 1), **facts: Any) -> Party:
    """A child whom the report names as in contact with the suspect."""
    return _party(Role.CHILD, name, born, **facts)


def _party(role: Role, name: str, born: date | None, *, postcode: str = CAMDEN, **facts: Any) -> Party:
    first, _, last = name.rpartition(" ")
    home = Address(lines=(f"{next(_numbers)} Fictional Row",), postcode=postcode)
    facts.setdefault("addresses", (home,) if postcode else ())
    names = (Name(full=name, first=first, last=last),) if name else ()
    return Party(role=role, path=f"{role}/{name}", names=names, date_of_birth=born, **facts)


def a_referral(
    *parties: Party, files: Sequence[str] = (), restricted: bool = False, **content: Any
) -> Referral:
    """A referral as intake leaves it; `files` are industry classifications of reported files."""
    entries = tuple(FileEntry(path=f"file[{n}]", classification=code) for n, code in enumerate(files, 1))
    document = ReferralDocument(format="referral-csv", parties=parties, files=entries, **content)
    received = clock.now()
    referral = Referral.objects.create(
        source_format="referral-csv",
        received_at=received,
        restricted=restricted,
        urgent=bool(document.escalation),
    )
    _add_version(referral, document)
    return referral


def a_new_version(referral: Referral, *parties: Party, **content: Any) -> None:
    """A later document about the same referral, read and run through the job."""
    Referral.objects.filter(pk=referral.pk).update(version=referral.version + 1)
    referral.refresh_from_db()
    _add_version(referral, ReferralDocument(format="referral-csv", parties=parties, **content))
    run_job(referral)


def _add_version(referral: Referral, document: ReferralDocument) -> None:
    kept = Document.objects.create(
        sha256=f"{next(_numbers):064x}",
        name="referral.csv",
        size=1,
        via="upload",
        received_at=clock.now(),
        received_by="x",
    )
    Version.objects.create(
        referral=referral,
        number=referral.version,
        document=kept,
        content=to_json(document).decode(),
        read_at=clock.now(),
    )


def run_job(*referrals: Referral) -> None:
    """Resolve, identify, open: each step its own unit of work, as the pipeline does."""
    ids = [referral.pk for referral in referrals]
    for step in (resolve_people, identify, open_for):
        with unit_of_work(SYSTEM) as work:
            step(work, ids)


def an_investigation(*parties: Party, with_child: bool = False, **content: Any) -> Investigation:
    """An open investigation of one suspect, in Camden's team unless the parties say otherwise."""
    everybody = parties or (_nobody_else(a_suspect, date(1960, 1, 1)),)
    if with_child:
        everybody = (*everybody, _nobody_else(a_child, date(2012, 1, 1)))
    referral = a_referral(*everybody, **content)
    run_job(referral)
    return Investigation.objects.get(joined__referral=referral)


def _nobody_else(make: Callable[..., Party], first: date) -> Party:
    """Somebody whose names, birth date and home nobody else here has anything like."""
    number = next(_numbers)
    letters = (
        hashlib.sha256(str(number).encode()).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    )
    return make(f"{letters[:8]} {letters[8:16]}".title(), born=first + timedelta(days=number * 97 % 4000))


def a_supervisor(unit: str = "CN") -> User:
    return a_user("supervisor", unit=unit)


def a_lead(*skills: str, unit: str = "CN", capacity: int = 12, name: str = "Invented Investigator") -> User:
    """An investigator with these skills, awarded a month ago."""
    from sooner.workforce.commands import record_competence, set_capacity

    user = a_user("investigator", unit=unit, name=name)
    training = a_user("training_lead")
    set_capacity(training, person=user, capacity=capacity)
    awarded = clock.now().date() - timedelta(days=30)
    for skill in skills:
        record_competence(training, person=user, skill=skill, awarded_on=awarded)
    return user


LEADING = ("pip2", "scaidp")
