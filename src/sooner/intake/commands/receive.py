"""Receiving: the one door for every document. Bytes are kept with their SHA-256 before anything parses them.

Receiving the same bytes twice changes nothing but a count. Of an attachment only fingerprints are kept. A member of a ZIP
that is refused becomes an item before a person; the rest of the ZIP is received all the same.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.db.models import F

from sooner.engines.formats.containers import Attachment as Seen
from sooner.engines.formats.containers import Item, Limits, Member, Refused, members
from sooner.intake.models import Attachment, Document, Part
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy

PART_BYTES = 4 * 1024 * 1024
BATCH_MEMBERS = 200
BATCH_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one received thing. outcome: new, known (received before), refused (before a person)."""

    document: int
    name: str
    sha256: str
    outcome: str
    reason: str = ""


def receive_bytes(actor: Actor, *, name: str, data: bytes, via: str) -> list[Receipt]:
    """Receive one document, or a ZIP of them, held in memory."""
    return list(receive_file(actor, file=io.BytesIO(data), name=name, via=via))


def receive_path(actor: Actor, *, path: Path, via: str) -> Iterator[Receipt]:
    """Receive a file, a ZIP or a folder, streaming; yields receipts as they are committed."""
    yield from _receive(actor, members(path, limits=limits()), via=via)


def receive_file(actor: Actor, *, file: BinaryIO, name: str, via: str) -> Iterator[Receipt]:
    """Receive an open, seekable file, streaming; yields receipts as they are committed."""
    yield from _receive(actor, members(file, name=name, limits=limits()), via=via)


def limits() -> Limits:
    """The bounds on what one container may hold, from force.toml."""
    force = get_policy().force
    return Limits(
        max_members=force.largest_container_members,
        max_expanded=force.largest_container_bytes,
        max_document=force.largest_document_bytes,
    )


def _receive(actor: Actor, items: Iterable[Item], *, via: str) -> Iterator[Receipt]:
    for batch in _batches(items):
        with unit_of_work(actor) as work:
            receipts = _keep(work, batch, via=via)
        yield from receipts


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Groups of items small enough for one transaction and flat memory."""
    batch: list[Item] = []
    held = 0
    for item in items:
        batch.append(item)
        held += item.size
        if len(batch) >= BATCH_MEMBERS or held >= BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _keep(work: UnitOfWork, batch: Sequence[Item], *, via: str) -> list[Receipt]:
    known = {
        document.sha256: document
        for document in Document.objects.filter(sha256__in={item.sha256 for item in batch})
    }
    fresh: dict[str, tuple[Document, Item]] = {}
    for item in batch:
        if item.sha256 not in known and item.sha256 not in fresh:
            fresh[item.sha256] = (_document(work, item, via=via), item)
    Document.objects.bulk_create([document for document, _ in fresh.values()])
    _keep_bytes(fresh.values())
    Attachment.objects.bulk_create(
        Attachment(document=document, name=item.name[:300], size=item.size, md5=item.md5, sha1=item.sha1, sha256=item.sha256)
        for document, item in fresh.values()
        if isinstance(item, Seen)
    )
    for document, item in fresh.values():
        _record_received(work, document, item)
    return [_receipt(work, item, fresh, known) for item in batch]


def _document(work: UnitOfWork, item: Item, *, via: str) -> Document:
    state, reason = "received", ""
    if isinstance(item, Refused):
        state, reason = "unreadable", item.reason
    elif isinstance(item, Seen):
        state = "attachment"
    return Document(
        sha256=item.sha256,
        name=item.name[-300:],
        size=item.size,
        via=via,
        received_at=clock.now(),
        received_by=work.actor.label[:120],
        state=state,
        reason=reason,
    )


def _keep_bytes(fresh: Iterable[tuple[Document, Item]]) -> None:
    parts = (
        Part(document=document, place=place, data=data)
        for document, item in fresh
        if isinstance(item, Member)
        for place, data in enumerate(item.parts(PART_BYTES))
    )
    while group := list(islice(parts, 50)):
        Part.objects.bulk_create(group)


def _record_received(work: UnitOfWork, document: Document, item: Item) -> None:
    event = {"received": "document.received", "unreadable": "document.unreadable"}.get(document.state)
    if event is None:
        event = "attachment.fingerprinted"
    work.record(
        event,
        subject=Subject("document", document.pk),
        thread=f"document:{document.pk}",
        sha256=document.sha256,
        size=document.size,
        via=document.via,
    )


def _receipt(
    work: UnitOfWork, item: Item, fresh: dict[str, tuple[Document, Item]], known: dict[str, Document]
) -> Receipt:
    made = fresh.get(item.sha256)
    if made is not None and made[1] is item:
        outcome = "refused" if isinstance(item, Refused) else "new"
        return Receipt(made[0].pk, item.name, item.sha256, outcome, made[0].reason)
    document = made[0] if made else known[item.sha256]
    Document.objects.filter(pk=document.pk).update(times_received=F("times_received") + 1)
    work.record(
        "document.received-again",
        subject=Subject("document", document.pk),
        thread=f"document:{document.pk}",
        sha256=document.sha256,
    )
    return Receipt(document.pk, item.name, item.sha256, "known")


