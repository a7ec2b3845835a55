"""Pages about persons, households and loaded extracts. They hold no rules."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sooner.access.decide import Reader
from sooner.access.gate import PageRequest, carried_out, page
from sooner.ledger.work import Subject, record_view
from sooner.people import holdings, picture, queries, reviewing
from sooner.people.commands.correct import correct_person
from sooner.people.commands.export import export_for
from sooner.people.commands.link import decide_link, review, split
from sooner.people.forms import CorrectForm, ExportForm, LinkForm, ReviewForm, SplitForm
from sooner.policy.loader import get_policy


@page("person.view")
def person(request: PageRequest, pk: int) -> HttpResponse:
    """One person: what is known, from whom, since when."""
    found = queries.person_for(request.user, pk)
    _viewed(request, found.pk, "person")
    context = {
        "known": queries.known_of(found),
        "age": queries.age_of(found),
        "masked": Reader(request.user).names_masked,
        "stays": picture.stays_of(found, user=request.user),
        "around": picture.around(found, user=request.user),
    }
    return render(request, "people/person.html", context)


@page("household.view")
def household(request: PageRequest, pk: int) -> HttpResponse:
    """Who lives with whom at an address, drawn, with the table beneath."""
    address, residents = queries.household_for(request.user, pk)
    record_view(request.actor, subject=Subject("address", pk), thread=f"address:{pk}", page="household")
    nodes, edges = picture.of_household(residents, user=request.user)
    masked = Reader(request.user).names_masked
    stays = picture.stays_at(residents, user=request.user)
    context = {"address": address, "nodes": nodes, "edges": edges, "masked": masked, "stays": stays}
    return render(request, "people/household.html", context)


@page("person.correct", methods=("GET", "POST"))
def person_correct(request: PageRequest, pk: int) -> HttpResponse:
    """Correct the best-known name or birth date."""
    found = queries.person_for(request.user, pk)
    form = CorrectForm(request.POST or None, initial={"name": found.name, "dob": found.dob})
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(form, lambda: correct_person(request.user, person=found, **form.cleaned_data))
    ):
        return redirect("person", pk=found.pk)
    _viewed(request, found.pk, "person-correct")
    return render(request, "people/correct.html", {"person": found, "form": form})


@page("person.correct", methods=("GET", "POST"))
def person_link(request: PageRequest, pk: int) -> HttpResponse:
    """Decide whether two persons are one."""
    found = queries.person_for(request.user, pk)
    other = request.GET.get("other", "")
    asked = {"other": other} if other.isdigit() and len(other) < 19 else None
    form = LinkForm(request.POST or None, initial=asked)
    if request.method == "POST" and form.is_valid() and carried_out(form, lambda: _link(request, form, pk)):
        return redirect("person", pk=found.pk)
    _viewed(request, found.pk, "person-link")
    return render(request, "people/link.html", {"person": found, "form": form})


def _link(request: PageRequest, form: LinkForm, pk: int) -> None:
    said = form.cleaned_data
    one, other = queries.person_for(request.user, pk), queries.person_for(request.user, said["other"])
    decide_link(request.user, person=one, other=other, same=said["same"] == "yes", reason=said["reason"])


@page("person.correct", methods=("GET", "POST"))
def person_records(request: PageRequest, pk: int) -> HttpResponse:
    """Which records make up a person, and parting those that are somebody else's."""
    found = queries.person_for(request.user, pk)
    sides = queries.records_of(found)
    choices = [(str(side.record.pk), side.title) for side in sides]
    form = SplitForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        chosen, reason = [int(one) for one in form.cleaned_data["records"]], form.cleaned_data["reason"]
        if carried_out(form, lambda: split(request.user, person=found, records=chosen, reason=reason)):
            messages.success(
                request, "Done: these records are a person of their own, and no run joins them again."
            )
            return redirect("person", pk=pk)
    _viewed(request, found.pk, "person-records")
    return render(request, "people/records.html", {"person": found, "sides": sides, "form": form})


@page("linkage.view")
def linkage(request: PageRequest) -> HttpResponse:
    """How records are linked: the model and its weights, the latest runs, and how good it is."""
    context = {
        "found": reviewing.overview(),
        "progress": reviewing.progress(),
        "rules": get_policy().linkage.rules,
        "quality": get_policy().linkage.quality,
    }
    return render(request, "people/linkage.html", context)


@page("linkage.review", methods=("GET", "POST"))
def linkage_review(request: PageRequest) -> HttpResponse:
    """Two records side by side: are they of one person?"""
    skipped = request.GET.get("after", "")
    after = int(skipped) if skipped.isdigit() and len(skipped) < 7 else 0
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if said["answer"] == "skip":
            return redirect(f"{reverse('linkage-review')}?after={after + 1}")
        if carried_out(form, lambda: _review(request, said)):
            messages.success(request, "Recorded. Here is the next pair.")
            return redirect(f"{reverse('linkage-review')}?after={after}")
    asked = (form.data.get("one", ""), form.data.get("other", "")) if form.is_bound else ("", "")
    pair = (
        reviewing.pair_of(*map(int, asked)) if all(one.isdigit() and len(one) < 19 for one in asked) else None
    )
    pair = pair or reviewing.next_pair(after=after)
    if pair is not None:
        for side in (pair.one, pair.other):
            _viewed(request, side.record.person_id, "linkage-review")
        if not form.is_bound:
            form = ReviewForm(initial={"one": pair.one.record.pk, "other": pair.other.record.pk})
    context = {"pair": pair, "form": form, "progress": reviewing.progress(), "after": after}
    return render(request, "people/review.html", context)


def _review(request: PageRequest, said: dict[str, Any]) -> None:
    review(
        request.user, record=said["one"], other=said["other"], same=said["answer"] == "yes", reason=said["reason"]
    )  # fmt: skip


@page("person.export", methods=("GET", "POST"))
def person_export(request: PageRequest, pk: int) -> HttpResponse:
    """Draw up a draft of everything held on a person, to print or as JSON."""
    found = queries.person_for(request.user, pk)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        draft = export_for(request.user, person=found, reason=said["reason"])
        if said["form"] == "json":
            name = f'attachment; filename="{draft.held.reference}-draft.json"'
            shown = {"indent": 2, "ensure_ascii": False}
            return JsonResponse(draft.as_json, headers={"Content-Disposition": name}, json_dumps_params=shown)
        return render(request, "people/export_page.html", {"draft": draft})
    _viewed(request, found.pk, "person-export")
    return render(request, "people/export.html", {"person": found, "form": form})


@page("extract.view")
def extracts(request: PageRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    found = queries.extract_loads(after=int(after) if after.isdigit() and len(after) < 19 else None)
    context = {"page": found, "holdings": holdings.holdings(), "nameless": holdings.nameless()}
    return render(request, "people/extracts.html", context)


@page("extract.view")
def extract(request: PageRequest, pk: int) -> HttpResponse:
    load = queries.extract_load(pk)
    context = {"load": load, "holding": holdings.holding_of(load.source.key)}
    return render(request, "people/extract.html", context)


def _viewed(request: PageRequest, pk: int, name: str) -> None:
    record_view(request.actor, subject=Subject("person", pk), thread=f"person:{pk}", page=name)
