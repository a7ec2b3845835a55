"""The pages of investigations: who sees what, and that each form does what it says."""

import pytest
from django.test import Client

from sooner.investigations.models import Investigation
from sooner.ledger.models import Entry
from tests.factories.access import a_user, signed_in
from tests.factories.investigations import (
    LEADING,
    a_lead,
    a_supervisor,
    a_suspect,
    an_investigation,
)

pytestmark = pytest.mark.django_db


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def test_the_list_has_the_child_at_risk_first() -> None:
    without, with_child = an_investigation(), an_investigation(with_child=True)
    page = text(signed_in(a_supervisor()), "/investigations/")
    assert page.index(with_child.reference) < page.index(without.reference)


def test_the_list_goes_on_after_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from sooner.investigations import queries

    monkeypatch.setattr(queries, "PAGE", 2)
    all_of_them = {an_investigation().pk for _ in range(5)}
    supervisor, seen, after = a_supervisor(), [], ""
    while after is not None:
        found = queries.investigations(supervisor, after=after)
        seen += [one.pk for one in found.rows]
        after = found.after  # type: ignore[assignment]
    assert len(seen) == 5
    assert set(seen) == all_of_them


def test_an_investigation_says_who_is_at_risk_and_why_it_stands_where_it_stands() -> None:
    one = an_investigation(a_suspect(), with_child=True, flags=("sextortion",))
    page = text(signed_in(a_supervisor()), f"/investigations/{one.pk}/")
    for words in (
        "Who is at risk",
        "nobody has decided",
        "Sextortion is reported",
        "What must happen now",
        "KIRAT",
    ):
        assert words in page
    assert Entry.objects.filter(event="record.viewed", subject_id=one.pk).exists()


def test_an_inspector_sees_no_name() -> None:
    one = an_investigation(a_suspect("Alan Invented"), with_child=True)
    assert one.suspect
    page = text(signed_in(a_user("inspector_of_constabulary")), f"/investigations/{one.pk}/")
    assert "Invented" not in page.replace("Invented Inspector", "")
    assert f"Person {one.suspect.pk}" in page


def test_another_team_does_not_find_it() -> None:
    one = an_investigation()
    text(signed_in(a_lead(unit="NE")), f"/investigations/{one.pk}/", status=404)


FORMS = ("allocate", "step", "kirat", "suicide-risk", "actions", "priority", "team", "restrict", "close")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_opens_and_refuses_emptiness_in_words(form: str) -> None:
    one = an_investigation(with_child=True)
    client = signed_in(a_supervisor())
    assert "<h1" in text(client, f"/investigations/{one.pk}/{form}/")
    answer = client.post(f"/investigations/{one.pk}/{form}/", {})
    assert answer.status_code == 200
    assert "govuk-error-summary" in answer.content.decode()


def test_allocating_from_the_page() -> None:
    one, lead = an_investigation(), a_lead(*LEADING)
    client = signed_in(a_supervisor())
    assert "Holds every skill" in text(client, f"/investigations/{one.pk}/allocate/")
    answer = client.post(f"/investigations/{one.pk}/allocate/", {"person": lead.pk})
    assert answer.status_code == 302
    assert Investigation.objects.get().lead == lead


def test_a_rules_refusal_stands_in_the_form() -> None:
    one = an_investigation()
    client = signed_in(a_supervisor())
    answer = client.post(
        f"/investigations/{one.pk}/step/",
        {"kind": "warrant.executed", "at": "2026-01-05T10:00", "detail": ""},
    )
    assert "not granted cannot be executed" in answer.content.decode()


def test_recording_a_step_from_the_page() -> None:
    one = an_investigation()
    client = signed_in(a_supervisor())
    answer = client.post(
        f"/investigations/{one.pk}/step/", {"kind": "warrant.applied", "at": "2026-01-05T10:00"}
    )
    assert answer.status_code == 302
    assert "Warrant applied for" in text(client, f"/investigations/{one.pk}/")


def test_the_referrals_page_leads_to_its_investigation() -> None:
    one = an_investigation()
    referral = one.joined.get().referral_id
    assert one.reference in text(signed_in(a_supervisor()), f"/referrals/{referral}/")
