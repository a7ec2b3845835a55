"""The intake's pages: receive, documents, referrals. They hold no rules."""

from typing import cast

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render

from sooner.access.gate import PageRequest, carried_out, page
from sooner.engines.formats.referral_csv import write_template
from sooner.intake import queries
from sooner.intake.commands.receive import Receipt, receive_file
from sooner.intake.commands.settle import (
    close_referral,
    note_version_read,
    read_again,
    reopen_referral,
    settle_document,
)
from sooner.intake.forms import ReasonForm, ReceiveForm, SettleForm
from sooner.intake.process import process_now
from sooner.ledger.work import Subject, record_view
from sooner.people.evidence import candidates


@page("document.receive", methods=("GET", "POST"))
def receive(request: PageRequest) -> HttpResponse:
    """Upload documents. They are kept before anything else; the main job then runs at once."""
    form = ReceiveForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "intake/receive.html", {"form": form})
    receipts: list[Receipt] = []
    for uploaded in form.cleaned_data["files"]:
        receipts += receive_file(request.actor, file=uploaded.file, name=uploaded.name, via="upload")
    process_now()
    request.session["receipts"] = [receipt.document for receipt in receipts][:500]
    return redirect("received")


@page("document.receive")
def received(request: PageRequest) -> HttpResponse:
    """What became of the documents just received: each with its referrals, or the reason it is before a person."""
    rows = queries.received_documents(request.user, request.session.get("receipts", []))
    return render(request, "intake/received.html", {"rows": rows})


@page("document.receive")
def csv_template(request: PageRequest) -> HttpResponse:
    """The empty CSV template for referrals from elsewhere."""
    response = HttpResponse(write_template(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="referral-template.csv"'
    return response


@page("document.view")
def documents(request: PageRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    found = queries.documents(request.user, after=_number(request.GET.get("after")), state=state)
    return render(request, "intake/documents.html", {"page": found, "state": state})


@page("document.view", methods=("GET", "POST"))
def document(request: PageRequest, pk: int) -> HttpResponse:
    """One document: what it is, why it could not be read, and what a person does about it."""
    found = queries.document_for(request.user, pk)
    form = SettleForm(request.POST or None)
    if request.method == "POST" and "again" in request.POST:
        read_again(request.user, document=found)
        process_now()
        return redirect("document", pk=pk)
    settle = lambda: settle_document(request.user, document=found, note=form.cleaned_data["note"])
    if request.method == "POST" and form.is_valid() and carried_out(form, settle):
        return redirect("document", pk=pk)
    record_view(request.actor, subject=Subject("document", pk), thread=f"document:{pk}", page="document")
    context = {
        "document": found,
        "form": form,
        "preview": queries.preview(found) if found.state in {"unreadable", "settled", "answer"} else "",
        "about": found.about if found.about and queries.may_see(request.user, found.about) else None,
        "referrals": [r for r in queries.referrals_of(found) if queries.may_see(request.user, r)],
        "attachments": found.attachments.all()[:200],
    }
    return render(request, "intake/document.html", context)


@page("referral.view")
def referrals(request: PageRequest) -> HttpResponse:
    filters = {
        "search": request.GET.get("search", "").strip(),
        "urgent": request.GET.get("urgent") == "yes",
        "state": request.GET.get("state", "open"),
    }
    found = queries.referrals(
        request.user,
        after=_number(request.GET.get("after")),
        search=str(filters["search"]),
        urgent=bool(filters["urgent"]),
        state=str(filters["state"]),
    )
    return render(request, "intake/referrals.html", {"page": found, "filters": filters})


@page("referral.view")
def referral(request: PageRequest, pk: int) -> HttpResponse:
    """What must be done now, for which child, and everything the referral says."""
    found = queries.referral_for(request.user, pk)
    version, content = queries.reading_of(found, _number(request.GET.get("version")))
    record_view(
        request.actor,
        subject=Subject("referral", pk),
        thread=found.thread,
        page="referral",
        version=version.number,
    )
    context = {
        "referral": found,
        "version": version,
        "content": content,
        "versions": queries.versions_of(found),
        "parties": queries.party_rows(found, content),
        "may_read_text": queries.may_read_text(request.user),
        "new_version_waits": queries.new_version_waits(found),
    }
    return render(request, "intake/referral.html", context)


@page("referral.close", methods=("GET", "POST"))
def referral_close(request: PageRequest, pk: int) -> HttpResponse:
    """Close an open referral or open a closed one again, with a reason."""
    found = queries.referral_for(request.user, pk)
    form = ReasonForm(request.POST or None)
    command = reopen_referral if found.closed_at else close_referral
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if carried_out(form, lambda: command(request.user, referral=found, reason=reason)):
            process_now()
            messages.success(
                request,
                "Done: the referral is open again." if found.closed_at else "Done: the referral is closed.",
            )
            return redirect("referral", pk=pk)
    return render(request, "intake/referral_close.html", {"referral": found, "form": form})


@page("person.correct")
def referral_person(request: PageRequest, pk: int, place: int) -> HttpResponse:
    """Whom a person of the report may be, with the evidence, and below the list's share when asked."""
    found = queries.referral_for(request.user, pk)
    party, sought = queries.described(found, place)
    lowered = request.GET.get("lower") == "yes"
    likely = candidates(sought, record=queries.record_of(found, place), lowered=lowered)
    for one in likely.rows:
        subject = Subject("person", one.person.pk)
        record_view(request.actor, subject=subject, thread=f"person:{one.person.pk}", page="evidence")
    context = {"referral": found, "party": party, "likely": likely, "lowered": lowered}
    return render(request, "intake/referral_person.html", context)


@page("document.settle", methods=("GET", "POST"))
def referral_version_read(request: PageRequest, pk: int) -> HttpResponse:
    """Say that a new version which opened the referral again was read, and what was done."""
    found = queries.referral_for(request.user, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = form.cleaned_data["reason"]
        if carried_out(form, lambda: note_version_read(request.user, referral=found, what_was_done=done)):
            messages.success(request, "Recorded: the new version is read.")
            return redirect("referral", pk=pk)
    return render(request, "intake/referral_version_read.html", {"referral": found, "form": form})


@page("document.view")
def raw(request: PageRequest, pk: int) -> HttpResponse:
    """The received bytes as they came, as a download of plain bytes."""
    found = queries.document_for(request.user, pk)
    record_view(
        request.actor, subject=Subject("document", pk), thread=f"document:{pk}", page="document-bytes"
    )
    response = FileResponse(
        queries.open_bytes(found), content_type="application/octet-stream", as_attachment=True
    )
    response["Content-Disposition"] = f'attachment; filename="document-{pk}.bin"'
    return cast(HttpResponse, response)  # a file is streamed, and answers as any other


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 19 else None
