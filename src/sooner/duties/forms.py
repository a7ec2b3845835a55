"""Shapes of what people enter about a duty. Rules stand in the commands."""

from django import forms

from sooner.access import queries
from sooner.access.models import User
from sooner.errors import NotFound
from sooner.policy.loader import get_policy

REASON = "It stays on the record. The partner and the inspectorate read it."


class ExtendForm(forms.Form):
    until = forms.DateTimeField(
        label="New due time",
        error_messages={"required": "Enter the new due time.", "invalid": "Enter a date and a time."},
    )
    reason = forms.CharField(
        label="Why it cannot be done in time",
        help_text=REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        error_messages={"required": "Give the reason: it stays on the record."},
    )


class ReassignForm(forms.Form):
    unit = forms.ChoiceField(label="To which unit", required=False)
    officer = forms.CharField(
        label="To which officer",
        help_text="Their user name. Leave it empty to hand the duty to the whole unit.",
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "govuk-input--width-20"}
        ),
    )
    reason = forms.CharField(
        label="Why it is handed on",
        help_text=REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        error_messages={"required": "Give the reason: it stays on the record."},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        units = [(unit.code, unit.name) for unit in get_policy().units.values()]
        self.fields["unit"].choices = [("", "The officer's own unit"), *units]  # type: ignore[attr-defined]

    def clean_officer(self) -> User | None:
        """The open police account of that user name."""
        name = self.cleaned_data["officer"].strip()
        try:
            return queries.colleague(name) if name else None
        except NotFound as error:
            raise forms.ValidationError(str(error)) from error
