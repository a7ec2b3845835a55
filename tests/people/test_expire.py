"""Expiry: what is older than its retention, or whose agreement is over, goes with every fact, in bounded transactions, on the
ledger without a name; what a case holds stands."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sooner.intake.models import Party
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people.commands import expire as expiring
from sooner.people.commands.expire import FACTS, expire, expire_due, holders
from sooner.people.commands.extracts import load_extract
from sooner.people.commands.link import decide_link
from sooner.people.commands.run_linkage import run_linkage
from sooner.people.models import Address, ExtractLoad, Key, Person, Record, Relationship, Residence
from sooner.pipeline.run import run_pending
from sooner.safeguarding.models import Child
from tests.factories.access import a_user
from tests.factories.intake import a_referral
from tests.factories.policy import extract_with, policy_of

pytestmark = pytest.mark.django_db
HEALTH = "nhs,family_name,given_name,born,gender,addr,pcode,mother_name,gp_practice\n"
CENSUS = (
    "upn,surname,forename,dob,gender,address_1,address_2,postcode,school_name,la_code,"
    "parent1_name,parent1_relationship,parent1_phone,parent1_email\n"
)
AMARA = "9990000001,Okafor,Amara,2018-03-04,F,12 Orchard Road,N8 7AB,Grace Okafor,Example Surgery\n"
BEN = "9990000002,Bloom,Ben,2016-01-02,M,3 Mill Lane,E8 1AA,Leah Bloom,Example Surgery\n"
AMARA_AT_SCHOOL = "A2,Okafor,Amara,2018-03-04,F,12 Orchard Road,,N8 7AB,Oak,E09000014,Grace Okafor,Mother,,\n"
PUPIL = "A1,Mensah,Efua,2017-02-01,F,12 Orchard Rd,,n87ab,Oak Primary,E09000014,Ama Mensah,Mother,,\n"
YEARS = timedelta(days=500)


def load(tmp_path: Path, key: str, header: str, *rows: str, ago: timedelta = timedelta(0)) -> ExtractLoad:
    path = tmp_path / f"{key}-{len(rows)}-{ago.days}.csv"
    path.write_text(header + "".join(rows), encoding="utf-8")
    with clock.standing_at(datetime.now(UTC) - ago):
        return load_extract(SYSTEM, mapping=key, path=path, as_of=datetime.now(UTC) - ago)


def left() -> tuple[int, int, int]:
    return Record.objects.count(), Person.objects.count(), Address.objects.count()


def test_records_older_than_their_retention_go_with_everything_that_hung_on_them(tmp_path: Path) -> None:
    load(tmp_path, "child-health", HEALTH, BEN, ago=YEARS)
    load(tmp_path, "school-census", CENSUS, PUPIL)
    (gone,) = expire(SYSTEM)
    assert (gone.source, gone.why, gone.records, gone.persons, gone.addresses) == (
        "extract:child-health", "retention", 2, 2, 1,
    )  # fmt: skip
    assert set(Record.objects.values_list("source__key", flat=True)) == {"extract:school-census"}
    assert not Key.objects.filter(value__contains="bloom").exists()
    assert not expire(SYSTEM), "a second time there is nothing to do"


def test_records_of_an_agreement_that_is_over_all_go(tmp_path: Path) -> None:
    load(tmp_path, "school-census", CENSUS, PUPIL)
    with policy_of(extracts=extract_with("school-census", ("expires = 2036-08-31", "expires = 2025-10-01"))):
        (gone,) = expire(SYSTEM)
    assert (gone.why, gone.records) == ("agreement", 2)
    assert left() == (0, 0, 0)
    said = Entry.objects.get(event="extract.expired").facts
    assert (said["agreement"], said["ended"]) == ("ISA-2025-01", "2025-10-01")


def test_after_a_renewed_agreement_the_same_file_can_be_loaded_again(tmp_path: Path) -> None:
    first = load(tmp_path, "school-census", CENSUS, PUPIL)
    with policy_of(extracts=extract_with("school-census", ("expires = 2036-08-31", "expires = 2025-10-01"))):
        expire(SYSTEM)
    again = load(tmp_path, "school-census", CENSUS, PUPIL)
    assert (again.pk != first.pk, again.accepted) == (True, 1)
    assert Record.objects.count() == 2


def test_a_rehearsal_counts_and_deletes_nothing(tmp_path: Path) -> None:
    load(tmp_path, "child-health", HEALTH, AMARA, ago=YEARS)
    before = left()
    (gone,) = expire(SYSTEM, dry_run=True)
    assert (gone.records, left()) == (2, before)
    assert not Entry.objects.filter(event="extract.expired").exists()


def test_each_transaction_is_bounded_and_has_one_entry_without_personal_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "AT_ONCE", 3)
    load(tmp_path, "child-health", HEALTH, AMARA, BEN, ago=YEARS)
    (gone,) = expire(SYSTEM)
    entries = Entry.objects.filter(event="extract.expired").order_by("pk")
    assert [entry.facts["records"] for entry in entries] == [3, 1]
    assert sum(entry.facts["persons"] for entry in entries) == gone.persons == 4
    assert not any(name in entry.body for entry in entries for name in ("Okafor", "Bloom", "Orchard", "999"))


def test_the_worker_goes_on_where_its_time_was_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiring, "AT_ONCE", 1)
    load(tmp_path, "child-health", HEALTH, AMARA, BEN, ago=YEARS)
    assert sum(one.records for one in expire(SYSTEM, seconds=-1)) == 1
    assert expire_due() == 3
    assert expire_due() == 0


def test_the_report_of_a_loading_quotes_rows_no_longer(tmp_path: Path) -> None:
    bad = AMARA.replace("2018-03-04", "31/31/2018")
    made = load(tmp_path, "child-health", HEALTH, bad, BEN, ago=YEARS)
    assert made.report
    expire(SYSTEM)
    made.refresh_from_db()
    assert (made.report, made.expired_at is not None) == ([], True)


def test_a_child_already_identified_stands_with_number_name_and_how_found(tmp_path: Path) -> None:
    load(tmp_path, "school-census", CENSUS, PUPIL)
    a_referral()
    child = Child.objects.get()
    before = (child.person_id, child.ways, child.address_id, child.authority)
    with policy_of(extracts=extract_with("school-census", ("expires = 2036-08-31", "expires = 2025-10-01"))):
        expire(SYSTEM)
    child.refresh_from_db()
    assert (child.person_id, child.ways, child.address_id, child.authority) == before
    assert child.person.name == "Efua Mensah"
    assert not Record.objects.filter(person=child.person).exists()
    assert Address.objects.filter(pk=child.address_id).exists()


def test_a_person_whom_another_source_knows_stays_and_what_that_source_says_too(tmp_path: Path) -> None:
    load(tmp_path, "child-health", HEALTH, AMARA, ago=YEARS)
    load(tmp_path, "school-census", CENSUS, AMARA_AT_SCHOOL)
    amara = Person.objects.filter(records__listed=True).distinct().get()
    expire(SYSTEM)
    assert set(Record.objects.filter(person=amara).values_list("source__key", flat=True)) == {
        "extract:school-census"
    }
    assert Residence.objects.filter(person=amara).count() == 1
    assert Relationship.objects.filter(other=amara).count() == 1


def test_numbers_that_lead_to_a_person_who_is_gone_go_too(tmp_path: Path) -> None:
    load(tmp_path, "child-health", HEALTH, AMARA, ago=YEARS)
    moved = AMARA_AT_SCHOOL.replace("12 Orchard Road,,N8 7AB", "3 Mill Lane,,E8 1AA").replace(
        "Grace Okafor", ""
    )
    load(tmp_path, "school-census", CENSUS, moved, ago=YEARS)
    one, other = Person.objects.filter(records__listed=True).order_by("pk")
    decide_link(a_user("supervisor"), person=one, other=other, same=True, reason="The same school and home.")
    assert Person.objects.filter(pk=other.pk, joined_into=one).exists()
    expire(SYSTEM)
    assert left() == (0, 0, 0)


def test_everything_that_hangs_on_a_record_is_named() -> None:
    """A table that a later change hangs on records must be named, or its rows would stop every expiry."""
    named = {(model, name) for model, names in FACTS for name in names}
    assert set(holders(Record)) == named


families = st.lists(
    st.tuples(
        st.sampled_from(["Amara", "Ben", "Efua", "Chidi"]),
        st.sampled_from(["Okafor", "Bloom"]),
        st.sampled_from(["12 Orchard Road,N8 7AB", "3 Mill Lane,E8 1AA"]),
        st.sampled_from(["", "Grace Okafor", "Leah Bloom"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(families=families, linked=st.booleans(), over=st.booleans())
def test_nothing_refers_to_what_is_gone_and_every_case_stands(
    tmp_path: Path, families: list[tuple[str, str, str, str, bool]], linked: bool, over: bool
) -> None:
    from django.db import connection, transaction

    with transaction.atomic():
        rows = {False: [], True: []}  # type: dict[bool, list[str]]
        for number, (given_name, family, home, mother, is_old) in enumerate(families):
            rows[is_old].append(f"99900000{number:02},{family},{given_name},2018-03-04,F,{home},{mother},\n")
        for is_old, told in rows.items():
            if told:
                load(tmp_path, "child-health", HEALTH, *told, ago=YEARS if is_old else timedelta(0))
        load(tmp_path, "school-census", CENSUS, PUPIL)
        if linked:
            run_linkage(SYSTEM)
        a_referral(with_child=True)
        run_pending()
        cases = {
            model: dict(model._default_manager.values_list("pk", field))
            for model, field in ((Child, "person"), (Party, "person"), (Investigation, "suspect"))
        }
        due = set(Record.objects.filter(source__key="extract:child-health", as_of__lt=datetime.now(UTC) - YEARS / 2)
                  .values_list("pk", flat=True))  # fmt: skip
        text = (
            extract_with("child-health", ("expires = 2036-08-31", "expires = 2025-10-01")) if over else None
        )
        if over:
            due |= set(Record.objects.filter(source__key="extract:child-health").values_list("pk", flat=True))
        with policy_of(**({"extracts": text} if text else {})):
            expire(SYSTEM)
        assert not Record.objects.filter(pk__in=due).exists()
        for model, name in holders(Record):
            assert not model._default_manager.filter(**{f"{name}__in": due}).exists()
        connection.check_constraints()
        for model, held in cases.items():
            field = "suspect" if model is Investigation else "person"
            assert dict(model._default_manager.values_list("pk", field)) == held
        persons = set(Person.objects.values_list("pk", flat=True))
        assert {pk for held in cases.values() for pk in held.values() if pk} <= persons
        for person in Person.objects.filter(records=None, joined_into=None, joined=None):
            assert any(person.pk in held.values() for held in cases.values()), (
                "somebody whom nobody holds was kept"
            )
        assert (
            not Address.objects.filter(residences=None)
            .exclude(pk__in=Child.objects.exclude(address=None).values("address"))
            .exists()
        )
        transaction.set_rollback(True)
