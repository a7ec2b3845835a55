"""The batch: records of all partners joined to persons, numbers that stay, and people's decisions that outlast every run."""

import json
from pathlib import Path
from typing import Any

import pytest

from sooner.errors import Refused
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract
from sooner.people.commands.link import decide_link, split
from sooner.people.commands.run_linkage import run_linkage
from sooner.people.models import Doubt, LinkageRun, Person, Prepared, Record, Relationship, Residence
from tests.factories.access import a_user

pytestmark = pytest.mark.django_db
HEALTH = "nhs,family_name,given_name,born,gender,addr,pcode,mother_name,gp_practice\n"
CENSUS = (
    "upn,surname,forename,middle_names,dob,gender,address_1,address_2,postcode,school_name,urn,la_code,"
    "parent1_name,parent1_relationship,parent1_phone,parent1_email,"
    "parent2_name,parent2_relationship,parent2_phone,parent2_email\n"
)
AMARA_AT_THE_CLINIC = (
    "9990000001,Okafor,Amara,2018-03-04,F,12 Orchard Road,N8 7AB,Grace Okafor,Example Surgery\n"
)
AMARA_AT_SCHOOL = (
    "X1,Okafro,Amara,,2018-03-04,F,12 Orchard Road,,N8 7AB,Oakfield,1,E09000014,Grace Okafor,Mother"
    + "," * 6
    + "\n"
)


def clinic(tmp_path: Path, *rows: str) -> None:
    _load(tmp_path, "child-health", HEALTH, rows)


def school(tmp_path: Path, *rows: str) -> None:
    _load(tmp_path, "school-census", CENSUS, rows)


def _load(tmp_path: Path, key: str, header: str, rows: tuple[str, ...]) -> None:
    path = tmp_path / f"{key}.csv"
    path.write_text(header + "".join(rows), encoding="utf-8")
    load_extract(SYSTEM, mapping=key, path=path)


def facts(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.body)["facts"]
    return found


def persons_of(given: str) -> set[int]:
    return set(Record.objects.filter(given_names=given).values_list("person_id", flat=True))


