"""The shape of what people send about accounts. Rules stand in `commands.py`."""

from typing import Any

from django import forms

from sooner.access.commands import AccountFacts
from sooner.access.models import User
from sooner.policy.loader import get_policy

Choices = list[tuple[str, str]]


def role_choices() -> Choices:
    """Every role of access.toml by its title."""
    return [(key, role.title) for key, role in get_policy().roles.items()]


def unit_choices() -> Choices:
    """Every unit, and none."""
    return [("", "None"), *((key, unit.name) for key, unit in get_policy().units.items())]


def authority_choices() -> Choices:
    """Every local authority, and none."""
    return [("", "None"), *((key, one.name) for key, one in get_policy().authorities.items())]


class AccountForm(forms.Form):
    """What an administrator says of a user."""

    name = forms.CharField(label="Full name", max_length=120)
    email = forms.EmailField(label="Work email", required=False)
    role = forms.ChoiceField(label="Role", choices=role_choices)
    unit = forms.ChoiceField(label="Unit", choices=unit_choices, required=False)
    authority = forms.ChoiceField(
        label="Local authority",
        choices=authority_choices,
        required=False,
        help_text="Only for people of a local authority. They see what was sent to it and nothing else.",
    )
    named_manager = forms.BooleanField(
        label="A named manager, who receives restricted referrals", required=False
    )

    def facts(self) -> AccountFacts:
        """The cleaned fields as the command takes them."""
        names = ("name", "email", "role", "unit", "authority", "named_manager")
        return AccountFacts(**{name: self.cleaned_data[name] for name in names})

    @staticmethod
    def initial_of(user: User) -> dict[str, Any]:
        """What the form shows of a user at first."""
        return {name: getattr(user, name) for name in AccountForm.base_fields}


class PasswordForm(forms.Form):
    """A first or a new password that an administrator gives."""

    password = forms.CharField(
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Tell it to them in person; they can change it.",
        strip=False,
    )


class NewAccountForm(PasswordForm, AccountForm):
    """A new account: its user name stays for good."""

    username = forms.RegexField(
        r"\A[a-z0-9][a-z0-9._-]{1,58}\Z",
        label="User name",
        help_text="Small letters, figures, full stops and hyphens. It cannot be changed later.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("username", "name", "email", "role", "unit", "authority", "named_manager", "password")


class TokenForm(forms.Form):
    """A key for a machine."""

    label = forms.CharField(label="What the key is for", max_length=80)
    days = forms.IntegerField(
        label="Days until it ends",
        min_value=1,
        max_value=366,
        initial=90,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-4"}),
    )


REASON = {"rows": 4}


class BreakGlassForm(forms.Form):
    """Emergency sight of a restricted record."""

    reference = forms.CharField(
        label="Reference of the record",
        max_length=40,
        help_text="For example, R-000123 or I-000045.",
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
    )
    reason = forms.CharField(
        label="Why you must see it now",
        max_length=4000,
        widget=forms.Textarea(attrs=REASON),
        help_text="The person who reviews this reads it.",
    )


class ReviewForm(forms.Form):
    """The review of an emergency sight."""

    justified = forms.TypedChoiceField(
        label="Was it justified?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
    )
    finding = forms.CharField(label="What you found", max_length=4000, widget=forms.Textarea(attrs=REASON))


class GrantForm(forms.Form):
    """Need-to-know for one more person."""

    username = forms.CharField(
        label="User name of the person who needs to know",
        max_length=60,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-20", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label="Why they need to know", max_length=4000, widget=forms.Textarea(attrs=REASON)
    )
