"""An authority is told the facts that police hold and it needs, each in its own field; nothing that nobody said."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from sooner.access.decide import visible
from sooner.engines.formats.social_care import message
from sooner.engines.formats.social_care.model import SocialCareReferral
from sooner.intake.models import Referral
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract
from sooner.people.models import Person, Record, Relationship, Residence
from sooner.pipeline.run import run_pending
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands.children import choose_authority
from sooner.safeguarding.commands.protection import Taken, take_into_protection
from sooner.safeguarding.models import Child, SafeguardingReferral
from tests.factories.access import a_user, signed_in
from tests.factories.safeguarding import (
    CROYDON,
    HARINGEY,
    a_child,
    a_plan,
    a_position_of_trust,
    a_social_worker,
    open_duties,
)

pytestmark = pytest.mark.django_db


def told(authority: str = HARINGEY, kind: str = "social-care") -> SocialCareReferral:
    """What the authority was told, read back from the message that was signed."""
    return message.decode(SafeguardingReferral.objects.get(authority=authority, kind=kind).payload)


def croydon_is_told_too(child: Child) -> SocialCareReferral:
    """Another authority is told of the child later, when more is known."""
    choose_authority(a_user("duty_inspector"), child=child, authority=CROYDON, reason="The school told us.")
    run_pending()
    return told(CROYDON)


def loaded(tmp_path: Path, mapping: str, text: str) -> None:
    path = tmp_path / f"{mapping}.csv"
    path.write_text(text, encoding="utf-8")
    load_extract(SYSTEM, mapping=mapping, path=path)


def the_suspect_works_for_haringey(tmp_path: Path) -> None:
    loaded(
        tmp_path,
        "staff-positions",
        "staff_ref,full_name,born,home_addr,home_postcode,role,organisation,la_code,works_with_children\n"
        "T1,Obi Okafor,1988-05-06,12 Orchard Road,N8 7AB,Social worker,Haringey Council,E09000014,yes\n",
    )


def test_a_restricted_referral_names_the_managers_who_may_know_and_goes_to_them_at_once(
    tmp_path: Path,
) -> None:
    manager = a_social_worker(named_manager=True, name="Mary Manager")
    a_social_worker(named_manager=True, name="Anna Manager")
    a_social_worker(named_manager=True, name="Carl Manager", authority=CROYDON)
    colleague = a_social_worker(name="Wendy Worker")
    the_suspect_works_for_haringey(tmp_path)
    child = a_child()
    for kind in ("social-care", "designated-officer"):
        assert told(kind=kind).managers == ("Anna Manager", "Mary Manager"), kind
    row = SafeguardingReferral.objects.get(child=child)
    assert row.sent_at is not None
    assert "tell-social-care" not in open_duties("child", child.pk)
    assert visible(SafeguardingReferral.objects.all(), manager).count() == 2
    assert not visible(SafeguardingReferral.objects.all(), colleague).exists()
    page = signed_in(manager).get(f"/inbox/{row.pk}/").content.decode()
    assert "Anna Manager, Mary Manager, and nobody else" in page


def test_a_referral_for_the_whole_inbox_names_no_managers() -> None:
    a_social_worker(named_manager=True, name="Mary Manager")
    a_child()
    assert told().managers == ()


def test_what_social_care_and_health_know_is_told_with_its_source_and_date(tmp_path: Path) -> None:
    loaded(
        tmp_path,
        "social-care",
        "case_id,child_forename,child_surname,birth_date,sex,addr1,post_code,la,plan,worker\n"
        "S1,Amara,Okafor,2018-03-04,F,12 Orchard Road,N8 7AB,E09000014,Child protection plan,Wilma Example\n",
    )
    loaded(
        tmp_path,
        "child-health",
        "nhs,given_name,family_name,born,gender,addr,pcode,gp_practice,mother_name\n"
        "9434765919,Amara,Okafor,2018-03-04,F,12 Orchard Road,N8 7AB,Example Surgery,\n",
    )
    a_child()
    (known,) = told().other_agencies
    today = f"{clock.now():%-d %B %Y}"
    assert known.endswith(
        f"as of {today}: legal status: Child protection plan, allocated worker: Wilma Example."
    )
    assert known.startswith(get_policy().extracts["social-care"].title)
    child = told().child
    assert child is not None
    assert (child.legal_status, child.gp) == ("Child protection plan", "Example Surgery")


def test_why_parents_were_not_told_and_consent_was_not_asked_is_the_handling_instruction_s() -> None:
    a_child()
    handling = get_policy().handling[told().handling]
    assert (told().parents_told, told().parents_told_why_not) == (False, handling.parents_not_told)
    assert (told().consent_given, told().consent_why_not) == (False, handling.consent_not_asked)
    a_position_of_trust(reference="T-2")
    assert told(kind="designated-officer").consent_why_not == handling.consent_not_asked


def test_the_kind_of_harm_is_told_where_the_report_names_it_and_left_out_elsewhere() -> None:
    child = a_child()
    assert told().concern.harm == ""
    Referral.objects.update(incident_type="Online Enticement of Children for Sexual Acts")
    assert croydon_is_told_too(child).concern.harm == "online-grooming"
    row = SafeguardingReferral.objects.get(authority=CROYDON)
    page = signed_in(a_user("referral_officer")).get(f"/social-care/{row.pk}/").content.decode()
    assert "Online grooming of a child" in page


def test_an_authority_told_later_hears_what_was_done_and_agreed_meanwhile(noon: datetime) -> None:
    child, inspector = a_child(), a_user("duty_inspector")
    assert (told().actions_taken, told().not_later_than) == ((), None)
    take_into_protection(inspector, child=child, taken=Taken(noon, "Likely harm.", "Hospital"))
    plan = a_plan(inspector, child)
    said = croydon_is_told_too(child)
    (done,) = said.actions_taken
    assert done.startswith("Taken into police protection 3 June 2026, 13:00, until 6 June 2026, 13:00")
    assert said.not_later_than == plan.not_later_than


def test_an_authority_is_told_how_the_other_children_of_the_household_are_related() -> None:
    child = a_child()
    home = Residence.objects.filter(person=child.person, kind="home").latest("pk")
    brother = Person.objects.create(name="Chidi Okafor", dob=date(2015, 1, 2), created_at=clock.now())
    row = Record.objects.create(person=brother, source=home.source, external_id="b", as_of=clock.now())
    Residence.objects.create(
        person=brother,
        record=row,
        address=home.address,
        source=home.source,
        as_of=clock.now() - timedelta(days=1),
    )
    Relationship.objects.create(
        person=brother,
        record=row,
        other=child.person,
        other_record=home.record,
        kind="sibling",
        source=home.source,
        as_of=clock.now(),
    )
    (other,) = croydon_is_told_too(child).children
    assert (other.name, other.relationship) == ("Chidi Okafor", "sibling")
