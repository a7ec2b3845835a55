"""Shapes of what people enter about staff. Rules stand in the commands."""

from typing import Any

from django import forms

from sooner.policy.loader import get_policy

MISSING = "Enter a date."


class CapacityForm(forms.Form):
    capacity = forms.IntegerField(label="Open investigations at once", min_value=0, max_value=200)
    rank = forms.CharField(label="Rank", max_length=40, required=False)


class CompetenceForm(forms.Form):
    skill = forms.ChoiceField(label="Skill")
    awarded_on = forms.DateField(
        label="Awarded on", widget=forms.DateInput(), error_messages={"required": MISSING}
    )
    expires_on = forms.DateField(
        label="Valid until",
        help_text="Leave empty for the policy's own length.",
        required=False,
        widget=forms.DateInput(),
    )
    awarded_by = forms.CharField(label="Awarded by", max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        skills = [(key, skill.title) for key, skill in get_policy().skills.items()]
        self.fields["skill"].choices = skills  # type: ignore[attr-defined]


class AbsenceForm(forms.Form):
    first_day = forms.DateField(
        label="First day away", widget=forms.DateInput(), error_messages={"required": MISSING}
    )
    last_day = forms.DateField(
        label="Last day away", widget=forms.DateInput(), error_messages={"required": MISSING}
    )
