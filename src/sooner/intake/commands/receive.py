"""Receiving: the one door for every document. Bytes are kept with their SHA-256 before anything parses them.

Receiving the same bytes twice changes nothing but a count. Of an attachment only fingerprints are kept. A member of a ZIP
that is refused becomes an item before a person; the rest of the ZIP is received all the same.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.db.models import F

from sooner.engines.formats.containers import Attachment as Seen
from sooner.engines.formats.containers import Limits, Member, Refused, members, unread
from sooner.engines.formats.reader import SNIFFED, Kind, sniff
from sooner.intake.models import NOT_READ, Attachment, Document, Part
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy

PART_BYTES = 4 * 1024 * 1024
BATCH_MEMBERS = 200
BATCH_BYTES = 16 * 1024 * 1024
MESSAGE, ANSWER = "message", "answer"
"""By which way an authority's machine answer comes in, and the state in which it is kept."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one received thing. outcome: new, known (received before), refused (before a person)."""

    document: int
    name: str
    sha256: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be kept: what it is, and a digest that knows it again. `stream` holds a document too large for memory."""

    found: Member | Seen | Refused
    sha256: str
    stream: BinaryIO | None = None

    @property
    def parts(self) -> Iterator[bytes]:
        """The bytes to be kept, a part at a time; none for an attachment or a refusal."""
        if self.stream is not None:
            while part := self.stream.read(PART_BYTES):
                yield part
        elif isinstance(self.found, Member):
            for start in range(0, len(self.found.data), PART_BYTES):
                yield self.found.data[start : start + PART_BYTES]


def receive_bytes(actor: Actor, *, name: str, data: bytes, via: str) -> list[Receipt]:
    """Receive one document, or a ZIP of them, held in memory."""
    return list(receive_file(actor, file=io.BytesIO(data), name=name, via=via))


def receive_path(actor: Actor, *, path: Path, via: str) -> Iterator[Receipt]:
    """Receive a file, a ZIP or a folder, streaming; yields receipts as they are committed."""
    if path.is_dir():
        yield from _receive(actor, _items(actor, members(path, limits=limits()), path.name), via=via)
        return
    with path.open("rb") as file:
        yield from receive_file(actor, file=file, name=path.name, via=via)


def receive_file(actor: Actor, *, file: BinaryIO, name: str, via: str) -> Iterator[Receipt]:
    """Receive an open, seekable file, streaming; yields receipts as they are committed."""
    head = file.read(SNIFFED)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > limits().max_document and sniff(head) not in (Kind.ZIP, Kind.BINARY):
        yield from _receive(actor, iter([_large(file, name, size)]), via=via)
    else:
        found = members(file, name, limits=limits())
        yield from _receive(actor, _items(actor, _nothing_lost(found, name, head, size), name), via=via)


def refuse(actor: Actor, *, name: str, reason: str, via: str) -> Iterator[Receipt]:
    """Put before a person what could not be taken in at all."""
    yield from _receive(actor, _items(actor, [Refused(name=name, reason=reason)], name), via=via)


def keep_answer(actor: Actor, *, name: str, data: bytes) -> Receipt:
    """Keep an authority's answer through the same store as everything received. It is no referral, and is not read as one."""
    digest = hashlib.sha256(data).hexdigest()
    item = Item(Member(name=name, data=data, size=len(data), sha256=digest), digest)
    with unit_of_work(actor) as work:
        return _keep(work, [item], via=MESSAGE, state=ANSWER)[0]


def _large(file: BinaryIO, name: str, size: int) -> Item:
    """A document of text that is too large for memory: digested in one pass, kept whole in a second."""
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any seekable binary file
    file.seek(0)
    return Item(Member(name=name, data=b"", size=size, sha256=digest), digest, stream=file)


def _nothing_lost(
    found: Iterable[Member | Seen | Refused], name: str, head: bytes, size: int
) -> Iterator[Member | Seen | Refused]:
    """Attachments stand beside a document. Where none came with them, what was sent goes before a person."""
    alone = True
    for one in found:
        lone = isinstance(one, Seen) and one.name == name
        yield Refused(name=name, reason=unread(head), sha256=one.sha256, size=one.size) if lone else one
        alone = alone and isinstance(one, Seen) and not lone
    if alone:
        reason = (
            "It holds no document that says anything: what is in it was fingerprinted. Ask the sender for the report that"
            " belongs to it, or enter what they say as a referral."
        )
        yield Refused(name=name, reason=reason, size=size)


