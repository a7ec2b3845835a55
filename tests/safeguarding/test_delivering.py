"""A message to an authority's machine arrives at least once, whatever its machine does, and is recorded once."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.db import connection, connections

from sooner.engines.formats.social_care import message, signature
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, unit_of_work
from sooner.safeguarding import keys
from sooner.safeguarding.commands import deliver
from sooner.safeguarding.commands.deliver import deliver_due, release_claims_of_the_dead
from sooner.safeguarding.models import Delivery, Endpoint, SafeguardingReferral
from tests.factories.authority_machine import HANG, LOSE_THE_ANSWER, AuthorityMachine, an_authority_machine
from tests.factories.safeguarding import (
    CROYDON,
    HARINGEY,
    a_child,
    a_machine,
    a_position_of_trust,
    a_social_worker,
    open_duties,
    times_recorded,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.fixture
def machine() -> Iterator[AuthorityMachine]:
    with an_authority_machine() as made:
        a_machine(made.url)
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product waits ten seconds for an answer; a test need not."""
    monkeypatch.setattr(deliver, "TIMEOUT", httpx.Timeout(0.3))


def told() -> SafeguardingReferral:
    return SafeguardingReferral.objects.get(kind="social-care")


def after(minutes: float) -> int:
    """Deliver what is due `minutes` after noon."""
    with clock.standing_at(NOON + timedelta(minutes=minutes)):
        return deliver_due()


def test_the_signed_message_arrives_and_then_social_care_is_told(
    machine: AuthorityMachine, noon: datetime
) -> None:
    child = a_child()
    assert told().sent_at is None
    assert "tell-social-care" in open_duties("child", child.pk)
    assert deliver_due() == 1
    row, letter = told(), machine.arrived[0]
    assert (letter.key, letter.content_type) == (row.idempotency_key, "application/fhir+json")
    assert signature.verify(
        letter.body, letter.signature, keys={keys.key_id(): keys.message_key().public_key()}
    )
    said = message.decode(letter.body).child
    assert said is not None
    assert said.name == "Amara Okafor"
    assert row.sent_at == noon
    assert row.deliveries.get().receipt == "LA-1"
    assert "tell-social-care" not in open_duties("child", child.pk)
    assert {"acknowledge-referral", "decide-referral"} <= open_duties("safeguarding-referral", row.pk)


def test_a_machine_that_fails_hangs_and_loses_its_answer_gets_it_in_the_end_and_it_is_recorded_once(
    impatient: None, noon: datetime
) -> None:
    with an_authority_machine(503, 429, HANG, LOSE_THE_ANSWER, 500, 302, 404) as machine:
        a_machine(machine.url)
        a_child()
        for round_ in range(60):
            after(round_ * 16)
        assert len(machine.arrived) == 8
        assert set(machine.keys) == {told().idempotency_key}, "the authority can tell that it is the same one"
        assert {letter.body for letter in machine.arrived} == {told().payload.encode()}
    delivery = told().deliveries.get()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("delivered", 8, "")
    assert times_recorded("safeguarding-referral.delivered") == 1
    assert times_recorded("safeguarding-referral.sent") == 1
    assert times_recorded("safeguarding-referral.delivery-failed") == 1


def test_the_first_failure_is_somebody_s_duty_within_the_hour_and_delivery_ends_it(noon: datetime) -> None:
    with an_authority_machine(500) as machine:
        a_machine(machine.url)
        child = a_child()
        deliver_due()
        assert "mend-delivery" in open_duties("safeguarding-referral", told().pk)
        assert "tell-social-care" in open_duties("child", child.pk), "not told yet, and nothing says so"
        assert told().deliveries.get().last_error == "The authority's system answered 500."
        after(1)
        assert "mend-delivery" not in open_duties("safeguarding-referral", told().pk)


def test_a_machine_that_stays_down_is_put_on_the_record_once_a_day(noon: datetime) -> None:
    a_machine("http://127.0.0.1:9/referrals")
    a_child()
    for hour in range(0, 73, 3):
        after(hour * 60)
    assert told().deliveries.get().attempts == 25
    assert times_recorded("safeguarding-referral.delivery-failed") == 4


