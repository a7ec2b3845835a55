"""What a person does: a document that could not be read is settled, a referral is closed or opened again. Never by software."""

from sooner.access.decide import actor_for, require
from sooner.access.models import User
from sooner.errors import AlreadyDone, Refused
from sooner.intake.commands.receive import MESSAGE
from sooner.intake.models import Document, Referral
from sooner.ledger import clock
from sooner.ledger.work import Subject, unit_of_work


def settle_document(user: User, *, document: Document, note: str) -> None:
    """Record what a person did about an unreadable document (who was asked, which referral was entered instead)."""
    require(user, "document.settle")
    if not note.strip():
        raise Refused(
            "Say what was done about the document: who was asked, or which referral was entered instead."
        )
    with unit_of_work(actor_for(user)) as work:
        held = Document.objects.select_for_update().get(pk=document.pk)
        if held.state != "unreadable":
            raise AlreadyDone("This document is not waiting for anybody. Nothing changed.")
        held.state, held.settled_note = "settled", note.strip()
        held.save(update_fields=["state", "settled_note"])
        work.record(
            "document.settled",
            subject=Subject("document", held.pk),
            thread=f"document:{held.pk}",
            reason=note.strip(),
        )


def read_again(user: User, *, document: Document) -> None:
    """Put an unreadable document back to be read, for instance after the software learned its form."""
    require(user, "document.settle")
    with unit_of_work(actor_for(user)) as work:
        held = Document.objects.select_for_update().get(pk=document.pk)
        if held.state not in {"unreadable", "settled"} or not held.parts.exists():
            raise Refused(
                "Only a document that could not be read, and whose bytes are kept, can be read again."
            )
        if held.via == MESSAGE:
            raise Refused(
                "This is an authority's answer, not a referral: call the authority, and have it answer again."
            )
        held.state = "received"
        held.save(update_fields=["state"])
        work.record(
            "document.received",
            subject=Subject("document", held.pk),
            thread=f"document:{held.pk}",
            sha256=held.digest or None,
            again=True,
        )


def close_referral(user: User, *, referral: Referral, reason: str) -> None:
    """Close a referral: a named person, with a reason. Its open duties stay until they are discharged."""
    require(user, "referral.close")
    if not reason.strip():
        raise Refused("Give the reason for closing the referral.")
    _refuse_open_duties(referral)
    with unit_of_work(actor_for(user)) as work:
        held = Referral.objects.select_for_update().get(pk=referral.pk)
        if held.closed_at:
            raise AlreadyDone(f"{held.reference} is closed already. Nothing changed.")
        held.closed_at, held.closed_reason = clock.now(), reason.strip()
        held.save(update_fields=["closed_at", "closed_reason"])
        work.record(
            "referral.closed",
            subject=Subject("referral", held.pk),
            thread=held.thread,
            unit=held.unit,
            reason=reason.strip(),
        )


def _refuse_open_duties(referral: Referral) -> None:
    """A referral with a duty to protect a child is live: closing it would drop the child."""
    from sooner.duties.models import Duty

    protecting = Duty.objects.filter(thread=referral.thread, discharged_at__isnull=True, harm__lte=2).count()
    if protecting:
        raise Refused(
            f"{referral.reference} has {protecting} open dut{'y' if protecting == 1 else 'ies'} to protect a child:"
            " do them, or rule the children out one by one, before closing it."
        )


def reopen_referral(user: User, *, referral: Referral, reason: str) -> None:
    """Open a closed referral again; its people are resolved and its children searched anew."""
    require(user, "referral.close")
    if not reason.strip():
        raise Refused("Give the reason for opening the referral again.")
    with unit_of_work(actor_for(user)) as work:
        held = Referral.objects.select_for_update().get(pk=referral.pk)
        if not held.closed_at:
            raise AlreadyDone(f"{held.reference} is open. Nothing changed.")
        held.closed_at, held.closed_reason = None, ""
        held.save(update_fields=["closed_at", "closed_reason"])
        work.record(
            "referral.reopened",
            subject=Subject("referral", held.pk),
            thread=held.thread,
            unit=held.unit,
            urgent=held.urgent,
            reason=reason.strip(),
        )


def note_version_read(user: User, *, referral: Referral, what_was_done: str) -> None:
    """A person read the new version that opened a closed referral again, and says what was done."""
    require(user, "document.settle")
    if not what_was_done.strip():
        raise Refused("Say what the new version changes, and what was done about it.")
    with unit_of_work(actor_for(user)) as work:
        held = Referral.objects.select_for_update().get(pk=referral.pk)
        work.record(
            "referral.version-read",
            subject=Subject("referral", held.pk),
            thread=held.thread,
            unit=held.unit or None,
            restricted=held.restricted or None,
            version=held.version,
            reason=what_was_done.strip(),
        )