def _items(actor: Actor, found: Iterable[Member | Seen | Refused], container: str) -> Iterator[Item]:
    """What was found, each with what it is known again by: its digest; a refusal whose bytes were not read by its place and
    reason; an empty file by who sent it under which name, because all empty files are alike."""
    for one in found:
        if one.sha256 and one.size:
            yield Item(one, one.sha256)
            continue
        reason = one.reason if isinstance(one, Refused) else ""
        sender = "" if one.size else actor.label
        known_by = f"{sender}\0{container}\0{one.name}\0{one.size}\0{reason}"
        yield Item(one, NOT_READ + hashlib.sha256(known_by.encode()).hexdigest()[len(NOT_READ) :])


def limits() -> Limits:
    """The bounds on what one container may hold, from force.toml."""
    force = get_policy().force
    return Limits(
        max_members=force.largest_container_members,
        max_expanded=force.largest_container_bytes,
        max_document=force.largest_parsed_bytes,
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
        held += item.found.size
        if len(batch) >= BATCH_MEMBERS or held >= BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _keep(work: UnitOfWork, batch: Sequence[Item], *, via: str, state: str = "received") -> list[Receipt]:
    known = {
        document.sha256: document
        for document in Document.objects.filter(sha256__in={item.sha256 for item in batch})
    }
    fresh: dict[str, tuple[Document, Item]] = {}
    for item in batch:
        if item.sha256 not in known and item.sha256 not in fresh:
            fresh[item.sha256] = (_document(work, item, via=via, state=state), item)
    Document.objects.bulk_create([document for document, _ in fresh.values()])
    _keep_bytes(fresh.values())
    Attachment.objects.bulk_create(
        Attachment(
            document=document,
            name=seen.name[:300],
            size=seen.size,
            md5=seen.md5,
            sha1=seen.sha1,
            sha256=seen.sha256,
        )
        for document, item in fresh.values()
        if isinstance(seen := item.found, Seen)
    )
    for document, _ in fresh.values():
        _record_received(work, document)
    return [_receipt(work, item, fresh, known) for item in batch]


def _document(work: UnitOfWork, item: Item, *, via: str, state: str) -> Document:
    reason = ""
    if isinstance(item.found, Refused):
        state, reason = "unreadable", item.found.reason
    elif isinstance(item.found, Seen):
        state = "attachment"
    return Document(
        sha256=item.sha256,
        name=item.found.name[-300:],
        size=item.found.size,
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
        for place, data in enumerate(item.parts)
    )
    while group := list(islice(parts, 8)):
        Part.objects.bulk_create(group)


EVENTS = {
    "received": "document.received",
    "unreadable": "document.unreadable",
    "attachment": "attachment.fingerprinted",
    ANSWER: "answer.received",
}


def _record_received(work: UnitOfWork, document: Document) -> None:
    work.record(
        EVENTS[document.state],
        subject=Subject("document", document.pk),
        thread=f"document:{document.pk}",
        sha256=document.digest or None,
        size=document.size,
        via=document.via,
    )


def _receipt(
    work: UnitOfWork, item: Item, fresh: dict[str, tuple[Document, Item]], known: dict[str, Document]
) -> Receipt:
    made = fresh.get(item.sha256)
    if made is not None and made[1] is item:
        outcome = "refused" if isinstance(item.found, Refused) else "new"
        return Receipt(made[0].pk, item.found.name, made[0].digest, outcome, made[0].reason)
    document = made[0] if made else known[item.sha256]
    Document.objects.filter(pk=document.pk).update(times_received=F("times_received") + 1)
    work.record(
        "document.received-again",
        subject=Subject("document", document.pk),
        thread=f"document:{document.pk}",
        sha256=document.digest or None,
    )
    return Receipt(document.pk, item.found.name, document.digest, "known", document.reason)
