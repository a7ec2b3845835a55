"""Shapes of what people enter about investigations. Rules stand in the commands."""

from typing import Any

from django import forms
from django.forms import ModelChoiceField, ModelMultipleChoiceField

from sooner.access.models import User
from sooner.investigations.commands.record import LEVELS, OCCASIONS, RISKS
from sooner.investigations.queries import authority_choices, step_choices
from sooner.ledger import clock
from sooner.policy.loader import get_policy


def _present() -> Any:
    return clock.now().replace(second=0, microsecond=0)


def _words(label: str, *, hint: str = "", required: bool = True, missing: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": missing or f"Enter: {label.lower()}."},
    )


def _time(label: str, *, hint: str = "", required: bool = True, now: bool = True) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=hint,
        required=required,
        initial=_present if now else None,
        widget=forms.DateTimeInput(),
        error_messages={
            "required": f"Enter the time: {label.lower()}.",
            "invalid": "Enter a date and a time.",
        },
    )


def _choice(label: str, choices: list[tuple[str, str]], *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=required,
        error_messages={"required": f"Choose: {label.lower()}."},
    )


class ReasonForm(forms.Form):
    reason = _words("Reason", missing="Give a reason: it stays on the record with your name.")


class StepForm(forms.Form):
    kind = _choice("What happened", [])
    at = _time("When it happened")
    until = _time(
        "Until when",
        hint="For bail: when it ends. For a warrant: its end, if sooner than three months.",
        required=False,
        now=False,
    )
    authority = _choice("On whose authority, for bail", [], required=False)
    detail = _words("Details", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "Choose"), *step_choices()]  # type: ignore[attr-defined]
        self.fields["authority"].choices = authority_choices()  # type: ignore[attr-defined]


class KiratForm(forms.Form):
    level = _choice("Level", [("", "Choose"), *LEVELS.items()])
    version = forms.CharField(label="KIRAT version", max_length=20)
    assessor = forms.CharField(label="Assessor", max_length=120)
    assessor_trained_on = forms.DateField(
        label="Assessor's last training", required=False, widget=forms.DateInput()
    )
    assessed_at = _time("When it was assessed")
    unknowns = _words("What was not known", required=False)


class RiskForm(forms.Form):
    occasion = _choice("Occasion", [("", "Choose"), *OCCASIONS.items()])
    in_person = forms.BooleanField(label="The suspect was seen in person", required=False)
    level = _choice("Risk", [("", "Choose"), *RISKS.items()])
    what_was_done = _words("What was done", hint="Who was told, what support was offered, what happens next.")
    assessed_at = _time("When it was assessed")


class _PeopleForm(forms.Form):
    """A form that offers the people of a team."""

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = get_policy().capabilities["investigation.record"].roles
        people = User.objects.filter(is_active=True, role__in=roles).order_by("name", "pk")
        for field in self.fields.values():
            if isinstance(field, ModelChoiceField):
                field.queryset = self.offered(people, unit)

    def offered(self, people: Any, unit: str) -> Any:
        return people.filter(unit=unit)


class ActionForm(_PeopleForm):
    title = forms.CharField(label="What is to be done", max_length=300)
    owner: Any = ModelChoiceField(label="Owner", queryset=User.objects.none())
    due_at = _time("By when", now=False)


class AllocateForm(_PeopleForm):
    person: Any = ModelChoiceField(label="Lead", queryset=User.objects.none())
    exception_reason = _words(
        "Reason for an exception",
        hint="Only where the person lacks a skill, has no room or is away. It is reviewed.",
        required=False,
    )


class RestrictForm(_PeopleForm):
    people: Any = ModelMultipleChoiceField(
        label="Who needs to know",
        help_text="You and the lead are among them.",
        required=False,
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    reason = _words("Reason")

    def offered(self, people: Any, unit: str) -> Any:
        return (people.filter(unit=unit) | people.filter(unit="")).order_by("name", "pk")


class LowerForm(forms.Form):
    band = _choice("Priority", [])
    reason = _words("Reason", missing="Give a reason: it stays on the record with your name.")

    def __init__(self, *args: Any, above: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lower = [(band.key, band.title) for band in get_policy().bands if band.rank > above]
        self.fields["band"].choices = lower  # type: ignore[attr-defined]


class RerouteForm(forms.Form):
    unit = _choice("Team", [])
    reason = _words("Reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [  # type: ignore[attr-defined]
            (unit.code, unit.name) for unit in get_policy().units.values()
        ]


class ResultForm(forms.Form):
    result = _words("Result", hint="Also when nothing came of it.")
