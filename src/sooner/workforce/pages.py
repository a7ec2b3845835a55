"""The pages of staff: who is in the unit, and one person's training, room and days away. They hold no
rules.
"""

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from sooner.access.decide import may
from sooner.access.gate import PageRequest, carried_out, page
from sooner.ledger.work import Subject, record_view
from sooner.policy.loader import get_policy
from sooner.workforce import commands, forms, queries


@page("staff.view")
def staff(request: PageRequest) -> HttpResponse:
    """Who is there, what each is trained for, how much room each has."""
    unit = request.GET.get("unit", "")
    members = queries.staff_of(request.user, unit=unit)
    policy = get_policy()
    context = {"members": members, "unit": unit, "units": policy.units.values(), "skills": policy.skills}
    return render(request, "workforce/staff.html", context)


@page("staff.view")
def member(request: PageRequest, pk: int) -> HttpResponse:
    """One member of staff."""
    found = queries.member_for(request.user, pk)
    record_view(request.actor, subject=Subject("user", pk), thread=f"user:{pk}", page="staff")
    context = {
        "member": found,
        "competences": queries.competences_of(found.person),
        "absences": queries.absences_of(found.person),
        "may_change": may(request.user, "staff.change"),
    }
    return render(request, "workforce/member.html", context)


@page("staff.change", methods=("GET", "POST"))
def capacity(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.member_for(request.user, pk)
    form = forms.CapacityForm(_sent(request), initial={"capacity": found.capacity, "rank": found.rank})
    return _form_page(request, found, form, commands.set_capacity, "Change rank and capacity")


@page("staff.change", methods=("GET", "POST"))
def competence(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.member_for(request.user, pk)
    form = forms.CompetenceForm(_sent(request))
    return _form_page(request, found, form, commands.record_competence, "Record a skill")


@page("staff.change", methods=("GET", "POST"))
def absence(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.member_for(request.user, pk)
    form = forms.AbsenceForm(_sent(request))
    return _form_page(request, found, form, commands.record_absence, "Record days away")


def _sent(request: PageRequest) -> Any:
    """What was sent, empty or not; None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def _form_page(
    request: PageRequest, found: queries.Member, form: BaseForm, command: Callable[..., Any], title: str
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        act = lambda: command(request.user, person=found.person, **form.cleaned_data)
        if carried_out(form, act):
            return redirect("staff-member", pk=found.person.pk)
    return render(request, "workforce/form.html", {"member": found, "form": form, "title": title})
