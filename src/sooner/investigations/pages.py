"""The pages of investigations: the list, one with everything, and a form for each command. They hold no
rules.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from sooner.access.gate import PageRequest, carried_out, page
from sooner.investigations import forms, queries
from sooner.investigations.commands import allocate as allocating
from sooner.investigations.commands import decide, record
from sooner.investigations.models import Investigation
from sooner.ledger.work import Subject, record_view
from sooner.policy.loader import get_policy


@page("investigation.view")
def investigations(request: PageRequest) -> HttpResponse:
    """Highest priority first."""
    asked = {name: request.GET.get(name, "") for name in ("band", "unit", "whose")}
    state = request.GET.get("state", "open")
    found = queries.investigations(request.user, after=request.GET.get("after", ""), state=state, **asked)
    shown = [one.pk for one in found.rows]
    record_view(
        request.actor,
        subject=Subject("investigations", None),
        thread="force",
        page="investigations",
        shown=shown,
    )
    policy = get_policy()
    filters = {**asked, "state": state}
    context = {"page": found, "filters": filters, "bands": policy.bands, "units": policy.units.values()}
    return render(request, "investigations/investigations.html", context)


@page("investigation.view")
def investigation(request: PageRequest, pk: int) -> HttpResponse:
    """Who is at risk, what must happen now, why it stands where it stands, and everything that was done."""
    found = queries.investigation_for(request.user, pk)
    _seen(request, found, "investigation")
    context = {"picture": queries.picture_of(found), "may_read_text": queries.may_read_text(request.user)}
    return render(request, "investigations/investigation.html", context)


@page("investigation.allocate", methods=("GET", "POST"))
def allocate(request: PageRequest, pk: int) -> HttpResponse:
    """Who fits and why, and the choice."""
    found = queries.investigation_for(request.user, pk)
    form = forms.AllocateForm(_sent(request), unit=found.unit)
    if _done(request, form, lambda said: allocating.allocate(request.user, investigation=found, **said)):
        return redirect("investigation", pk=pk)
    context = {"investigation": found, "form": form, "fits": allocating.suggestions(found)}
    return render(request, "investigations/allocate.html", context)


@page("investigation.allocate", methods=("GET", "POST"))
def review(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.ReasonForm(_sent(request))
    command = lambda said: allocating.review_exception(
        request.user, investigation=found, finding=said["reason"]
    )
    return _form_page(
        request, found, form, command, "Review the allocation by exception", "Record the review"
    )


@page("investigation.record", methods=("GET", "POST"))
def step(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.StepForm(_sent(request), initial={"kind": request.GET.get("kind", "")})
    command = lambda said: record.record_step(
        request.user, investigation=found, facts=record.StepFacts(**said)
    )
    return _form_page(request, found, form, command, "Record what was done", "Record")


@page("kirat.record", methods=("GET", "POST"))
def kirat(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.KiratForm(_sent(request))
    command = lambda said: record.record_kirat(
        request.user, investigation=found, facts=record.KiratFacts(**said)
    )
    words = "The team's own result, as the trained assessor gave it. Sooner does not compute it."
    return _form_page(request, found, form, command, "Record a KIRAT result", "Record", words=words)


@page("suicide-risk.record", methods=("GET", "POST"))
def suicide_risk(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.RiskForm(_sent(request))
    command = lambda said: record.assess_suicide_risk(
        request.user, investigation=found, facts=record.RiskFacts(**said)
    )
    words = "The suspect's own risk, assessed in person. The first 48 hours are the most dangerous."
    return _form_page(
        request, found, form, command, "Record the suspect's risk of suicide", "Record", words=words
    )


@page("investigation.record", methods=("GET", "POST"))
def add_action(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.ActionForm(_sent(request), unit=found.unit)
    command = lambda said: record.add_action(request.user, investigation=found, **said)
    return _form_page(request, found, form, command, "Add an action", "Add the action")


@page("investigation.record", methods=("GET", "POST"))
def action(request: PageRequest, pk: int) -> HttpResponse:
    """One action, and the form for its result."""
    held = queries.action_for(request.user, pk)
    form = forms.ResultForm(_sent(request))
    command = lambda said: record.complete_action(request.user, action=held, result=said["result"])
    words = f"{held.title}, for {held.owner.name}"
    words = f"{words}. Completed: {held.result}" if held.completed_at else words
    return _form_page(
        request, held.investigation, form, command, "Complete an action", "Record the result", words=words
    )


@page("investigation.reprioritise", methods=("GET", "POST"))
def lower(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.LowerForm(_sent(request), above=found.band_rank)
    command = lambda said: decide.lower_priority(request.user, investigation=found, **said)
    words = (
        "Software raises a priority by itself and never lowers one. While a child is or may be at risk, the"
        " priority cannot be lowered: decide about the child first."
    )
    return _form_page(
        request, found, form, command, "Lower the priority", "Lower the priority", words=words, warning=True
    )


@page("investigation.reprioritise", methods=("GET", "POST"))
def reroute(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.RerouteForm(_sent(request))
    command = lambda said: decide.reroute(request.user, investigation=found, **said)
    words = "The present lead stays until the other team allocates it."
    return _form_page(
        request, found, form, command, "Give to another team", "Give to this team", words=words, leave=True
    )


@page("referral.restrict", methods=("GET", "POST"))
def restrict(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.investigation_for(request.user, pk)
    form = forms.RestrictForm(_sent(request), unit=found.unit)
    command = lambda said: decide.restrict(request.user, investigation=found, **said)
    words = "Its referrals, children and duties are then seen by the people named here only. No clock stops."
    return _form_page(
        request, found, form, command, "Restrict to named people", "Restrict", words=words, warning=True
    )


@page("investigation.close", methods=("GET", "POST"))
def close(request: PageRequest, pk: int) -> HttpResponse:
    """Close it, or open a closed one again."""
    found = queries.investigation_for(request.user, pk)
    form = forms.ReasonForm(_sent(request))
    act = decide.reopen if found.closed_at else decide.close
    title = "Open the investigation again" if found.closed_at else "Close the investigation"
    words = "" if found.closed_at else (
        "Refused while nobody has decided about a child, or while a duty that protects somebody is open."
    )  # fmt: skip
    command = lambda said: act(request.user, investigation=found, reason=said["reason"])
    return _form_page(request, found, form, command, title, title, words=words, warning=not found.closed_at)


def _done(request: PageRequest, form: BaseForm, command: Callable[[dict[str, Any]], Any]) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    done = carried_out(form, lambda: command(form.cleaned_data))
    if done:
        messages.success(request, "Done. It is on the record.")
    return done


def _sent(request: PageRequest) -> Any:
    """What was sent, empty or not; None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def _form_page(
    request: PageRequest,
    found: Investigation,
    form: BaseForm,
    command: Callable[[dict[str, Any]], Any],
    title: str,
    button: str,
    *,
    words: str = "",
    warning: bool = False,
    leave: bool = False,
) -> HttpResponse:
    """A form about an investigation: done, it leads back to it (or to the list, when it may be out of
    sight now).
    """
    if _done(request, form, command):
        return redirect("investigations") if leave else redirect("investigation", pk=found.pk)
    _seen(request, found, title)
    context = {
        "investigation": found,
        "form": form,
        "title": title,
        "button": button,
        "words": words,
        "warning": warning,
    }
    return render(request, "investigations/form.html", context)


def _seen(request: PageRequest, found: Investigation, where: str) -> None:
    record_view(request.actor, subject=Subject("investigation", found.pk), thread=found.thread, page=where)
