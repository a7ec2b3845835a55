"""My work, the late list, and a duty: what must be done, by when, why, and what became of its clock. They hold no rules."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from sooner.access.decide import WITHHELD, Reader
from sooner.access.gate import PageRequest, carried_out, page
from sooner.duties import commands, queries
from sooner.duties.forms import ExtendForm, ReassignForm
from sooner.duties.queries import DutyPage, Row
from sooner.ledger.queries import detail_of, title_of
from sooner.ledger.work import Subject, record_view


@page("home.view")
def home(request: PageRequest) -> HttpResponse:
    """What I must do now, for which child, by when: what harms a child soonest first."""
    found = queries.my_work(request.user, after=request.GET.get("after", ""))
    _seen(request, found, name="my-work")
    context = {
        "page": found,
        "count": queries.my_open_count(request.user),
        "first": "after" not in request.GET,
    }
    return render(request, "duties/home.html", context)


@page("late-duties.view")
def late(request: PageRequest) -> HttpResponse:
    """What is late, what harms a child soonest first."""
    found = queries.late(request.user, after=request.GET.get("after", ""))
    _seen(request, found, name="late")
    context = {
        "page": found,
        "counts": queries.late_counts(request.user),
        "first": "after" not in request.GET,
    }
    return render(request, "duties/late.html", context)


def _seen(request: PageRequest, found: DutyPage, *, name: str) -> None:
    """A list names children, so whom it showed is on the record: one entry a page."""
    user = request.user.pk
    if found.rows:
        record_view(
            request.actor,
            subject=Subject("user", user),
            thread=f"user:{user}",
            page=name,
            duties=[row.duty.pk for row in found.rows],
        )


def _one(request: PageRequest, pk: int, *, name: str) -> Row:
    """A duty names its child, so the sight of it is on the record."""
    row = queries.duty_for(request.user, pk)
    record_view(request.actor, subject=Subject("duty", pk), thread=row.duty.thread, page=name)
    return row


@page("duty.view")
def duty(request: PageRequest, pk: int) -> HttpResponse:
    """One duty with its reason, its source, its clock and everything that became of it."""
    row = _one(request, pk, name="duty")
    return render(request, "duties/duty.html", _whole(request, row))


def _whole(request: PageRequest, row: Row) -> dict[str, Any]:
    return {
        "row": row,
        "extensions": queries.extensions_of(request.user, row.duty),
        "latest": queries.latest_extension(row.duty),
        "next": queries.heard_next(row.duty),
        "history": [
            (
                entry,
                title_of(entry.event),
                detail_of(entry, withheld=WITHHELD if Reader(request.user).names_masked else ""),
            )
            for entry in queries.history_of(request.user, row.duty)
        ],
        "may_extend": queries.may_extend(request.user, row.duty),
        "may_reassign": queries.may_reassign(request.user, row.duty),
    }


@page("duty.extend", methods=("GET", "POST"))
def duty_extend(request: PageRequest, pk: int) -> HttpResponse:
    """Move the due time, where policy allows."""
    row = _one(request, pk, name="duty-extend")
    form = ExtendForm(request.POST or None)

    def command() -> object:
        said = form.cleaned_data
        return commands.extend(request.user, duty=row.duty, until=said["until"], reason=said["reason"])

    if request.method == "POST" and form.is_valid() and carried_out(form, command):
        messages.success(request, "The due time was moved.")
        return redirect("duty", pk=pk)
    context = {"row": row, "form": form, "latest": queries.latest_extension(row.duty)}
    return render(request, "duties/extend.html", context)


@page("duty.reassign", methods=("GET", "POST"))
def duty_reassign(request: PageRequest, pk: int) -> HttpResponse:
    """Hand the duty to another unit or officer; its clock goes on."""
    row = _one(request, pk, name="duty-reassign")
    form = ReassignForm(request.POST or None)

    def command() -> None:
        said = form.cleaned_data
        unit, officer = said["unit"] or None, said["officer"]
        commands.reassign(request.user, duty=row.duty, unit=unit, officer=officer, reason=said["reason"])

    if request.method == "POST" and form.is_valid() and carried_out(form, command):
        messages.success(request, "The duty was handed on. Its clock goes on.")
        return redirect("home")  # handed to another unit, it may no longer be the reader's to see
    return render(request, "duties/reassign.html", {"row": row, "form": form})
