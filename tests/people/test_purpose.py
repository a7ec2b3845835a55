"""Use beyond the purpose is refused: data given for something else finds no child, joins nobody and is never shown, and each
look says how many records it left aside. Where everything may be used, the rule costs no query."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sooner.errors import Refused
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract
from sooner.people.commands.link import decide_link
from sooner.people.commands.run_linkage import run_linkage
from sooner.people.models import Doubt, Person, Record, Residence
from sooner.people.purpose import FINDING_CHILDREN, SUBJECT_ACCESS, permitted
from sooner.people.queries import known_of
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child
from tests.factories.access import a_user
from tests.factories.intake import a_referral
from tests.factories.policy import census_for_statistics, extract_row, extract_with, packaged, policy_of

pytestmark = pytest.mark.django_db
CENSUS = (
    "upn,surname,forename,dob,gender,address_1,address_2,postcode,school_name,la_code,"
    "parent1_name,parent1_relationship,parent1_phone,parent1_email\n"
)
EFUA = (
    "A1,Mensah,Efua,2017-02-01,F,12 Orchard Rd,,n87ab,Oak Primary,E09000014,Obi Okafor,Father,07700 900777,\n"
)
HEALTH = "nhs,family_name,given_name,born,gender,addr,pcode,mother_name,gp_practice\n"
EFUA_AT_THE_CLINIC = "9990000001,Mensah,Efua,2017-02-01,F,12 Orchard Road,N8 7AB,,Example Surgery\n"


def school(tmp_path: Path, *rows: str) -> None:
    _load(tmp_path, "school-census", CENSUS, rows)


def clinic(tmp_path: Path, *rows: str) -> None:
    _load(tmp_path, "child-health", HEALTH, rows)


def _load(tmp_path: Path, key: str, header: str, rows: tuple[str, ...]) -> None:
    path = tmp_path / f"{key}.csv"
    path.write_text(header + "".join(rows), encoding="utf-8")
    load_extract(SYSTEM, mapping=key, path=path)


def last(event: str) -> dict[str, Any]:
    """The facts of the newest such entry."""
    found: dict[str, Any] = Entry.objects.filter(event=event).latest("pk").facts
    return found


def test_data_given_for_finding_children_finds_the_child(tmp_path: Path) -> None:
    """What the next test takes away is there without it."""
    school(tmp_path, EFUA)
    a_referral(suspect_phone="07700 900777")
    assert {child.person.name for child in Child.objects.all()} == {"Efua Mensah"}


def test_data_given_for_another_purpose_yields_no_child_and_the_run_says_how_many_it_left_aside(
    tmp_path: Path,
) -> None:
    with policy_of(**census_for_statistics()):
        school(tmp_path, EFUA)
        a_referral(suspect_phone="07700 900777")
    assert not Child.objects.exists()
    assert last("referral.resolved")["left_aside"] == 1, "the father who may be the suspect"
    assert last("children.searched")["left_aside"] == 2, "the pupil and the parent"
    suspect = last("referral.resolved")["suspects"]
    assert not Record.objects.filter(person__in=suspect, source__kind="extract").exists()


def test_a_purpose_that_is_taken_away_later_is_respected_at_once(tmp_path: Path) -> None:
    school(tmp_path, EFUA)
    with policy_of(**census_for_statistics()):
        a_referral(suspect_phone="07700 900777")
        assert not Child.objects.exists()
        pupil = Person.objects.get(name="Efua Mensah")
        known = known_of(pupil)
        assert not any((known.records, known.residences, known.relations, known.contacts))


def test_a_batch_leaves_aside_what_it_may_not_use_and_says_how_many(tmp_path: Path) -> None:
    clinic(tmp_path, EFUA_AT_THE_CLINIC)
    with policy_of(**census_for_statistics()):
        school(tmp_path, EFUA)
        assert Person.objects.filter(name="Efua Mensah").count() == 2, "no loading joins across purposes"
        run = run_linkage(SYSTEM, everything=True)
        assert (run.records, run.left_aside, run.joined) == (1, 2, 0)
        assert last("linkage.run")["left_aside"] == 2
        assert not Doubt.objects.exists()
    later = run_linkage(SYSTEM)
    assert (later.left_aside, later.joined) == (0, 1), "once it may be used, an incremental run takes it in"


def test_asking_for_such_records_by_number_is_refused(tmp_path: Path) -> None:
    clinic(tmp_path, EFUA_AT_THE_CLINIC)
    with policy_of(**census_for_statistics()):
        school(tmp_path, EFUA)
        one, other = Person.objects.filter(name="Efua Mensah").order_by("pk")
        with pytest.raises(Refused, match="'School census' may not be used for finding children at risk"):
            decide_link(a_user("supervisor"), person=one, other=other, same=True, reason="The same child.")
        with pytest.raises(Refused, match="ISA-2025-01"):
            permitted(FINDING_CHILDREN).demand("extract:school-census")
        permitted("statistics").demand("extract:school-census")


def test_what_may_not_be_used_adds_nothing_to_what_is_best_known_of_a_person(tmp_path: Path) -> None:
    clinic(tmp_path, EFUA_AT_THE_CLINIC)
    held = list(Person.objects.values_list("name", "dob"))
    with policy_of(**census_for_statistics()):
        school(tmp_path, EFUA)
        run_linkage(SYSTEM)
    assert (
        list(Person.objects.filter(records__source__key="extract:child-health").values_list("name", "dob"))
        == held
    )


def test_when_everything_may_be_used_the_rule_asks_the_database_nothing(tmp_path: Path) -> None:
    school(tmp_path, EFUA)
    assert permitted(FINDING_CHILDREN).everything  # what an earlier policy left behind is looked up once
    with CaptureQueriesContext(
        connection,
    ) as asked:
        may = permitted(FINDING_CHILDREN)
        rows = Residence.objects.all()
        assert may.of(rows) is rows
        assert may.aside_of(rows) == 0
        may.demand_records([1, 2, 3])
    assert len(asked) == 0


def test_an_agreement_that_is_over_takes_its_records_out_of_every_look_the_next_day(tmp_path: Path) -> None:
    school(tmp_path, EFUA)
    over = extract_with("school-census", ("expires = 2036-08-31", "expires = 2025-10-01"))
    with policy_of(extracts=over):
        a_referral(suspect_phone="07700 900777")
    assert not Child.objects.exists()


def test_an_extract_that_the_policy_no_longer_names_is_not_read(tmp_path: Path) -> None:
    school(tmp_path, EFUA)
    with policy_of(extracts=packaged("extracts").replace(extract_row("school-census"), "")):
        assert "no longer in extracts.toml" in permitted(FINDING_CHILDREN).left_out["extract:school-census"]
        a_referral(suspect_phone="07700 900777")
    assert not Child.objects.exists()


def test_a_person_s_own_access_is_never_bounded_by_an_agreement(tmp_path: Path) -> None:
    school(tmp_path, EFUA)
    with policy_of(**census_for_statistics()):
        assert permitted(SUBJECT_ACCESS).everything


def test_an_unknown_purpose_is_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"no purpose 'curiosity'.*finding-children-at-risk"):
        permitted("curiosity")


def test_every_shipped_extract_may_be_used_for_finding_children() -> None:
    assert all(FINDING_CHILDREN in one.purposes for one in get_policy().extracts.values())
