"""The ledger for those who watch: entries, what each one opened and ended, its proof, and checkpoints to keep."""

from django.http import HttpResponse
from django.shortcuts import render

from sooner.access.gate import PageRequest, page
from sooner.history import commands, queries
from sooner.history.forms import CheckForm, FilterForm
from sooner.ledger.checkpoints import origin, public_pem
from sooner.ledger.queries import check_kept, checkpoint_for, inclusion, title_of
from sooner.ledger.sealing import sealed_size
from sooner.ledger.work import Subject, record_view


@page("ledger.view")
def ledger(request: PageRequest) -> HttpResponse:
    """Who did what to which record, newest first."""
    form = FilterForm(request.GET if {"thread", "event"} & set(request.GET) else None)
    said = form.cleaned_data if form.is_bound and form.is_valid() else {}
    found = queries.entries(
        request.user,
        after=_number(request.GET.get("after")),
        event=said.get("event", ""),
        thread=said.get("thread", ""),
    )
    user = request.user.pk
    record_view(
        request.actor, subject=Subject("user", user), thread=f"user:{user}", page="ledger", asked=said or None
    )
    return render(request, "history/ledger.html", {"page": found, "form": form, "sealed": sealed_size()})


@page("ledger.view")
def entry(request: PageRequest, pk: int) -> HttpResponse:
    """One entry with everything it says, what it opened and ended, and the proof that it stands in the sealed history."""
    found = queries.entry_for(request.user, pk)
    record_view(request.actor, subject=Subject("entry", pk), thread=found.thread, page="ledger-entry")
    context = {
        "entry": found,
        "entry_title": title_of(found.event),
        "facts": queries.facts_of(request.user, found),
        "withheld": queries.leaf_withheld(request.user, found),
        "effects": queries.effects_of(found),
        "proof": inclusion(found),
    }
    return render(request, "history/entry.html", context)


@page("checkpoint.download")
def checkpoints(request: PageRequest) -> HttpResponse:
    """Signed checkpoints, for a partner to keep."""
    found = queries.checkpoints(after=_number(request.GET.get("after")))
    context = {"page": found, "sealed": sealed_size(), "origin": origin(), "form": CheckForm()}
    return render(request, "history/checkpoints.html", context)


@page("ledger.verify", methods=("GET", "POST"))
def check(request: PageRequest) -> HttpResponse:
    """Whether the history is still what a kept checkpoint says it was."""
    form = CheckForm(request.POST or None)
    kept = check_kept(form.cleaned_data["note"]) if request.method == "POST" and form.is_valid() else None
    return render(request, "history/check.html", {"form": form, "kept": kept})


@page("checkpoint.download")
def checkpoint_download(request: PageRequest, pk: int) -> HttpResponse:
    """The signed text of a checkpoint; that it was taken is on the record."""
    found = checkpoint_for(pk)
    commands.note_download(request.actor, checkpoint=found)
    return _text_file(found.note, f"checkpoint-{found.size}.txt")


@page("checkpoint.download")
def key(request: PageRequest) -> HttpResponse:
    """The public key that checkpoints are signed with."""
    return _text_file(public_pem(), "ledger-key.pem")


def _text_file(words: str, name: str) -> HttpResponse:
    response = HttpResponse(words, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
