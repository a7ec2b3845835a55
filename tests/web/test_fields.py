"""Django forms in the Design System's HTML."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.template import Context, Template


class _Form(forms.Form):
    name = forms.CharField(
        label="Name", help_text="As on the report", widget=forms.TextInput({"placeholder": "x"})
    )
    when = forms.DateTimeField(label="When")
    born = forms.DateField(label="Date of birth", required=False)
    sure = forms.ChoiceField(
        choices=[("a", "Sure"), ("b", "Not sure")], widget=forms.RadioSelect, label="How sure"
    )
    told = forms.BooleanField(label="The parents were told", required=False)
    why = forms.CharField(label="Why", widget=forms.Textarea, required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def _html(form: forms.Form) -> str:
    return Template("{% load sooner %}{% form_fields form %}").render(Context({"form": form}))


def test_every_control_has_a_label_or_a_legend() -> None:
    html = _html(_Form())
    for identity in re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', html):
        assert f'for="{identity}"' in html, identity
    assert "<legend" in html


def test_a_hint_is_tied_to_its_control_and_no_placeholder_stands_in_for_it() -> None:
    html = _html(_Form())
    assert re.search(
        r'id="id_name"[^>]*aria-describedby="id_name-hint"|aria-describedby="id_name-hint"[^>]*id="id_name"',
        html,
    )
    assert "placeholder" not in html


def test_an_error_is_in_the_summary_at_the_field_and_tied_to_it() -> None:
    html = _html(_Form({"name": "", "when": "", "sure": ""}))
    assert "There is a problem" in html
    assert '<a href="#id_name">' in html
    assert 'aria-describedby="id_name-hint id_name-error"' in html
    assert html.count("govuk-form-group--error") == 3


def test_the_summary_leads_to_controls_that_exist() -> None:
    html = _html(_Form({}))
    for target in re.findall(r'<a href="#([^"]+)">', html):
        assert f'id="{target}"' in html, target


def test_times_use_the_browsers_own_control_and_come_back_as_they_went() -> None:
    moment = datetime(2026, 6, 3, 14, 5, tzinfo=ZoneInfo("Europe/London"))
    html = _html(_Form(initial={"when": moment, "born": moment.date()}))
    assert re.search(
        r'type="datetime-local"[^>]*value="2026-06-03T14:05"|value="2026-06-03T14:05"[^>]*type="datetime-local"',
        html,
    )
    assert re.search(r'type="date"[^>]*value="2026-06-03"|value="2026-06-03"[^>]*type="date"', html)
    form = _Form({"name": "x", "when": "2026-06-03T14:05", "born": "2026-06-03", "sure": "a"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["when"] == moment


def test_no_control_names_its_type_twice_because_the_browser_would_take_the_first() -> None:
    for control in re.findall(r"<input [^>]*>", _html(_Form())):
        assert len(re.findall(r"\stype=", control)) == 1, control


def test_a_hidden_field_is_there_and_has_no_group() -> None:
    html = _html(_Form())
    assert '<input type="hidden" name="secret"' in html
    assert html.count("govuk-form-group") == 6


def test_an_optional_field_says_so_in_words() -> None:
    assert "Why (optional)" in _html(_Form())
