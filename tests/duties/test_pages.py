"""The pages and operations of duties: what must I do now, for which child, by when, why."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from sooner.duties.commands import extend, tick
from sooner.duties.models import Duty
from sooner.ledger import clock
from sooner.ledger.models import Entry
from tests.factories.access import a_key, a_user, signed_in
from tests.factories.duties import a_duty, happens, to_acknowledge

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def test_my_work_says_what_for_whom_by_when_and_whose(noon: datetime) -> None:
    a_duty(unit="CN")
    page = text(signed_in(a_user("supervisor", unit="CN")), "/")
    for words in (
        "My work",
        "1 open",
        "Find the suspect&#x27;s household",
        "Referral R-",
        "4 June 2026 at 1pm",
        "in 24 hours",
        "Child at risk",
        "Search police and partner systems",
    ):
        assert words in page, words
    assert page.count("<h1") == 1


@pytest.mark.parametrize("role", ["administrator", "training_lead", "social_worker", "examiner"])
def test_somebody_with_no_work_is_told_so(role: str) -> None:
    assert "Nothing waits for you" in text(signed_in(a_user(role)), "/")


def test_a_list_that_named_somebody_is_on_the_record() -> None:
    duty, reader = a_duty(unit="CN"), a_user("supervisor", unit="CN")
    text(signed_in(reader), "/")
    entry = Entry.objects.get(event="record.viewed")
    assert (entry.actor_id, entry.facts["page"], entry.facts["duties"]) == (reader.pk, "my-work", [duty.pk])


def test_my_work_goes_on_after_a_page() -> None:
    for _ in range(27):
        a_duty(unit="CN")
    client = signed_in(a_user("supervisor", unit="CN"))
    first = text(client, "/")
    following = next(part for part in first.split('href="') if part.startswith("?after="))
    second = text(client, f"/{following.split(chr(34))[0]}")
    assert first.count('href="/duties/') == 25
    assert second.count('href="/duties/') == 2
    assert "Back to the first page" in second


def test_the_late_list_is_for_those_who_watch(noon: datetime) -> None:
    a_duty(unit="CN")
    with clock.standing_at(noon + timedelta(hours=25)):
        tick()
        page = text(signed_in(a_user("supervisor", unit="CN")), "/late/")
        assert "60 minutes late" in page or "1 hour late" in page
        assert "Nothing is late" in text(signed_in(a_user("supervisor", unit="AS")), "/late/")
        text(signed_in(a_user("investigator")), "/late/", status=403)


def test_a_late_duty_whose_time_was_moved_still_says_that_it_was_late(noon: datetime) -> None:
    duty, by = a_duty(unit="CN"), a_user("supervisor", unit="CN")
    with clock.standing_at(duty.due_at + timedelta(hours=1)):
        extend(by, duty=duty, until=duty.due_at + timedelta(hours=5), reason="The registry is closed.")
        for path in ("/late/", f"/duties/{duty.pk}/"):
            assert "Late, time moved" in text(signed_in(by), path), path
        assert "Found late" in text(signed_in(by), f"/duties/{duty.pk}/")
        assert "stays marked so" in text(signed_in(by), f"/duties/{duty.pk}/extend/")


def test_a_duty_shows_why_its_source_its_clock_and_what_became_of_it(noon: datetime) -> None:
    duty, by = a_duty(unit="CN"), a_user("supervisor", unit="CN")
    extend(by, duty=duty, until=duty.due_at + timedelta(hours=5), reason="The registry is closed.")
    page = text(signed_in(by), f"/duties/{duty.pk}/")
    for words in (
        "No child can be protected",
        "HMICFRS 2021",
        "First due",
        "The registry is closed.",
        "Duty extended",
        "Who hears next",
        "Move the due time",
        "Hand it on",
        f"/referrals/{duty.subject_id}/",
    ):
        assert words in page, words
    assert Entry.objects.filter(event="record.viewed", subject_kind="duty", subject_id=duty.pk).exists()


def test_a_done_duty_says_done_and_offers_nothing() -> None:
    duty = a_duty(unit="CN")
    happens("household.found", duty.subject_id)
    page = text(signed_in(a_user("supervisor", unit="CN")), f"/duties/{duty.pk}/")
    assert "Done" in page
    assert "Move the due time" not in page
    assert "Hand it on" not in page


def test_a_duty_that_can_never_be_extended_says_so_and_offers_it_to_nobody() -> None:
    duty = a_duty("child.identified", key="tell-social-care", unit="CN")
    page = text(signed_in(a_user("supervisor", unit="CN")), f"/duties/{duty.pk}/")
    assert "Never: it ends only when it is done" in page
    assert "Move the due time" not in page


def test_a_due_time_is_moved_in_local_time_from_the_page(noon: datetime) -> None:
    duty, client = a_duty(unit="CN"), signed_in(a_user("supervisor", unit="CN"))
    said = {"until": "2026-06-05T09:30", "reason": "The registry is closed."}
    response = client.post(f"/duties/{duty.pk}/extend/", said)
    assert (response.status_code, response["Location"]) == (302, f"/duties/{duty.pk}/")
    assert Duty.objects.get(pk=duty.pk).due_at == datetime(2026, 6, 5, 9, 30, tzinfo=LONDON)


def test_a_refusal_is_told_on_the_form_and_changes_nothing(noon: datetime) -> None:
    duty, client = a_duty(unit="CN"), signed_in(a_user("supervisor", unit="CN"))
    for until, reason, words in (
        ("2026-07-01T09:00", "Too far.", "The latest time that policy allows is 6 June 2026"),
        ("2026-06-05T09:00", "", "Give the reason"),
        ("soon", "When?", "Enter a date and a time"),
    ):
        page = client.post(f"/duties/{duty.pk}/extend/", {"until": until, "reason": reason}).content.decode()
        assert "There is a problem" in page
        assert words in page or "Enter or choose" in page, words
    assert Duty.objects.get(pk=duty.pk).due_at == duty.due_at


def test_a_duty_is_handed_on_from_the_page() -> None:
    duty, officer = a_duty(unit="CN"), a_user("investigator", unit="AS")
    client = signed_in(a_user("supervisor", unit="CN"))
    wrong = client.post(
        f"/duties/{duty.pk}/reassign/", {"officer": "nobody", "reason": "She knows the family."}
    )
    assert "no open account of that user name" in wrong.content.decode()
    said = {"unit": "", "officer": officer.username, "reason": "She knows the family."}
    assert client.post(f"/duties/{duty.pk}/reassign/", said).status_code == 302
    held = Duty.objects.get(pk=duty.pk)
    assert (held.officer, held.unit) == (officer, "AS")
    text(client, f"/duties/{duty.pk}/", status=404)


def test_what_is_anothers_is_not_found_on_any_page() -> None:
    mine, theirs = a_duty(unit="CN"), to_acknowledge()
    for reader, duty in (
        (a_user("supervisor", unit="AS"), mine),
        (a_user("social_worker", authority="E09000012"), theirs),
    ):
        text(signed_in(reader), f"/duties/{duty.pk}/", status=404)
    supervisor = signed_in(a_user("supervisor", unit="AS"))
    for place in ("extend", "reassign"):
        text(supervisor, f"/duties/{mine.pk}/{place}/", status=404)


def call(key: str, method: str, path: str, body: object = None) -> tuple[int, object]:
    response = Client().generic(
        method,
        path,
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    return response.status_code, response.json() if response.content else None


def test_the_api_does_what_the_pages_do(noon: datetime) -> None:
    duty, supervisor = a_duty(unit="CN"), a_user("supervisor", unit="CN")
    key = a_key(supervisor)
    status, work = call(key, "GET", "/api/duties")
    assert (status, [row["id"] for row in work["rows"]], work["after"]) == (200, [duty.pk], None)  # type: ignore[index]
    assert work["count"] == "1"  # type: ignore[index]
    assert call(key, "GET", "/api/duties/late")[1] == {"rows": [], "after": None, "counts": []}
    until = {"until": "2026-06-05T09:00:00Z", "reason": "The registry is closed."}
    status, whole = call(key, "POST", f"/api/duties/{duty.pk}/extend", until)
    assert (status, len(whole["extensions"])) == (200, 1)  # type: ignore[index]
    told = [one["title"] for one in whole["history"]]  # type: ignore[index]
    assert told == ["Duty extended", "No household found for the suspect"]
    assert call(key, "POST", f"/api/duties/{duty.pk}/extend", until)[0] == 409
    handed = {"unit": "AS", "reason": "Their area."}
    assert call(key, "POST", f"/api/duties/{duty.pk}/reassign", handed) == (204, None)
    assert call(key, "GET", f"/api/duties/{duty.pk}")[0] == 404


@pytest.mark.parametrize(
    ("until", "status"), [("2026-06-05T09:00:00", 422), ("9999-12-31T23:59:59Z", 409), ("x", 422), (7, 409)]
)
def test_the_api_refuses_times_without_a_zone_and_beyond_reason(
    noon: datetime, until: object, status: int
) -> None:
    key = a_key(a_user("supervisor", unit="CN"))
    body = {"until": until, "reason": "Because."}
    assert call(key, "POST", f"/api/duties/{a_duty(unit='CN').pk}/extend", body)[0] == status


def test_what_the_api_does_not_allow_it_says_in_one_line() -> None:
    duty = a_duty(unit="CN")
    key = a_key(a_user("investigator", unit="CN"))
    assert (
        call(key, "POST", f"/api/duties/{duty.pk}/extend", {"until": "2027-01-01T00:00:00Z", "reason": "x"})[
            0
        ]
        == 403
    )
    assert call(key, "GET", "/api/duties/late")[0] == 403
    assert call(key, "GET", "/api/duties?after=1'--")[0] == 422
