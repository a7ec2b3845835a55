"""Shapes of what people enter in the safeguarding pages. Rules stand in the commands."""

from typing import Any, cast

from django import forms

from sooner.safeguarding.commands.authority import options_for
from sooner.safeguarding.commands.strategy import Attendee, Outcome, Plan
from sooner.safeguarding.queries import authority_choices


def text(label: str, hint: str = "", *, rows: int = 4, required: bool = True) -> forms.CharField:
    """A long answer."""
    return forms.CharField(
        label=label, help_text=hint, widget=forms.Textarea(attrs={"rows": rows}), max_length=4000, required=required,
        error_messages={"required": f"{label}: enter an answer."},
    )  # fmt: skip


def line(label: str, hint: str = "", *, required: bool = True) -> forms.CharField:
    """A short answer."""
    return forms.CharField(
        label=label, help_text=hint, max_length=200, required=required, error_messages={"required": f"{label}: enter an answer."}
    )  # fmt: skip


def moment(label: str, hint: str = "", *, required: bool = True) -> forms.DateTimeField:
    """A date and time in the force's zone."""
    asked = f"{label}: enter a date and time."
    return forms.DateTimeField(
        label=label,
        help_text=hint,
        required=required,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M"],
        error_messages={"required": asked, "invalid": asked},
    )


class ConfirmForm(forms.Form):
    reason = text("What you looked at", "Optional. It stays on the record.", rows=2, required=False)


class ReasonForm(forms.Form):
    reason = text("Reason", "What was checked, and with whom. It stays on the record.")


class AddChildForm(forms.Form):
    given_names = line("Given names", required=False)
    family_name = line("Family name", required=False)
    dob = forms.DateField(
        label="Date of birth", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    line1 = line("Address: house and street", required=False)
    town = line("Town", required=False)
    postcode = line("Postcode", required=False)
    school = line("School or nursery", required=False)
    how_found = text("How the child was found", "Where this child comes from: who said it, which record.")


class CheckedForm(forms.Form):
    who_was_asked = line("Who was asked", "For example: school census, children's social care, neighbours.")
    answer = text("What they said")


class HouseholdForm(forms.Form):
    line1 = line("House and street")
    town = line("Town", required=False)
    postcode = line("Postcode", required=False)
    how = text("How it was found", rows=2)


class AuthorityForm(forms.Form):
    authority = forms.ChoiceField(label="Local authority", choices=authority_choices)
    reason = text("How you know")


class ByHandForm(forms.Form):
    to_whom = line("Whom you told")
    how = line("How", "The number you called, or the secure address you wrote to.")


class ChaseForm(forms.Form):
    spoke_to = line("Whom you spoke to")
    answer = text("What they said", rows=3)


class DecideForm(forms.Form):
    decision = forms.ChoiceField(
        label="Decision", widget=forms.RadioSelect, error_messages={"required": "Choose a decision."}
    )
    reason = text("Reasons")

    def __init__(self, *args: Any, authority: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(key, option.title) for key, option in options_for(authority).items()]
        cast(forms.ChoiceField, self.fields["decision"]).choices = choices


class OutcomeForm(forms.Form):
    reason = text("Outcome")


class ArrangeForm(forms.Form):
    arranged_for = moment("When")
    place = line("Where, or which call", required=False)


class DiscussionForm(forms.Form):
    held_at = moment("When it was held", "Leave empty if it was held at the arranged time.", required=False)
    police = line("Police: who took part")
    social_care = line("Children's social care: who took part")
    health = line("Health: who took part", required=False)
    others = line("Others, with their agency", required=False)
    decisions = text("What was decided for the child")
    section_47 = forms.ChoiceField(
        label="Do section 47 enquiries start?", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect,
        error_messages={"required": "Choose yes or no."},
    )  # fmt: skip
    family_told = text("What the family is told, by whom and when", required=False, rows=2)
    plan = line(
        "The overt action agreed",
        "For example: search warrant and arrest. Leave empty if none is planned.",
        required=False,
    )
    not_later_than = moment(
        "Not later than", "When this time passes, the plan is decided again.", required=False
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("plan") and not said.get("not_later_than") and "not_later_than" not in self.errors:
            self.add_error("not_later_than", "Give the time by which the overt action is taken.")
        if said.get("not_later_than") and not said.get("plan") and "plan" not in self.errors:
            self.add_error("plan", "Say what the overt action is that is taken by that time.")
        return said

    def outcome(self) -> Outcome:
        said = self.cleaned_data
        agencies = (
            ("police", "police"),
            ("social_care", "social-care"),
            ("health", "health"),
            ("others", "other"),
        )
        attendees = [Attendee(said[name], agency) for name, agency in agencies if said[name]]
        plan = Plan(said["plan"], said["not_later_than"]) if said["plan"] else None
        section_47 = said["section_47"] == "yes"
        return Outcome(attendees, said["decisions"], section_47, said["family_told"], plan, said["held_at"])


class TakenForm(forms.Form):
    what_happened = text("What happened")


class ProtectionForm(forms.Form):
    at = moment("When it began")
    grounds = text("Grounds", "Why the child would otherwise be likely to suffer significant harm.")
    place = line("Where the child is")


class ToldForm(forms.Form):
    who = forms.ChoiceField(
        label="Who was told", choices=[("authority", "The local authority"), ("child", "The child"), ("parents", "The parents")],
        widget=forms.RadioSelect, error_messages={"required": "Choose who was told."},
    )  # fmt: skip
