"""Every child around the suspect is found, told about at once, and stays at risk until a named person says otherwise."""

from datetime import date
from pathlib import Path

import pytest

from sooner.duties.models import Duty
from sooner.intake.models import Referral
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract
from sooner.pipeline.run import run_pending
from sooner.safeguarding.models import Child, SafeguardingReferral
from tests.factories.access import a_user
from tests.factories.intake import a_referral

pytestmark = pytest.mark.django_db
CENSUS = (
    "upn,surname,forename,dob,gender,address_1,address_2,postcode,school_name,la_code,"
    "parent1_name,parent1_relationship,parent1_phone,parent1_email\n"
)


def a_census(tmp_path: Path, *rows: str) -> None:
    path = tmp_path / "census.csv"
    path.write_text(CENSUS + "\n".join(rows), encoding="utf-8")
    load_extract(SYSTEM, mapping="school-census", path=path)


def test_a_child_at_the_suspect_s_address_in_the_school_census_is_found(tmp_path: Path) -> None:
    a_census(
        tmp_path, "A1,Mensah,Efua,2017-02-01,F,12 Orchard Rd,,n87ab,Oak Primary,E09000014,Ama Mensah,Mother,,"
    )
    a_referral()
    child = Child.objects.get()
    assert child.person.name == "Efua Mensah"
    assert child.certainty == "sure"
    assert child.ways[0]["way"] == "lives-with"
    assert child.ways[0]["source"] == "School census"


def test_the_suspect_s_own_child_who_lives_elsewhere_is_found_and_that_home_decides_the_authority(
    tmp_path: Path,
) -> None:
    a_census(
        tmp_path,
        "A2,Okafor,Chidi,2015-05-05,M,3 Mill Lane,,CR7 8XX,Hill Academy,E09000008,Obi Okafor,Father,07700 900777,",
    )
    a_referral(suspect_phone="07700 900777")
    child = Child.objects.get()
    assert child.person.name == "Chidi Okafor"
    assert "related" in {way["way"] for way in child.ways}
    assert child.authority == "E09000008"


def test_siblings_in_two_authorities_are_told_about_to_both(tmp_path: Path) -> None:
    a_census(
        tmp_path,
        "A3,Okafor,Ada,2014-01-01,F,12 Orchard Road,,N8 7AB,Oak Primary,E09000014,Obi Okafor,Father,07700 900777,",
        "A4,Okafor,Ben,2016-01-01,M,3 Mill Lane,,CR7 8XX,Hill Academy,E09000008,Obi Okafor,Father,07700 900777,",
    )
    a_user("social_worker", authority="E09000014", username="wh")
    a_user("social_worker", authority="E09000008", username="wc")
    a_referral(suspect_phone="07700 900777")
    told = SafeguardingReferral.objects.filter(sent_at__isnull=False)
    assert {(row.person.name, row.authority) for row in told} == {
        ("Ada Okafor", "E09000014"),
        ("Ben Okafor", "E09000008"),
    }


def test_social_care_is_told_in_the_same_pass_and_the_duty_ends() -> None:
    a_user("social_worker", authority="E09000014")
    a_referral(with_child=True)
    row = SafeguardingReferral.objects.get(kind="social-care")
    assert row.sent_at is not None
    assert row.handling == "do-not-contact-household"
    assert Duty.objects.get(key="tell-social-care").discharged_at is not None


def test_an_authority_that_cannot_be_reached_by_machine_keeps_the_duty_open_until_a_person_has_told_it() -> (
    None
):
    a_referral(with_child=True)
    row = SafeguardingReferral.objects.get(kind="social-care")
    assert row.sent_at is None
    assert row.deliveries.get().channel == "by-hand"
    assert Duty.objects.get(key="tell-social-care").discharged_at is None


def test_a_child_outside_the_force_s_area_is_told_about_too(tmp_path: Path) -> None:
    a_census(
        tmp_path,
        "A5,Okafor,Eve,2015-05-05,F,1 Bay Street,,CF11 8XX,Bay Primary,W06000015,Obi Okafor,Father,07700 900777,",
    )
    a_referral(suspect_phone="07700 900777")
    assert SafeguardingReferral.objects.get().authority == "W06000015"


def test_a_suspect_under_18_is_a_child_at_risk_too() -> None:
    a_referral(suspect_date_of_birth=f"01/01/{date.today().year - 14}")
    child = Child.objects.get()
    assert child.ways[0]["way"] == "is-the-suspect"
    assert SafeguardingReferral.objects.filter(child=child).exists()


def test_no_address_at_all_opens_the_duty_to_find_the_household() -> None:
    a_referral(suspect_address_line_1="", suspect_town="", suspect_postcode="")
    assert Duty.objects.filter(key="find-household", discharged_at__isnull=True).exists()
    assert Duty.objects.filter(key="check-for-children", discharged_at__isnull=True).exists()


@pytest.mark.parametrize("priority", ["", "3", "2", "1", "E"])
def test_no_priority_delays_or_suppresses_the_search(priority: str) -> None:
    a_referral(with_child=True, priority=priority)
    assert Child.objects.count() == 1
    assert SafeguardingReferral.objects.filter(kind="social-care").count() == 1


def test_somebody_who_works_with_children_is_told_about_to_the_designated_officer() -> None:
    a_user("social_worker", authority="E09000014")
    a_referral(
        suspect_occupation="Football coach", works_with_children="yes", role_with_children="Coaches under-11s"
    )
    row = SafeguardingReferral.objects.get(kind="designated-officer")
    assert row.sent_at is not None
    assert Duty.objects.get(key="tell-designated-officer").discharged_at is not None


