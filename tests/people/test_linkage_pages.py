"""Linkage as people see it: the evidence, the list that can be lowered, the review, and records parted by a person."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client

from sooner.engines.charts import Stay, Step, stays, waterfall
from sooner.intake.models import Referral
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people import reviewing
from sooner.people.commands.extracts import load_extract
from sooner.people.commands.run_linkage import run_linkage
from sooner.people.models import Doubt, Link, Person, Record
from sooner.policy.loader import get_policy
from tests.factories.access import a_user, signed_in
from tests.factories.intake import a_document, a_row, received
from tests.factories.safeguarding import a_child

pytestmark = pytest.mark.django_db

SCHOOL = "upn,surname,forename,dob,gender,address_1,postcode,school_name\n"
CLINIC = "nhs,family_name,given_name,born,gender,addr,pcode\n"


def extract(tmp_path: Path, key: str, text: str) -> None:
    path = tmp_path / f"{key}.csv"
    path.write_text(text, encoding="utf-8")
    load_extract(SYSTEM, mapping=key, path=path)


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_evidence_adds_up_to_what_the_model_weighs() -> None:
    chart = waterfall(
        [Step("To begin with", "", -13.0), Step("Name", "the same", 7.5), Step("Address", "differs", -3.0)]
    )
    assert [(bar.kind, bar.total) for bar in chart.bars] == [
        ("start", -13.0), ("for", -5.5), ("against", -8.5), ("total", -8.5),
    ]  # fmt: skip
    start, name, address, total = chart.bars
    assert name.x == start.x, "each bar begins where the one before ended"
    assert address.x + address.width == pytest.approx(name.x + name.width, abs=0.3)
    assert total.x + total.width == pytest.approx(chart.zero, abs=0.3)


def test_a_stay_is_as_long_as_it_lasted() -> None:
    today = date(2026, 6, 1)
    half = Stay("Ann", today - timedelta(days=365), today - timedelta(days=182), "School census")
    whole = Stay("Ben", today - timedelta(days=365), None, "School census")
    chart = stays([half, whole], today=today)
    assert chart.spans[1].width == pytest.approx(2 * chart.spans[0].width, rel=0.02)
    assert "1 go on" in chart.description


def test_the_evidence_on_a_suspect_is_drawn_with_its_table_and_the_list_can_be_lowered() -> None:
    a_child()
    received(a_document(a_row(reference="T-2", suspect_name="Obinna Okafor", suspect_date_of_birth="")))
    referral = Referral.objects.get(number="T-2")
    client = signed_in(a_user("duty_inspector"))
    assert f"/referrals/{referral.pk}/people/0/" in text(client, f"/referrals/{referral.pk}/")
    page = text(client, f"/referrals/{referral.pk}/people/0/?lower=yes")
    assert "<svg" in page
    assert "How rare a match is to begin with" in page
    assert "Sum so far" in page
    shown = text(client, f"/referrals/{referral.pk}/people/0/")
    assert page.count("<svg") >= shown.count("<svg")
    assert ("Show 1 more" in shown) or page.count("<svg") == shown.count("<svg")
    assert Entry.objects.filter(event="record.viewed", subject_kind="person").exists()


def test_a_reviewer_decides_pair_by_pair_and_the_model_is_measured_on_it(tmp_path: Path) -> None:
    extract(
        tmp_path, "school-census", SCHOOL + "A1,Okafor,Amara,2015-03-04,F,12 Orchard Road,N8 7AB,Example\n"
    )
    extract(
        tmp_path, "child-health", CLINIC + "9990000001,Okafor,Amaru,2015-03-04,F,9 Elsewhere Way,E8 1AA\n"
    )
    run_linkage(SYSTEM)
    first, second = Record.objects.order_by("pk")
    if not Doubt.objects.exists():
        Doubt.objects.create(record=first, other=second, weight=1.0, run_id=_run())
    client = signed_in(a_user("referral_officer"))
    page = text(client, "/linkage/review/")
    assert "Amara" in page
    assert "Amaru" in page
    said = {"answer": "no", "reason": "Cousins.", "one": first.pk, "other": second.pk}
    assert client.post("/linkage/review/", {**said, "answer": ""}).status_code == 200
    assert not Link.objects.exists()
    assert client.post("/linkage/review/", said).status_code == 302
    assert Link.objects.get().same is False
    assert "No pair waits" in text(client, "/linkage/review/")
    assert "1 pair decided" in text(client, "/linkage/")


def _run() -> int:
    from sooner.people.models import LinkageRun

    return LinkageRun.objects.latest("pk").pk


def test_a_review_also_looks_at_what_was_taken_as_sure(tmp_path: Path) -> None:
    extract(
        tmp_path, "school-census", SCHOOL + "A1,Okafor,Amara,2015-03-04,F,12 Orchard Road,N8 7AB,Example\n"
    )
    extract(
        tmp_path, "child-health", CLINIC + "9990000001,Okafor,Amara,2015-03-04,F,12 Orchard Road,N8 7AB\n"
    )
    run_linkage(SYSTEM)
    assert Record.objects.values("person").distinct().count() == 1
    pair = reviewing.next_pair()
    assert pair is not None
    assert pair.joined


def test_records_of_somebody_else_are_parted_on_the_page(tmp_path: Path) -> None:
    child = a_child()
    extract(
        tmp_path, "child-health", CLINIC + "9990000001,Okafor,Amara,2018-03-04,F,12 Orchard Road,N8 7AB\n"
    )
    run_linkage(SYSTEM)
    child.refresh_from_db()
    person = Person.objects.get(pk=child.person.joined_into_id or child.person_id)
    records = list(Record.objects.filter(person=person).order_by("pk"))
    assert len(records) > 1
    client, path = signed_in(a_user("duty_inspector")), f"/people/{person.pk}/records/"
    assert "Child health" in text(client, path)
    assert client.post(path, {"records": [records[-1].pk], "reason": ""}).status_code == 200
    assert client.post(path, {"records": [records[-1].pk], "reason": "Another Amara."}).status_code == 302
    records[-1].refresh_from_db()
    assert records[-1].person_id != person.pk


def test_the_picture_shows_household_family_and_contacts_and_who_lived_there_when() -> None:
    child = a_child()
    client = signed_in(a_user("duty_inspector"))
    page = text(client, f"/people/{child.person_id}/")
    assert "Household, family and contacts: drawing" in page
    assert "Where they lived when: drawing" in page
    assert "Who lived here when: drawing" in text(client, f"/households/{child.address_id}/")


def test_the_page_of_the_model_tells_its_weights_and_thresholds() -> None:
    page = text(signed_in(a_user("supervisor")), "/linkage/")
    assert str(get_policy().linkage.rules.sure) in page
    for comparison in get_policy().linkage.comparisons:
        assert comparison.title in page