def test_a_child_whose_name_a_school_misspells_is_one_person_after_a_run(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    school(tmp_path, AMARA_AT_SCHOOL)
    first = min(persons_of("Amara"))
    assert len(persons_of("Amara")) == 2
    run = run_linkage(SYSTEM)
    assert persons_of("Amara") == {first}
    assert (run.records, run.incremental, run.finished_at is not None) == (4, False, True)


def test_facts_go_with_their_record_and_the_old_number_leads_to_the_new(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    school(tmp_path, AMARA_AT_SCHOOL)
    left = max(persons_of("Amara"))
    run_linkage(SYSTEM)
    (kept,) = persons_of("Amara")
    assert Person.objects.get(pk=left).joined_into_id == kept
    assert not Residence.objects.filter(person=left).exists()
    assert set(Relationship.objects.values_list("other", flat=True)) == {kept}
    said = facts(Entry.objects.get(event="person.joined", subject_id=left))
    assert (said["into"], said["reason"]) == (kept, "linkage")


def test_the_mother_whom_both_name_is_one_person(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    school(tmp_path, AMARA_AT_SCHOOL)
    run_linkage(SYSTEM)
    assert len(persons_of("Grace")) == 1
    assert persons_of("Grace").isdisjoint(persons_of("Amara"))


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    school(tmp_path, AMARA_AT_SCHOOL)
    run_linkage(SYSTEM)
    held = dict(Record.objects.values_list("pk", "person_id"))
    again = run_linkage(SYSTEM, everything=True)
    assert (again.joined, again.parted) == (0, 0)
    assert held == dict(Record.objects.values_list("pk", "person_id"))
    assert Entry.objects.filter(event="linkage.run").count() == 2


def test_a_run_after_an_update_weighs_only_what_changed_and_comes_to_the_same(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC, "9990000002,Bloom,Leah,2016-01-02,F,3 Mill Lane,E8 1AA,,\n")
    assert not run_linkage(SYSTEM).incremental
    school(tmp_path, AMARA_AT_SCHOOL)
    run = run_linkage(SYSTEM)
    assert (run.incremental, run.records) == (True, 2), "the pupil and the mother"
    held = dict(Record.objects.values_list("pk", "person_id"))
    run_linkage(SYSTEM, everything=True)
    assert held == dict(Record.objects.values_list("pk", "person_id"))
    assert not Prepared.objects.filter(run=None).exists()


def test_twins_are_never_joined_and_nobody_is_asked_about_two_whom_one_source_lists(tmp_path: Path) -> None:
    clinic(
        tmp_path,
        "9990000003,Okafor,Ada,2018-03-04,F,12 Orchard Road,N8 7AB,Grace Okafor,\n",
        "9990000004,Okafor,Ida,2018-03-04,F,12 Orchard Road,N8 7AB,Grace Okafor,\n",
    )
    run_linkage(SYSTEM)
    assert persons_of("Ada").isdisjoint(persons_of("Ida"))
    assert not Doubt.objects.exists()


def test_two_who_may_be_one_wait_for_a_person(tmp_path: Path) -> None:
    clinic(tmp_path, "9990000005,Smith,Emily,2018-03-04,F,12 Orchard Road,N8 7AB,,\n")
    school(tmp_path, "X2,Smith,Emily,,2018-03-04,F,70 Hope Street,,E8 1AA,Oakfield,1,E09000012,,,,,,,,\n")
    run = run_linkage(SYSTEM)
    (doubt,) = Doubt.objects.all()
    assert (doubt.record.given_names, doubt.other.given_names, run.doubtful) == ("Emily", "Emily", 1)
    assert len(persons_of("Emily")) == 2


def test_what_a_person_parted_no_run_joins_again(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    school(tmp_path, AMARA_AT_SCHOOL)
    run_linkage(SYSTEM)
    (number,) = persons_of("Amara")
    record = Record.objects.get(source__key="extract:school-census", given_names="Amara")
    made = split(
        a_user("supervisor"), person=Person.objects.get(pk=number), records=[record.pk], reason="A cousin."
    )
    assert persons_of("Amara") == {number, made}
    run_linkage(SYSTEM, everything=True)
    assert persons_of("Amara") == {number, made}
    assert facts(Entry.objects.get(event="link.rejected", subject_id=number))["reason"] == "A cousin."


def test_what_a_person_joined_no_run_parts(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    school(tmp_path, "X9,Adeyemi,Amy,,2011-01-01,F,1 Far Road,,CR0 1AA,Oakfield,1,E09000008,,,,,,,,\n")
    run_linkage(SYSTEM)
    (one,), (other,) = persons_of("Amara"), persons_of("Amy")
    decide_link(
        a_user("supervisor"),
        person=Person.objects.get(pk=one),
        other=Person.objects.get(pk=other),
        same=True,
        reason="Adopted; I saw the order.",
    )
    assert persons_of("Amy") == {one}
    run_linkage(SYSTEM, everything=True)
    assert persons_of("Amy") == persons_of("Amara") == {one}


def test_a_person_is_not_parted_from_everything_they_are(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    person = Person.objects.get(name="Amara Okafor")
    records = list(person.records.values_list("pk", flat=True))
    with pytest.raises(Refused, match="not all"):
        split(a_user("supervisor"), person=person, records=records, reason="Wrong.")
    with pytest.raises(Refused, match="reason"):
        split(a_user("supervisor"), person=person, records=[], reason=" ")


def test_records_held_from_before_there_was_a_model_are_linked_too(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    school(tmp_path, AMARA_AT_SCHOOL)
    before = dict(Prepared.objects.values_list("record_id", "values"))
    Prepared.objects.all().delete()
    run_linkage(SYSTEM)
    assert len(persons_of("Amara")) == 1
    assert dict(Prepared.objects.values_list("record_id", "values")) == before


def test_a_run_says_by_which_model_it_weighed(tmp_path: Path) -> None:
    clinic(tmp_path, AMARA_AT_THE_CLINIC)
    run_linkage(SYSTEM)
    assert "invented British population" in LinkageRun.objects.get().model