def test_a_suspect_who_works_for_the_authority_is_told_about_to_its_named_managers_only(
    tmp_path: Path,
) -> None:
    path = tmp_path / "staff.csv"
    path.write_text(
        "staff_ref,full_name,born,home_addr,home_postcode,role,organisation,la_code,works_with_children\n"
        "T1,Obi Okafor,1988-05-06,12 Orchard Road,N8 7AB,Social worker,Haringey Council,E09000014,yes\n",
        encoding="utf-8",
    )
    load_extract(SYSTEM, mapping="staff-positions", path=path)
    a_user("social_worker", authority="E09000014", named_manager=True)
    a_referral(with_child=True)
    row = SafeguardingReferral.objects.get(kind="social-care")
    assert row.restricted
    assert row.handling == "named-managers-only"
    assert row.sent_at is not None, "restricted, and told at once all the same"


def test_an_extract_loaded_later_finds_the_child_of_an_open_referral(tmp_path: Path) -> None:
    a_referral()
    assert not Child.objects.exists()
    a_census(
        tmp_path,
        "A6,Okafor,Femi,2017-02-01,M,12 Orchard Road,,N8 7AB,Oak Primary,E09000014,Obi Okafor,Father,,",
    )
    run_pending()
    assert Child.objects.get().person.name == "Femi Okafor"
    assert Duty.objects.get(key="check-for-children").discharged_at is not None


def test_a_possible_match_yields_a_possible_child_before_a_person(tmp_path: Path) -> None:
    a_census(
        tmp_path,
        "A7,Okafor,Ifeoma,2017-02-01,F,9 Elm Close,,SE15 1AA,Oak Primary,E09000028,Obi Okafor,Father,,",
    )
    path = tmp_path / "police.csv"
    path.write_text(
        "nominal_no,name,date_of_birth,sex,address,postcode,previous_address,previous_postcode,phones,emails,occupation,employer,flags\n"
        "N1,Obi Okafor,06/05/1988,M,9 Elm Close,SE15 1AA,,,,,,,\n"
        "N2,Obi Okafor,06/05/1988,M,70 Hope Street,E8 1AA,,,,,,,\n",
        encoding="utf-8",
    )
    load_extract(SYSTEM, mapping="police-records", path=path)
    a_referral(suspect_address_line_1="", suspect_town="", suspect_postcode="")
    child = Child.objects.get()
    assert (child.person.name, child.certainty, child.state) == ("Ifeoma Okafor", "possible", "at-risk")
    assert Duty.objects.filter(key="confirm-child", subject_id=child.pk, discharged_at__isnull=True).exists()


def test_a_second_report_about_the_same_suspect_finds_the_same_person() -> None:
    first = a_referral(with_child=True)
    second = a_referral(reference="T-2", summary="Another report.")
    assert first.pk != second.pk
    suspects = {r.parties.get(role="suspect").person_id for r in Referral.objects.all()}
    assert len(suspects) == 1


def test_a_child_who_bears_the_suspect_s_own_name_is_found_at_home(tmp_path: Path) -> None:
    a_census(
        tmp_path,
        "A3,Okafor,Obi,2015-05-05,M,12 Orchard Road,,N8 7AB,Oak Primary,E09000014,Ama Okafor,Mother,,",
    )
    referral = a_referral()
    child = Child.objects.get()
    assert (child.person.dob, child.certainty) == (date(2015, 5, 5), "sure")
    suspect = referral.parties.get(role="suspect", current=True)
    assert suspect.person_id != child.person_id, "father and son are two"


def test_a_son_named_in_the_census_beside_a_father_of_his_name_is_not_the_father(tmp_path: Path) -> None:
    a_census(
        tmp_path,
        "A3,Okafor,Obi,2015-05-05,M,12 Orchard Road,,N8 7AB,Oak Primary,E09000014,Obi Okafor,Father,,",
    )
    referral = a_referral(suspect_date_of_birth="")
    suspect = referral.parties.get(role="suspect", current=True)
    child = Child.objects.get(person__dob=date(2015, 5, 5))
    assert suspect.person_id != child.person_id
    assert "related" in {way["way"] for way in child.ways}


def test_a_child_is_found_at_an_address_that_the_report_gives_without_a_postcode(tmp_path: Path) -> None:
    a_census(
        tmp_path,
        "A4,Mensah,Efua,2017-02-01,F,12 Orchard Road,,N8 7AB,Oak Primary,E09000014,Ama Mensah,Mother,,",
    )
    a_referral(suspect_postcode="", suspect_town="")
    assert Child.objects.get().person.name == "Efua Mensah"


def test_a_baby_whom_the_clinic_alone_knows_is_found_where_the_suspect_s_child_lives(tmp_path: Path) -> None:
    census = tmp_path / "census.csv"
    census.write_text(
        "upn,surname,forename,dob,gender,address_1,postcode,parent2_name,parent2_relationship,parent2_phone\n"
        "A5,Okafor,Chidi,2015-05-05,M,3 Mill Lane,CR7 8XX,Obi Okafor,Father,07700 900777\n",
        encoding="utf-8",
    )
    load_extract(SYSTEM, mapping="school-census", path=census)
    path = tmp_path / "clinic.csv"
    path.write_text(
        "nhs,family_name,given_name,born,gender,addr,pcode,mother_name\n"
        "9990000001,Bello,Ada,2026-01-05,F,3 Mill Lane,CR7 8XX,Ngozi Bello\n",
        encoding="utf-8",
    )
    load_extract(SYSTEM, mapping="child-health", path=path)
    a_referral(suspect_phone="07700 900777")
    found = {child.person.name: {way["way"] for way in child.ways} for child in Child.objects.all()}
    assert found["Ada Bello"] == {"lives-with-their-child"}
    assert "related" in found["Chidi Okafor"]
