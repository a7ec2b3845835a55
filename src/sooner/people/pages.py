"""Pages about persons, households and loaded extracts. They hold no rules."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from sooner.access.decide import Reader
from sooner.access.gate import PageRequest, carried_out, page
from sooner.ledger.work import Subject, record_view
from sooner.people import holdings, picture, queries
from sooner.people.commands.correct import correct_person
from sooner.people.commands.export import export_for
from sooner.people.commands.link import decide_link
from sooner.people.forms import CorrectForm, ExportForm, LinkForm


@page("person.view")
def person(request: PageRequest, pk: int) -> HttpResponse:
    """One person: what is known, from whom, since when."""
    found = queries.person_for(request.user, pk)
    _viewed(request, found.pk, "person")
    context = {
        "known": queries.known_of(found),
        "age": queries.age_of(found),
        "masked": Reader(request.user).names_masked,
    }
    return render(request, "people/person.html", context)


@page("household.view")
def household(request: PageRequest, pk: int) -> HttpResponse:
    """Who lives with whom at an address, drawn, with the table beneath."""
    address, residents = queries.household_for(request.user, pk)
    record_view(request.actor, subject=Subject("address", pk), thread=f"address:{pk}", page="household")
    nodes, edges = picture.of_household(residents, user=request.user)
    masked = Reader(request.user).names_masked
    context = {"address": address, "nodes": nodes, "edges": edges, "masked": masked}
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
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and carried_out(form, lambda: _link(request, form, pk)):
        return redirect("person", pk=found.pk)
    _viewed(request, found.pk, "person-link")
    return render(request, "people/link.html", {"person": found, "form": form})


def _link(request: PageRequest, form: LinkForm, pk: int) -> None:
    said = form.cleaned_data
    one, other = queries.person_for(request.user, pk), queries.person_for(request.user, said["other"])
    decide_link(request.user, person=one, other=other, same=said["same"] == "yes", reason=said["reason"])


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
