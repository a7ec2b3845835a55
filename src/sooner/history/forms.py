"""The shape of what a partner brings to be checked, and of what a reader looks for."""

from django import forms

from sooner.policy.loader import get_policy

REFERENCE = r"^[RIDrid]-?\d{1,15}$|^[a-z-]{1,40}:\d{1,18}$|^force$"


class FilterForm(forms.Form):
    thread = forms.RegexField(
        label="Record",
        help_text="As R-000123, I-000045 or D-000009",
        regex=REFERENCE,
        required=False,
        max_length=60,
        error_messages={"invalid": "Write the record as R-000123, I-000045 or D-000009."},
    )
    event = forms.ChoiceField(label="What happened", required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        events = sorted((event.title, key) for key, event in get_policy().events.items())
        self.fields["event"].choices = [("", "Anything"), *((key, title) for title, key in events)]  # type: ignore[attr-defined]


class CheckForm(forms.Form):
    note = forms.CharField(
        label="The checkpoint you kept",
        help_text="The whole text, with its signature line.",
        widget=forms.Textarea(attrs={"rows": 7, "spellcheck": "false", "autocomplete": "off"}),
        max_length=4000,
        strip=False,
        error_messages={"required": "Paste the checkpoint that you kept."},
    )
