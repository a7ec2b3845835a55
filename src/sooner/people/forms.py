"""Shapes of what people enter about persons. Rules stand in the commands."""

from typing import Any

from django import forms


class CorrectForm(forms.Form):
    name = forms.CharField(label="Name", max_length=200, error_messages={"required": "Enter the name."})
    dob = forms.DateField(
        label="Date of birth",
        required=False,
        help_text="For example 2013-05-31. Leave it empty if it is not known.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(
        label="Reason",
        help_text="How you know. It stays on the record.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        error_messages={"required": "Say how you know."},
    )


class LinkForm(forms.Form):
    other = forms.IntegerField(
        label="Number of the other person",
        min_value=1,
        max_value=2**63 - 1,
        help_text="The digits after P- on the other person's page.",
        error_messages={"required": "Enter the other person's number."},
    )
    same = forms.ChoiceField(
        label="Are they the same person?",
        choices=[("yes", "Yes, they are one person"), ("no", "No, they are two people")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes or no."},
    )
    reason = forms.CharField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        error_messages={"required": "Say how you know."},
    )


class ExportForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        help_text="The number of the request, and who asked. It stays on the record.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        error_messages={"required": "Give the reason, such as the number of the request."},
    )
    form = forms.ChoiceField(
        label="As what?",
        choices=[("page", "A page to read and print"), ("json", "A JSON file")],
        initial="page",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a page or a file."},
    )


class ReviewForm(forms.Form):
    answer = forms.ChoiceField(
        label="Are these two records of one person?",
        choices=[("yes", "Yes, one person"), ("no", "No, two people"), ("skip", "I cannot say")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes, no, or that you cannot say."},
    )
    reason = forms.CharField(
        label="Why (if it is not plain from the records)",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=4000,
        required=False,
    )
    one = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    other = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)


class SplitForm(forms.Form):
    records = forms.MultipleChoiceField(
        label="Which of these records are of somebody else?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the records that are of somebody else."},
    )
    reason = forms.CharField(
        label="Reason",
        help_text="How you know. No later run joins them again.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        error_messages={"required": "Say how you know."},
    )

    def __init__(self, *given: Any, choices: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["records"].choices = choices  # type: ignore[attr-defined]  # a field with choices
