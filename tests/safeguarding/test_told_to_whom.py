"""Told means told to an authority that can read it: each authority by itself, and named managers only where there are some."""

from datetime import datetime
from pathlib import Path

import pytest

from sooner.access.decide import visible
from sooner.intake.commands.look_again import look_again
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, unit_of_work
from sooner.people.commands.extracts import load_extract
from sooner.pipeline.run import run_pending
from sooner.safeguarding.commands.authority import pass_on, record_sent_by_hand
from sooner.safeguarding.commands.children import choose_authority, reinstate_child, rule_out_child
from sooner.safeguarding.models import SafeguardingReferral
from sooner.safeguarding.queries import home_elsewhere
from tests.factories.access import a_user
from tests.factories.safeguarding import (
    CROYDON,
    HACKNEY,
    HARINGEY,
    a_child,
    a_position_of_trust,
    a_social_worker,
    a_told_child,
    open_duties,
)

pytestmark = pytest.mark.django_db


def a_suspect_who_works_for_haringey(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    path.write_text(
        "staff_ref,full_name,born,home_addr,home_postcode,role,organisation,la_code,works_with_children\n"
        "T1,Obi Okafor,1988-05-06,12 Orchard Road,N8 7AB,Social worker,Haringey Council,E09000014,yes\n",
        encoding="utf-8",
    )
    load_extract(SYSTEM, mapping="staff-positions", path=path)


def test_a_restricted_referral_is_not_told_by_an_inbox_that_no_named_manager_reads(tmp_path: Path) -> None:
    worker = a_social_worker()
    a_suspect_who_works_for_haringey(tmp_path)
    child = a_child()
    row = SafeguardingReferral.objects.get(child=child)
    assert row.restricted
    assert not visible(SafeguardingReferral.objects.filter(pk=row.pk), worker).exists()
    assert row.sent_at is None, "nobody at the authority can see it: nobody was told"
    assert "tell-social-care" in open_duties("child", child.pk)


def test_a_colleague_of_the_suspect_does_not_read_the_referral_to_the_designated_officer(
    tmp_path: Path,
) -> None:
    colleague, manager = a_social_worker(), a_social_worker(named_manager=True)
    a_suspect_who_works_for_haringey(tmp_path)
    a_child()
    row = SafeguardingReferral.objects.get(kind="designated-officer")
    assert visible(SafeguardingReferral.objects.filter(pk=row.pk), manager).exists()
    assert not visible(SafeguardingReferral.objects.filter(pk=row.pk), colleague).exists()


def test_a_child_passed_on_to_an_authority_that_cannot_be_reached_by_machine_is_somebody_s_duty() -> None:
    row, worker = a_told_child()
    made = pass_on(worker, row=row, authority=CROYDON, reason="Moved there.")
    assert made.sent_at is None
    assert "tell-this-authority" in open_duties("safeguarding-referral", made.pk)
    record_sent_by_hand(a_user("duty_inspector"), row=made, to_whom="Duty team", how="020 7946 0001")
    assert "tell-this-authority" not in open_duties("safeguarding-referral", made.pk)


def test_another_authority_that_is_chosen_later_is_told_or_a_duty(noon: datetime) -> None:
    row, _ = a_told_child()
    assert row.child is not None
    choose_authority(
        a_user("duty_inspector"), child=row.child, authority=CROYDON, reason="The school told us."
    )
    run_pending()
    made = SafeguardingReferral.objects.get(authority=CROYDON)
    assert made.sent_at is None
    assert "tell-this-authority" in open_duties("safeguarding-referral", made.pk)


def test_what_an_inbox_has_at_once_leaves_no_duty_to_tell() -> None:
    row, _ = a_told_child()
    assert "tell-this-authority" not in open_duties("safeguarding-referral", row.pk)


def test_a_designated_officer_who_cannot_be_reached_by_machine_is_a_duty_too() -> None:
    row = a_position_of_trust()
    assert "tell-this-authority" in open_duties("safeguarding-referral", row.pk)


def test_nobody_need_be_told_by_hand_of_a_child_that_was_ruled_out() -> None:
    child = a_child()
    row = SafeguardingReferral.objects.get(child=child)
    assert "tell-this-authority" in open_duties("safeguarding-referral", row.pk)
    inspector = a_user("duty_inspector")
    rule_out_child(inspector, child=child, reason="Seen.")
    assert "tell-this-authority" not in open_duties("safeguarding-referral", row.pk)
    reinstate_child(inspector, child=child, reason="A teacher says otherwise.")
    assert "tell-this-authority" in open_duties("safeguarding-referral", row.pk)


@pytest.mark.parametrize(
    "words",
    [
        {"suspect_occupation": "Social worker at Haringey Council"},
        {"works_with_children": "yes", "role_with_children": "Family support, London Borough of Haringey"},
    ],
)
def test_colleagues_at_the_suspects_own_authority_do_not_read_of_it(words: dict[str, str]) -> None:
    a_social_worker()
    manager = a_social_worker(named_manager=True)
    child = a_child(**words)
    rows = SafeguardingReferral.objects.filter(authority=HARINGEY)
    assert rows.filter(child=child).exists()
    assert all(row.restricted for row in rows)
    assert rows.filter(sent_at=None).count() == 0, f"{manager.name} is told at once"


def test_a_teacher_at_a_school_of_the_authority_is_no_colleague_of_its_social_workers() -> None:
    a_social_worker()
    child = a_child(suspect_occupation="Teacher at Haringey Example Primary School")
    assert not SafeguardingReferral.objects.get(child=child, kind="social-care").restricted


def test_the_authority_of_a_childs_own_home_is_told_when_the_home_is_learnt(noon: datetime) -> None:
    first, second = a_social_worker(), a_social_worker(HACKNEY)
    child = a_child(child_address="", child_postcode="", reference="VER-1")
    assert (child.authority, child.authority_how) == (HARINGEY, "suspect-home")
    a_child(child_address="9 Elsewhere Road", child_postcode="E8 1AA", reference="VER-1")
    child.refresh_from_db()
    assert (child.authority, child.authority_how != "suspect-home") == (HACKNEY, True)
    told = SafeguardingReferral.objects.filter(child=child, sent_at__isnull=False)
    assert set(told.values_list("authority", flat=True)) == {HARINGEY, HACKNEY}
    assert Entry.objects.get(event="child.home-learnt").facts["before"] == HARINGEY
    assert home_elsewhere(told.get(authority=HARINGEY)) == HACKNEY
    assert "tell-social-care" not in open_duties("child", child.pk)
    assert first.pk != second.pk


def test_the_designated_officer_told_once_is_not_to_be_told_again_at_every_look(noon: datetime) -> None:
    a_social_worker()
    row = a_position_of_trust()
    assert row.sent_at is not None
    with unit_of_work(SYSTEM) as work:
        look_again(work, [1])
    run_pending()
    assert "tell-designated-officer" not in open_duties("referral", row.referral_id)
