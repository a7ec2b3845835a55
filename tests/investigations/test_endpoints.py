"""The operations over investigations and staff do what the pages do, and refuse in the same words."""

import json
from typing import Any

import pytest
from django.test import Client

from sooner.access.models import User
from tests.factories.access import a_key, a_user
from tests.factories.investigations import LEADING, a_lead, a_supervisor, an_investigation

pytestmark = pytest.mark.django_db
PAST = "2026-01-05T10:00:00Z"


class Caller:
    """A machine that holds a user's key."""

    def __init__(self, user: User) -> None:
        self.key = a_key(user)

    def __call__(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        data = json.dumps(body) if body is not None else ""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = Client().generic(
            method, f"/api{path}", data, content_type="application/json", headers=headers
        )
        assert answer.status_code == status, answer.content
        return answer.json()


def test_the_story_of_an_investigation_over_the_api() -> None:
    one, lead = an_investigation(), a_lead(*LEADING)
    call, here = Caller(a_supervisor()), f"/investigations/{one.pk}"
    assert [row["id"] for row in call("GET", "/investigations")["rows"]] == [one.pk]
    assert call("GET", f"{here}/fits")[0]["username"] == lead.username
    assert call("POST", f"{here}/allocation", {"username": lead.username})["lead"] == lead.username
    call("POST", f"{here}/steps", {"kind": "warrant.applied", "at": PAST}, status=201)
    refused = call("POST", f"{here}/steps", {"kind": "warrant.executed", "at": PAST}, status=409)
    assert "not granted" in refused["problem"]
    kirat = {"level": "high", "version": "3", "assessor": "Invented Assessor", "assessed_at": PAST}
    call("POST", f"{here}/kirat", kirat, status=201)
    risk = {
        "occasion": "contact",
        "in_person": True,
        "level": "low",
        "what_was_done": "Leaflet given.",
        "assessed_at": PAST,
    }
    call("POST", f"{here}/suicide-risk", risk, status=201)
    action = {"title": "Ask the provider", "owner": lead.username, "due_at": "2029-01-01T10:00:00Z"}
    made = call("POST", f"{here}/actions", action, status=201)
    assert call("POST", f"/actions/{made['id']}/result", {"result": "They answered."})["completed_at"]
    picture = call("GET", here)
    assert [step["kind"] for step in picture["steps"]] == ["warrant.applied"]
    assert picture["kirats"][0]["level"] == "high"
    assert picture["in_words"]


def test_deciding_over_the_api_is_refused_in_the_same_words() -> None:
    one = an_investigation(with_child=True)
    call, here = Caller(a_supervisor()), f"/investigations/{one.pk}"
    lower = call("POST", f"{here}/priority", {"band": "standard", "reason": "No."}, status=409)
    assert "above everything else" in lower["problem"]
    assert "cannot be closed" in call("POST", f"{here}/closing", {"reason": "No."}, status=409)["problem"]
    assert "is open" in call("POST", f"{here}/reopening", {"reason": "No."}, status=409)["problem"]
    assert call("POST", f"{here}/team", {"unit": "NE", "reason": "Moved."})["rows"] == []
    call("GET", here, status=404)


def test_restricting_over_the_api() -> None:
    one, named = an_investigation(), a_lead()
    call = Caller(a_supervisor())
    body = {"usernames": [named.username], "reason": "The suspect is an officer."}
    assert call("POST", f"/investigations/{one.pk}/restriction", body)["restricted"]
    assert Caller(named)("GET", f"/investigations/{one.pk}")["investigation"]["id"] == one.pk
    Caller(a_lead())("GET", f"/investigations/{one.pk}", status=404)


def test_staff_over_the_api() -> None:
    call, person = Caller(a_user("training_lead")), a_user("investigator", unit="CN")
    assert call("POST", f"/staff/{person.pk}/capacity", {"capacity": 4})["capacity"] == 4
    skill = {"skill": "pip2", "awarded_on": "2026-01-05"}
    assert call("POST", f"/staff/{person.pk}/skills", skill)["skills"] == ["pip2"]
    days = {"first_day": "2026-01-05", "last_day": "2026-01-06"}
    assert call("POST", f"/staff/{person.pk}/absences", days)["away"] is False
    assert person.pk in {row["id"] for row in call("GET", "/staff")}
    call("POST", f"/staff/{person.pk}/capacity", {"capacity": 4, "unknown": 1}, status=422)
