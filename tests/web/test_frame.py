"""What stands around every page: who is signed in, where they may go, what is said when things go wrong."""

import re

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from sooner.access.models import User
from sooner.web import navigation
from tests.factories.access import a_user, signed_in

pytestmark = pytest.mark.django_db


def test_a_page_has_one_main_heading_a_skip_link_and_a_language() -> None:
    page = signed_in(a_user("administrator")).get("/account/").content.decode()
    assert page.count("<h1") == 1
    assert '<a href="#main-content" class="govuk-skip-link"' in page
    assert '<html lang="en-GB"' in page
    assert re.search(r"<title>\s*Your account – Sooner</title>", page)


def test_the_frame_says_who_is_signed_in_and_signs_out_by_post() -> None:
    page = signed_in(a_user("administrator", name="Alex Example")).get("/account/").content.decode()
    assert "Alex Example" in page
    assert "Administrator" in page
    assert re.search(r'<form method="post" action="/sign-out/">.*csrfmiddlewaretoken', page)


def test_the_menu_offers_only_what_the_role_may_open() -> None:
    labels = {
        role: {item.label for item in navigation.places_for(a_user(role), path="/")}
        for role in ("administrator", "social_worker", "duty_inspector")
    }
    assert "Users" in labels["administrator"]
    assert "Users" not in labels["duty_inspector"]
    assert "Referrals" not in labels["social_worker"] | labels["administrator"]
    assert "Emergency sight" in labels["duty_inspector"]


def test_a_visitor_sees_no_menu() -> None:
    assert b"govuk-service-navigation" not in Client().get("/sign-in/").content


def test_a_demonstration_says_that_its_people_are_invented(monkeypatch: pytest.MonkeyPatch) -> None:
    assert b"invented" not in Client().get("/accessibility/").content
    monkeypatch.setenv("SOONER_DEMO", "1")
    assert b"All people, places and reports here are invented." in Client().get("/accessibility/").content


def test_an_unknown_address_is_told_in_words() -> None:
    answer = Client().get("/nowhere/")
    assert answer.status_code == 404
    assert b"There is no such page or record, or it is one that you may not see." in answer.content


def test_a_reader_in_an_emergency_is_shown_the_way_and_nobody_learns_what_exists() -> None:
    way = b"open a restricted record in an emergency"
    assert way in signed_in(a_user("investigator")).get("/nowhere/").content
    assert way not in signed_in(a_user("administrator")).get("/nowhere/").content
    assert way not in Client().get("/nowhere/").content


@pytest.mark.parametrize("template", ["500.html", "400.html"])
def test_the_page_for_our_own_faults_needs_nothing_that_may_be_broken(template: str) -> None:
    assert "govuk-heading-l" in render_to_string(template)


def test_a_forged_form_is_refused_in_words() -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/sign-in/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert b"This form has expired" in answer.content


def test_what_was_done_is_said_once_on_the_next_page() -> None:
    admin, other = a_user("administrator"), a_user("investigator")
    browser = signed_in(admin)
    after = browser.post(f"/users/{other.pk}/close/", follow=True)
    assert b"The account is closed." in after.content
    assert b"The account is closed." not in browser.get(f"/users/{other.pk}/").content


def _rendered(text: str, user: User, query: str = "", **values: object) -> str:
    request = RequestFactory().get(f"/{query}")
    request.user = user
    return Template("{% load sooner %}" + text).render(Context({"request": request, **values}))


class _Person:
    pk = 123
    name = "Jamie Invented"


def test_names_are_masked_for_a_reader_without_names_and_for_no_reader() -> None:
    inspector, officer = a_user("inspector_of_constabulary"), a_user("investigator")
    shown = "{{ person|masked:reader }}"
    assert _rendered(shown, officer, person=_Person(), reader=officer) == "Jamie Invented"
    assert _rendered(shown, officer, person=_Person(), reader=inspector) == "Person 123"
    assert _rendered(shown, officer, person=_Person(), reader=None) == "Person 123"


def test_codes_are_told_by_name_and_unknown_codes_as_they_stand() -> None:
    user = a_user("administrator")
    assert _rendered('{{ "CENTRAL"|unit_name }}', user) == "Central OCSAE unit"
    assert _rendered('{{ "E09000002"|authority_name }}', user) == "Barking and Dagenham"
    assert _rendered('{{ "X9"|unit_name }}', user) == "X9"


class _Slice:
    before = None
    after = "cursor-7"


def test_pagination_keeps_the_query_and_goes_on_from_the_cursor() -> None:
    links = _rendered("{% pagination page %}", a_user(), query="?unit=CE&after=old", page=_Slice())
    assert 'href="?unit=CE&amp;after=cursor-7"' in links
    assert "Previous" not in links


def test_what_is_typed_is_never_markup() -> None:
    browser = signed_in(a_user("administrator"))
    page = browser.get("/users/", {"search": '"><script>x</script>'}).content.decode()
    assert "<script>x" not in page
