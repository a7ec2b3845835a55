"""What the crash test asks of its own installation, in a process of its own with that installation's settings:
`prepare URL` makes a sign-in and the authorities' addresses, `finish` ends what waits for its time, `look` says what is there."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sooner.settings")
django.setup()

from sooner.access.commands import AccountFacts, create_user, issue_token  # noqa: E402
from sooner.intake.commands.read import bytes_of  # noqa: E402
from sooner.intake.models import Document, Version  # noqa: E402
from sooner.ledger import clock  # noqa: E402
from sooner.ledger.models import Entry  # noqa: E402
from sooner.ledger.work import SYSTEM  # noqa: E402
from sooner.pipeline.models import Task  # noqa: E402
from sooner.safeguarding.commands.authority import set_endpoint  # noqa: E402
from sooner.safeguarding.models import Child, Delivery, SafeguardingReferral  # noqa: E402
from sooner.worker.chores import chores  # noqa: E402
from sooner.worker.loop import Worker  # noqa: E402
from tests.factories.world import public_pem  # noqa: E402

AUTHORITIES = ("E09000014", "E09000012", "E09000007")


def prepare(url: str) -> dict[str, str]:
    """A machine's key of a referral officer, and three authorities whose machine is at `url`."""
    facts = AccountFacts(name="Rosa Example", role="referral_officer")
    user = create_user(actor=SYSTEM, username="rosa", password="a quiet harbour at dusk", facts=facts)
    for code in AUTHORITIES:
        set_endpoint(SYSTEM, authority=code, url=f"{url}/{code}", key_id=code, public_key=public_pem())
    return {"key": issue_token(actor=SYSTEM, user=user, label="platform", days=1).secret}


def waiting() -> dict[str, int]:
    """What is still to do."""
    return {"tasks": Task.objects.count(), "deliveries": Delivery.objects.filter(state="waiting").count()}


def finish() -> dict[str, int]:
    """The worker's chores at later and later times, so that leases and waits of a killed process are over."""
    worker, now = Worker(chores()), clock.now()
    for step in range(1, 40):
        with clock.standing_at(now + timedelta(minutes=20 * step)):
            while worker.round():
                continue
        for chore in worker.chores:
            chore.due = 0.0
        if not any(waiting().values()):
            break
    return waiting()


def look() -> dict[str, object]:
    """Everything that the test compares with what it sent and what the authorities received."""
    documents = list(Document.objects.all())
    children = Child.objects.select_related("person").exclude(state="ruled-out")
    told = SafeguardingReferral.objects.filter(kind="social-care").values_list("child_id", flat=True)
    delivered = Entry.objects.filter(event="safeguarding-referral.delivered").values_list(
        "subject_id", flat=True
    )
    return {
        "documents": {document.sha256: bytes_of(document).decode() for document in documents},
        "states": dict(Counter(document.state for document in documents)),
        "rows": len(documents),
        "readings": dict(Counter(Version.objects.values_list("document__sha256", flat=True))),
        "children": [child.person.name for child in children],
        "untold": sorted({child.pk for child in children} - set(told)),
        "told_twice": [pk for pk, times in Counter(told).items() if times > 1],
        "keys": list(SafeguardingReferral.objects.values_list("idempotency_key", flat=True)),
        "delivered_twice": [pk for pk, times in Counter(delivered).items() if times > 1],
        "delivered": len(set(delivered)),
        "sent": SafeguardingReferral.objects.filter(sent_at__isnull=False).count(),
        "failed_steps": list(Task.objects.exclude(error="").values_list("error", flat=True)),
        **waiting(),
    }


COMMANDS: dict[str, Callable[..., object]] = {"prepare": prepare, "finish": finish, "look": look}
if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
