"""No inline script or style anywhere, and the policy that would refuse them on every answer."""

import re
from pathlib import Path

import pytest
from django.test import Client

import sooner
from tests.factories.access import a_user, signed_in

PACKAGE = Path(str(sooner.__file__)).parent
TEMPLATES = sorted(PACKAGE.glob("**/templates/**/*.html"))
STATIC = PACKAGE / "web" / "static"
INLINE = (
    (re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.I), "an inline script"),
    (re.compile(r"<style\b", re.I), "an inline style sheet"),
    (re.compile(r"<[^>]*\sstyle\s*=", re.I), "a style attribute"),
    (re.compile(r"<[^>]*\son[a-z]+\s*=", re.I), "an event attribute"),
    (re.compile(r"javascript:", re.I), "a script address"),
    (re.compile(r"(?:src|href)=\"(?:https?:)?//", re.I), "an address outside"),
)


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_template_has_nothing_inline(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    found = [what for pattern, what in INLINE if pattern.search(text)]
    assert not found, f"{template.name} has {', '.join(found)}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_form_that_posts_carries_its_token(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.I | re.S):
        assert "csrf_token" in form, template.name


def test_the_style_sheet_names_no_crown_no_transport_and_no_other_host() -> None:
    sheet = (STATIC / "sooner" / "sooner.css").read_text(encoding="utf-8").lower()
    for unwanted in ("transport", "crown", "crest", "url(", "@import", "sourcemappingurl"):
        assert unwanted not in sheet, unwanted


def test_what_needs_scripts_is_shown_only_where_there_are_scripts() -> None:
    sheet = (STATIC / "sooner" / "sooner.css").read_text(encoding="utf-8")
    assert ".js-only{display:none}" in sheet
    assert re.findall(r"([^{}]*)\.js-only\{display:block\}", sheet) == [".js-enabled "]


def test_vendored_scripts_have_their_licence_and_no_map() -> None:
    folder = STATIC / "vendor" / "govuk-frontend"
    assert "MIT License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert "sourceMappingURL" not in (folder / "govuk-frontend.min.js").read_text(encoding="utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/sign-in/", "/accessibility/", "/nowhere/", "/api/nowhere", "/account/"]
)
def test_every_answer_carries_a_strict_policy(address: str) -> None:
    answer = (
        signed_in(a_user("administrator")).get(address) if "account" in address else Client().get(address)
    )
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_every_static_file_that_a_page_names_is_served() -> None:
    page = Client().get("/sign-in/").content.decode()
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(named) >= 4
    for address in named:
        assert Client().get(address).status_code == 200, address
