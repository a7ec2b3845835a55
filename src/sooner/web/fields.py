"""A Django form as the Design System shows it: what each group of HTML needs. It holds no form's rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

SELECTS = (forms.Select, forms.SelectMultiple)
CHOICES = (forms.RadioSelect, forms.CheckboxSelectMultiple)
UNNAMED = {str(forms.Field.default_error_messages["required"])}
"""What Django says of a missing answer when the form has no words of its own."""
NATIVE = {"datetime-local": "%Y-%m-%dT%H:%M", "date": "%Y-%m-%d", "time": "%H:%M"}


@dataclass(frozen=True)
class Choice:
    """One radio button or checkbox."""

    id: str
    type: str
    value: str
    label: str
    checked: bool


@dataclass(frozen=True)
class Problem:
    """One line of the error summary; `target` is the id of the control it is about, or empty."""

    words: str
    target: str


@dataclass(frozen=True)
class Field:
    """One form group. `kind` is control, checkbox or choices; `group` is the component of choices."""

    kind: str
    name: str
    id: str
    label: str
    hint: str
    error: str
    required: bool
    described_by: str
    control: SafeString | str = ""
    group: str = ""
    choices: tuple[Choice, ...] = field(default=())


def fields_of(form: forms.BaseForm) -> list[Field]:
    """The visible fields of a form, in order."""
    return [field_of(bound) for bound in form.visible_fields()]


def problems_of(form: forms.BaseForm) -> list[Problem]:
    """What the error summary says: the form's own errors, then each field's, in the order of the page."""
    own = [Problem(str(words), "") for words in form.non_field_errors()]
    return own + [Problem(words, bound.auto_id) for bound in form for words in _errors(bound)]


def _errors(bound: BoundField) -> list[str]:
    """A field's errors; what is missing is named where the form does not name it: in a summary "this field" is nowhere."""
    found = bound.form.errors.as_data().get(bound.name, []) if bound.form.is_bound else []
    missing = f"Enter or choose: {str(bound.label)[:1].lower()}{str(bound.label)[1:]}"
    return [missing if words in UNNAMED else str(words) for error in found for words in error.messages]


def field_of(bound: BoundField) -> Field:
    """One field of a form."""
    widget = bound.field.widget
    widget.attrs.pop("placeholder", None)  # a placeholder goes away when one types; a hint stays
    error = next(iter(_errors(bound)), "")
    described = _described_by(bound, error=error)
    common: dict[str, Any] = {
        "name": bound.html_name,
        "id": bound.id_for_label or bound.auto_id,
        "label": str(bound.label),
        "hint": str(bound.help_text or ""),
        "error": error,
        "required": bound.field.required,
        "described_by": described,
    }
    if isinstance(widget, CHOICES):
        group = "radios" if type(widget) is forms.RadioSelect else "checkboxes"
        common["id"] = bound.auto_id
        return Field(kind="choices", group=group, choices=tuple(_choices(bound)), **common)
    kind = "checkbox" if isinstance(widget, forms.CheckboxInput) else "control"
    return Field(kind=kind, control=_control(bound, error=error, described_by=described), **common)


def _described_by(bound: BoundField, *, error: str) -> str:
    identity = bound.auto_id
    hint = f"{identity}-hint" if bound.help_text else ""
    return " ".join(part for part in (hint, f"{identity}-error" if error else "") if part)


def _choices(bound: BoundField) -> Iterator[Choice]:
    for place, widget in enumerate(bound.subwidgets):
        data = widget.data
        # The first carries the field's own id, so that the error summary's link lands on it.
        identity = bound.auto_id if place == 0 else str(data["attrs"]["id"])
        yield Choice(
            identity, str(data["type"]), str(data["value"]), str(widget.choice_label), bool(data["selected"])
        )


def _control(bound: BoundField, *, error: str, described_by: str) -> SafeString:
    attrs: dict[str, Any] = _native(bound)
    attrs["class"] = f"{_classes(bound.field.widget, error=error)} {attrs.pop('width', '')}".strip()
    if described_by:
        attrs["aria-describedby"] = described_by
    if error:
        attrs["aria-invalid"] = "true"
    attrs.update({name: value for name, value in bound.field.widget.attrs.items() if name != "class"})
    return bound.as_widget(attrs=attrs)


def _classes(widget: forms.Widget, *, error: str) -> str:
    base = _base_class(widget)
    own = str(widget.attrs.get("class", ""))
    return " ".join(part for part in (base, f"{base}--error" if error else "", own) if part)


def _base_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "govuk-checkboxes__input"
    if isinstance(widget, forms.Textarea):
        return "govuk-textarea"
    if isinstance(widget, SELECTS):
        return "govuk-select"
    if isinstance(widget, forms.FileInput):
        return "govuk-file-upload"
    return "govuk-input"


def _native(bound: BoundField) -> dict[str, str]:
    """Dates and times use the browser's own control: it works without a script, and falls back to text."""
    kind = _native_kind(bound)
    if not kind:
        return {}
    bound.field.widget.format = NATIVE[kind]
    bound.field.widget.input_type = kind
    return {"width": "govuk-input--width-20"}


def _native_kind(bound: BoundField) -> str:
    if not isinstance(bound.field.widget, forms.DateInput | forms.DateTimeInput | forms.TimeInput):
        return ""
    if isinstance(bound.field, forms.DateTimeField):
        return "datetime-local"
    return "time" if isinstance(bound.field, forms.TimeField) else "date"
