"""Shapes of what people enter in the intake's pages. Rules stand in the commands."""

from typing import Any

from django import forms


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One or more uploaded files, cleaned one by one."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(one, initial) for one in files]


class ReceiveForm(forms.Form):
    files = ManyFilesField(  # type: ignore[assignment]  # the field of that name, not the form's own uploads
        label="Documents",
        help_text="CyberTipline reports (XML or JSON), the CSV template, or a ZIP of them. You can choose several.",
        error_messages={
            "required": "Choose at least one file.",
            "empty": "The file is empty: choose another.",
        },
    )


class SettleForm(forms.Form):
    note = forms.CharField(
        label="What was done",
        help_text="For example: the sender was asked to send it again; or which referral was entered instead.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        error_messages={"required": "Say what was done about this document."},
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        error_messages={"required": "Give a reason: it stays on the record."},
    )
