"""The ledger as readers see it: in plain English, as far as they need to know, with proofs that a stranger can check."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sooner.access.commands import break_glass
from sooner.access.decide import actor_for
from sooner.access.models import RestrictedThread
from sooner.access.threads import Thread
from sooner.duties.commands import tick
from sooner.duties.models import Duty
from sooner.engines.merkle.tree import leaf_hash, verify_consistency, verify_inclusion
from sooner.history import queries
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.ledger.work import Subject, unit_of_work
from sooner.safeguarding.commands.children import rule_out_child
from tests.factories.access import a_key, a_user, signed_in
from tests.factories.duties import a_duty, happens
from tests.factories.ledger import a_checkpoint, a_history, seal_all
from tests.factories.safeguarding import a_child

pytestmark = pytest.mark.django_db


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def call(key: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    response = Client().generic(
        "GET" if body is None else "POST",
        path,
        "" if body is None else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    return response.status_code, response.json()


def test_the_ledger_says_in_english_what_happened() -> None:
    happens("child.ruled-out", 5, thread="referral:12", reason="An adult of the same name.")
    page = text(signed_in(a_user("duty_inspector")), "/ledger/")
    assert "An adult of the same name." in page
    assert "R-000012" in page
    assert page.count("<h1") == 1


def test_the_ledger_is_looked_through_by_record_and_by_what_happened() -> None:
    client = signed_in(a_user("duty_inspector"))
    one = happens("child.ruled-out", 5, thread="referral:12")
    other = happens("child.confirmed", 6, thread="referral:13")
    for query, found in (
        ("thread=R-000012", [one]),
        ("thread=r13", [other]),
        ("event=child.confirmed", [other]),
        ("thread=R-12&event=child.confirmed", []),
    ):
        page = text(client, f"/ledger/?{query}")
        for entry in (one, other):
            assert (f"/ledger/entries/{entry.entry_id}/" in page) == (entry in found), query
    assert "Write the record as" in text(client, "/ledger/?thread=%3Cscript%3E")
    assert "No entries match" in text(client, "/ledger/?thread=R-999")
    asked = Entry.objects.filter(event="record.viewed").order_by("pk").first()
    assert asked is not None
    assert asked.facts["asked"] == {"event": "", "thread": "R-000012"}


def test_a_late_duty_is_told_by_its_name_and_to_whom() -> None:
    a_duty("child.identified", key="tell-social-care")
    with clock.standing_at(clock.now() + timedelta(hours=3)):
        tick()
    page = text(signed_in(a_user("duty_inspector")), "/ledger/")
    assert "Tell children&#x27;s social care about this child; Duty inspector" in page
    assert "Tell children&#x27;s social care about this child; Supervisor" in page


def test_the_ledger_is_looked_through_by_api_too() -> None:
    one = happens("child.ruled-out", 5, thread="referral:12")
    happens("child.confirmed", 6, thread="referral:13")
    key = a_key(a_user("duty_inspector"))
    for query in ("thread=R-12", "thread=referral:12", "event=child.ruled-out", "subject=child:5"):
        rows = call(key, f"/api/ledger/entries?{query}")[1]["rows"]
        assert [row["id"] for row in rows] == [one.entry_id], query
    assert call(key, f"/api/ledger/entries/{one.entry_id}")[1]["title"]
    for damaged in ("child:abc", "child:", "5"):
        assert call(key, f"/api/ledger/entries?subject={damaged}")[0] == 422


def test_the_ledger_goes_on_after_a_page_and_loses_nothing() -> None:
    a_history(120)
    reader, found, after = a_user("duty_inspector"), [], None
    while True:
        page = queries.entries(reader, after=after, event="child.confirmed")
        found += [line.entry.pk for line in page.rows]
        if page.after is None:
            break
        after = page.after
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 120


def test_entries_of_a_restricted_record_are_for_those_who_need_to_know() -> None:
    RestrictedThread.objects.create(thread="referral:12", since=clock.now())
    hidden = happens("child.ruled-out", 5, thread="referral:12").entry_id
    inspector = a_user("duty_inspector")
    client = signed_in(inspector)
    assert f"/ledger/entries/{hidden}/" not in text(client, "/ledger/")
    text(client, f"/ledger/entries/{hidden}/", status=404)
    reason = "A child is said to be with the suspect tonight."
    break_glass(user=inspector, thread=Thread("referral", 12), reason=reason)
    assert f"/ledger/entries/{hidden}/" in text(client, "/ledger/")
    assert "Child ruled out" in text(client, f"/ledger/entries/{hidden}/")


def test_a_supervisor_sees_in_the_ledger_what_they_did_themselves() -> None:
    supervisor = a_user("supervisor")
    others = happens("child.confirmed", 5).entry_id
    with unit_of_work(actor_for(supervisor)) as work:
        own = work.record("child.confirmed", subject=Subject("child", 6), thread="referral:1")
    page = text(signed_in(supervisor), "/ledger/")
    assert f"/ledger/entries/{own.entry_id}/" in page
    assert f"/ledger/entries/{others}/" not in page


@pytest.mark.parametrize("role", ["referral_officer", "investigator", "social_worker", "administrator"])
def test_roles_without_the_capability_do_not_read_the_ledger(role: str) -> None:
    text(signed_in(a_user(role)), "/ledger/", status=403)


def test_an_entry_shows_what_followed_from_it_and_its_proof() -> None:
    entry = happens("child.identified", 5, thread="referral:12", unit="CN")
    client = signed_in(a_user("duty_inspector"))
    page = text(client, f"/ledger/entries/{entry.entry_id}/")
    assert "Tell children&#x27;s social care about this child" in page
    assert "waits to be sealed" in page
    due = Duty.objects.get(opened_by=entry.entry_id, key="tell-social-care").due_at
    assert f'Opened, due <time datetime="{due.isoformat()}">' in page
    seal_all()
    page = text(client, f"/ledger/entries/{entry.entry_id}/")
    assert "This is leaf" in page
    viewed = Entry.objects.filter(event="record.viewed", subject_kind="entry", subject_id=entry.entry_id)
    assert set(viewed.values_list("thread", flat=True)) == {"referral:12"}


@pytest.mark.parametrize("role", ["duty_inspector", "inspector_of_constabulary"])
def test_a_stranger_checks_an_entry_from_what_the_api_tells(role: str) -> None:
    a_history(20)
    seal_all()
    key = a_key(a_user(role))
    for entry in Entry.objects.filter(leaf_index__in=[0, 7, 19]):
        status, said = call(key, f"/api/ledger/entries/{entry.pk}/proof")
        assert status == 200
        path = [bytes.fromhex(one) for one in said["path"]]
        leaf = bytes.fromhex(str(said["leaf"]))
        if role == "duty_inspector":
            assert leaf_hash(str(said["leaf_data"]).encode()) == leaf
        else:
            assert "withheld" in str(said["leaf_data"]), "the hash is enough for the proof"
        verify_inclusion(leaf, said["index"], said["size"], path, bytes.fromhex(str(said["root"])))


def test_a_partner_checks_that_history_was_only_added_to_from_what_the_api_tells() -> None:
    key = a_key(a_user("social_worker"))
    seal_all()
    a_checkpoint(10)
    a_checkpoint(10)
    _, said = call(key, "/api/ledger/checkpoints")
    new, old = said["rows"]
    _, proof = call(key, f"/api/ledger/consistency?old={old['size']}&new={new['size']}")
    path = [bytes.fromhex(one) for one in proof["path"]]
    verify_consistency(old["size"], new["size"], bytes.fromhex(old["root"]), bytes.fromhex(new["root"]), path)
    assert call(key, "/api/ledger/consistency?old=5&new=4")[0] == 404
    assert call(key, f"/api/ledger/consistency?old={2**63 - 1}")[0] == 404
    assert call(key, "/api/ledger/check", {"note": old["note"]})[1]["holds"] is True
    assert call(key, "/api/ledger/check", {"note": "not one"})[1]["holds"] is False


def test_a_partner_downloads_a_checkpoint_and_that_is_on_the_record() -> None:
    made, worker = a_checkpoint(5), a_user("social_worker")
    client = signed_in(worker)
    assert f"/ledger/checkpoints/{made.pk}/" in text(client, "/ledger/checkpoints/")
    response = client.get(f"/ledger/checkpoints/{made.pk}/")
    assert response.content.decode() == made.note
    assert "attachment" in response["Content-Disposition"]
    assert Entry.objects.get(event="checkpoint.downloaded").actor_id == worker.pk
    assert "BEGIN PUBLIC KEY" in text(client, "/ledger/key/")
    text(client, "/ledger/checkpoints/999/", status=404)


def test_a_kept_checkpoint_is_checked_on_the_page() -> None:
    made = a_checkpoint(5)
    client = signed_in(a_user("social_worker"))
    assert (
        "The history holds" in client.post("/ledger/checkpoints/check/", {"note": made.note}).content.decode()
    )
    forged = made.note.replace("\n5\n", "\n6\n")
    assert "does not hold" in client.post("/ledger/checkpoints/check/", {"note": forged}).content.decode()
    assert "There is a problem" in client.post("/ledger/checkpoints/check/", {"note": ""}).content.decode()


def test_before_the_first_checkpoint_the_page_says_when_there_will_be_one() -> None:
    assert "No checkpoint is signed yet" in text(signed_in(a_user("social_worker")), "/ledger/checkpoints/")


def test_an_inspector_who_sees_no_names_reads_no_words_that_may_hold_them() -> None:
    child = a_child()
    officer, inspector = a_user("duty_inspector"), a_user("inspector_of_constabulary")
    rule_out_child(officer, child=child, reason="The aunt, Philippa Unheard, says so.")
    entry = Entry.objects.get(event="child.ruled-out")
    client, theirs = signed_in(inspector), signed_in(officer)
    pages = [
        f"/ledger/entries/{entry.pk}/",
        "/ledger/",
        f"/children/{child.pk}/",
        f"/referrals/{child.referral_id}/",
    ]
    key = a_key(inspector)
    for path in (f"/api/ledger/entries/{entry.pk}", "/api/ledger/entries", f"/api/children/{child.pk}"):
        status, said = call(key, path)
        assert (status, "Philippa" in json.dumps(said)) == (200, False), path
    for path in pages:
        shown = client.get(path)
        assert shown.status_code == 200, path
        assert "Philippa" not in shown.content.decode(), path
    seen = [path for path in pages if "Philippa" in theirs.get(path).content.decode()]
    assert f"/children/{child.pk}/" in seen, "to an officer they are there"
    assert f"/ledger/entries/{entry.pk}/" in seen