def test_waiting_grows_from_seconds_to_a_quarter_of_an_hour(noon: datetime) -> None:
    a_machine("http://127.0.0.1:9/referrals")
    a_child()
    waits = []
    with clock.standing_at(noon):
        for _ in range(14):
            Delivery.objects.update(next_attempt_at=noon)
            deliver_due()
            waits.append(told().deliveries.get().next_attempt_at - noon)  # type: ignore[operator]
    assert timedelta(seconds=1) <= waits[0] <= timedelta(seconds=2)
    assert timedelta(minutes=7.5) <= waits[-1] <= timedelta(minutes=15)


def test_a_crash_after_the_answer_only_means_that_it_is_sent_again(
    machine: AuthorityMachine, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_child()
    with monkeypatch.context() as crash:
        crash.setattr(deliver, "_delivered", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver_due()
    assert told().deliveries.get().state == "waiting"
    assert after(1) == 0, "it is still held for whoever was sending it"
    assert after(3) == 1
    assert machine.keys == [told().idempotency_key] * 2
    assert times_recorded("safeguarding-referral.delivered") == 1


def test_what_a_worker_is_sending_no_other_worker_sends(machine: AuthorityMachine, noon: datetime) -> None:
    a_child()
    assert deliver._claim(skipping=()) is not None
    assert deliver_due() == 0
    assert machine.arrived == []


def a_dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_what_a_killed_worker_was_sending_is_sent_at_once_by_the_next_that_starts_here(
    machine: AuthorityMachine, noon: datetime
) -> None:
    a_child()
    assert deliver._claim(skipping=()) is not None
    Delivery.objects.update(claimed_by=f"{socket.gethostname()}:{a_dead_process()}")
    assert release_claims_of_the_dead() == 1
    assert deliver_due() == 1
    assert machine.keys == [told().idempotency_key]
    assert Delivery.objects.get().claimed_by == ""


def test_a_predecessor_under_the_same_number_is_gone(machine: AuthorityMachine, noon: datetime) -> None:
    a_child()
    assert deliver._claim(skipping=()) is not None
    assert release_claims_of_the_dead() == 1


@pytest.mark.parametrize("owner", [f"{socket.gethostname()}:{os.getppid()}", "another-host:1"])
def test_what_a_living_worker_or_another_host_s_is_sending_stays_its_own(
    machine: AuthorityMachine, noon: datetime, owner: str
) -> None:
    a_child()
    assert deliver._claim(skipping=()) is not None
    Delivery.objects.update(claimed_by=owner)
    assert release_claims_of_the_dead() == 0
    assert deliver_due() == 0


def test_one_address_that_cannot_be_used_keeps_no_other_authority_waiting(
    machine: AuthorityMachine, noon: datetime
) -> None:
    a_machine("https://example.org/", CROYDON)
    Endpoint.objects.filter(authority=CROYDON).update(url="http://example.org:port/")
    a_child(reference="T-8", child_postcode="CR7 8XX", child_address="3 Mill Lane")
    with clock.standing_at(noon + timedelta(seconds=1)):
        a_child(reference="T-9", suspect_name="Alan Marsden", child_name="Bo Marsden")
        deliver_due()
    assert len(machine.arrived) == 1
    broken = Delivery.objects.get(safeguarding_referral__authority=CROYDON)
    assert "address" in broken.last_error


def test_a_machine_that_is_down_is_asked_once_in_a_round_not_once_for_each_child(
    impatient: None, noon: datetime
) -> None:
    with an_authority_machine(*[503] * 20) as down, an_authority_machine() as up:
        a_machine(down.url)
        a_machine(up.url, CROYDON)
        for number in range(5):
            a_child(reference=f"T-{number}", child_name=f"Child{number} Okafor")
        with clock.standing_at(noon + timedelta(seconds=1)):
            a_child(
                reference="T-9", child_name="Bo Okafor", child_postcode="CR7 8XX", child_address="3 Mill Lane"
            )  # fmt: skip
            deliver_due()
        assert len(down.arrived) == 1
        assert len(up.arrived) == 1


def test_a_new_referral_is_tried_at_once_even_while_older_ones_wait_for_a_machine_that_was_down(
    noon: datetime,
) -> None:
    with an_authority_machine(503) as machine:
        a_machine(machine.url)
        a_child()
        deliver_due()
        a_child(reference="T-2", child_name="Bo Okafor")
        deliver_due()
        newest = SafeguardingReferral.objects.latest("pk")
        assert machine.keys[-1] == newest.idempotency_key
        assert newest.sent_at is not None


def test_a_round_of_deliveries_is_bounded_in_time(noon: datetime) -> None:
    with an_authority_machine() as machine:
        machine.delay = 0.2
        a_machine(machine.url)
        for number in range(4):
            a_child(reference=f"T-{number}", child_name=f"Child{number} Okafor")
        done = deliver_due(seconds=0.3)
        assert 1 <= done < 4, "four take 0.8 seconds"
        assert deliver_due() == 4 - done


def test_a_position_of_trust_travels_by_message_too(machine: AuthorityMachine, noon: datetime) -> None:
    row = a_position_of_trust()
    assert row.sent_at is None
    deliver_due()
    row.refresh_from_db()
    assert row.sent_at == noon
    assert message.decode(machine.arrived[0].body).designated_officer
    assert "tell-designated-officer" not in open_duties("referral", row.referral_id)
    assert "acknowledge-designated-officer" in open_duties("safeguarding-referral", row.pk)


def test_a_position_of_trust_whose_message_fails_is_somebody_s_duty(noon: datetime) -> None:
    a_machine("http://127.0.0.1:9/referrals")
    row = a_position_of_trust()
    deliver_due()
    assert "mend-delivery" in open_duties("safeguarding-referral", row.pk)


def test_an_authority_with_both_has_it_in_its_inbox_at_once_and_by_message(
    machine: AuthorityMachine, noon: datetime
) -> None:
    a_social_worker()
    a_child()
    assert told().sent_at == noon
    after(1)
    assert len(machine.arrived) == 1
    assert times_recorded("safeguarding-referral.sent") == 1
    assert told().sent_at == noon


def test_an_authority_without_an_address_any_more_is_said_to_have_none(
    machine: AuthorityMachine, noon: datetime
) -> None:
    a_child()
    Endpoint.objects.update(active=False)
    deliver_due()
    assert told().deliveries.get().last_error == "The authority has no machine address any more."
    assert machine.arrived == []


def test_an_address_without_encryption_is_refused() -> None:
    from sooner.errors import Refused

    with pytest.raises(Refused, match="https"):
        a_machine("http://social-care.example.org/referrals")


def test_two_authorities_cannot_sign_under_one_name() -> None:
    from sooner.errors import Refused

    a_machine("https://one.example.org/", HARINGEY, key_id="answers")
    with pytest.raises(Refused, match="another authority"):
        a_machine("https://two.example.org/", CROYDON, key_id="answers")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_message_once() -> None:
    with an_authority_machine() as machine:
        machine.delay = 0.05
        a_machine(machine.url)
        for number in range(6):
            a_child(reference=f"T-{number}", child_name=f"Child{number} Okafor")
        assert sum(_at_once()) == 6
        assert sorted(machine.keys) == sorted(
            SafeguardingReferral.objects.values_list("idempotency_key", flat=True)
        )


def _at_once() -> list[int]:
    """Side by side where the tests' database allows it; SQLite's is in memory and belongs to one thread."""
    if connection.vendor == "sqlite":
        return [deliver_due(), deliver_due()]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda _: _deliver_in_thread(), range(2)))


def _deliver_in_thread() -> int:
    try:
        return deliver_due()
    finally:
        connections.close_all()


def test_a_delivery_told_twice_of_its_end_is_recorded_once(machine: AuthorityMachine, noon: datetime) -> None:
    a_child()
    deliver_due()
    with unit_of_work(SYSTEM):
        deliver._delivered(Delivery.objects.get().pk, receipt="LA-2")
        deliver._failed(Delivery.objects.get().pk, "A late answer.")
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.receipt, delivery.attempts) == ("delivered", "LA-1", 1)
    assert times_recorded("safeguarding-referral.delivered") == 1
