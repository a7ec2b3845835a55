"""The main job's steps: each once, taken up after a failure, a poisoned record apart from the rest, and before a person."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sooner.duties.models import Duty
from sooner.intake.models import Referral
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import UnitOfWork
from sooner.pipeline import run
from sooner.pipeline.models import Task
from sooner.pipeline.wiring import STEPS, WIRES
from sooner.policy.loader import get_policy
from tests.factories.intake import a_document, a_row, received

pytestmark = pytest.mark.django_db


def test_every_wire_names_an_event_and_a_step_that_exist() -> None:
    assert {wire.event for wire in WIRES} <= set(get_policy().events)
    assert {wire.step for wire in WIRES} <= {step.key for step in STEPS}


def test_telling_social_care_comes_before_what_serves_the_investigation() -> None:
    order = [step.key for step in STEPS]
    assert order.index("refer") < order.index("open")


@pytest.fixture
def a_poisoned_step(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Identifying fails for the referrals whose senders' numbers are in the list."""
    poisoned: list[str] = []
    rank, step = run._by_key["identify"]

    def identify(work: UnitOfWork, ids: Sequence[int]) -> None:
        if Referral.objects.filter(pk__in=ids, number__in=poisoned).exists():
            raise RuntimeError("a fault")
        step.run(work, ids)

    changed: Any = replace(step, run=identify)
    monkeypatch.setitem(run._by_key, "identify", (rank, changed))
    return poisoned


def test_one_poisoned_referral_does_not_hold_up_the_others(a_poisoned_step: list[str]) -> None:
    a_poisoned_step.append("T-2")
    received(a_document(a_row(reference="T-1"), a_row(reference="T-2"), a_row(reference="T-3")))
    done = Entry.objects.filter(event="children.searched").values_list("subject_id", flat=True)
    assert set(Referral.objects.filter(pk__in=done).values_list("number", flat=True)) == {"T-1", "T-3"}
    task = Task.objects.get()
    assert (task.step, task.attempts) == ("identify", 1)
    assert "a fault" in task.error


def test_a_step_that_keeps_failing_is_a_duty_before_a_person_and_ends_when_it_recovers(
    a_poisoned_step: list[str],
) -> None:
    a_poisoned_step.append("T-1")
    received(a_document())
    later = clock.now()
    for _ in range(3):
        later += timedelta(hours=2)
        with clock.standing_at(later):
            run.run_pending()
    duty = Duty.objects.get(key="step-failed")
    assert duty.discharged_at is None
    a_poisoned_step.clear()
    with clock.standing_at(later + timedelta(hours=2)):
        run.run_pending()
    duty.refresh_from_db()
    assert duty.discharged_at is not None
    assert not Task.objects.exists()


def test_running_the_job_again_changes_nothing() -> None:
    received(a_document(a_row(child_name="Amara Okafor", child_date_of_birth="04/03/2018")))
    entries = Entry.objects.count()
    assert run.run_pending() == 0
    assert Entry.objects.count() == entries
