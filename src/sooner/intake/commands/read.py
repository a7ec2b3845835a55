"""Reading: stored bytes become referrals, new versions of known ones, or an item before a person with a plain reason.

Set-based: one call reads a batch of documents in one unit of work. Safe to run twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sooner.engines.formats.document import ReferralDocument, from_json, to_json, with_files
from sooner.engines.formats.errors import FormatError
from sooner.engines.formats.reader import read_documents
from sooner.intake.differences import differences
from sooner.intake.models import Document, Part, Referral, Version
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork
from sooner.policy.loader import get_policy

DOCUMENT_THREAD = "document:{}"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One report found in a document, at its place there."""

    document: Document
    member: int
    content: ReferralDocument


@dataclass(slots=True)
class _Draft:
    """A referral as this batch leaves it, with the versions to add."""

    referral: Referral
    latest: ReferralDocument | None
    added: list[Version] = field(default_factory=list)
    is_new: bool = False
    reopened: bool = False
    """It was closed, and a new version came: whoever closed it did not know what this says."""


def read(work: UnitOfWork, document_ids: Sequence[int]) -> None:
    """Read received documents. Those already read, settled or withdrawn are left as they are."""
    documents = list(
        Document.objects.select_for_update().filter(pk__in=document_ids, state="received").order_by("pk")
    )
    readings, failures = _parse(documents)
    drafts = _drafts(readings)
    _store(work, drafts)
    _put_before_a_person(work, failures)
    done = [d.pk for d in documents if d.pk not in {failed.pk for failed, _ in failures}]
    Document.objects.filter(pk__in=done).update(state="read")


def bytes_of(document: Document) -> bytes:
    """The document's stored bytes, whole."""
    return b"".join(bytes(part) for part in document.parts.order_by("place").values_list("data", flat=True))


def _parse(documents: Sequence[Document]) -> tuple[list[_Reading], list[tuple[Document, str]]]:
    readings: list[_Reading] = []
    failures: list[tuple[Document, str]] = []
    small = [d for d in documents if d.size <= get_policy().force.largest_parsed_bytes]
    failures += [(d, _too_large(d)) for d in documents if d not in small]
    bodies = _bodies(small)
    for document in small:
        try:
            reports = read_documents(bodies.get(document.pk, b""))
        except FormatError as error:
            failures.append((document, str(error)))
        else:
            readings += [_Reading(document, place, report) for place, report in enumerate(reports)]
    return readings, failures


def _too_large(document: Document) -> str:
    return (
        f"The document is {document.size / 2**20:,.0f} MiB, more than is read in one piece. It is kept whole."
        " Ask the sender for it in smaller parts, or record below what it says."
    )


def _bodies(documents: Iterable[Document]) -> dict[int, bytes]:
    bodies: dict[int, bytes] = {}
    parts = Part.objects.filter(document__in=[d.pk for d in documents]).order_by("document_id", "place")
    for document, data in parts.values_list("document_id", "data"):
        bodies[document] = bodies.get(document, b"") + bytes(data)
    return bodies


def number_key(content: ReferralDocument) -> str | None:
    """The sender's own number within its numbering; all CyberTipline shapes share one."""
    if not content.report_number:
        return None
    space = (
        "cybertip" if content.format.startswith("cybertip") else content.sender.casefold() or content.format
    )
    return f"{space}:{content.report_number}"[:300]


def _drafts(readings: Sequence[_Reading]) -> list[_Draft]:
    keys = {key for reading in readings if (key := number_key(reading.content))}
    drafts = _known(keys)
    ordered: list[_Draft] = list(drafts.values())
    for reading in readings:
        key = number_key(reading.content)
        draft = drafts.get(key) if key else None
        if draft is None:
            draft = _Draft(_referral(reading), None, is_new=True)
            ordered.append(draft)
            if key:
                drafts[key] = draft
        _add_version(draft, reading)
    return ordered


def _known(keys: set[str]) -> dict[str | None, _Draft]:
    known = Referral.objects.select_for_update().filter(number_key__in=keys)
    drafts: dict[str | None, _Draft] = {}
    for referral in known if keys else ():
        latest = Version.objects.get(referral=referral, number=referral.version)
        drafts[referral.number_key] = _Draft(referral, from_json(latest.content))
    return drafts


def _referral(reading: _Reading) -> Referral:
    content, document = reading.content, reading.document
    return Referral(
        source_format=content.format[:24],
        number=content.report_number[:120],
        number_key=number_key(content),
        sender=content.sender[:160],
        received_at=document.received_at,
        incident_at=content.incident_at,
        incident_type=content.incident_type[:160],
        urgent=is_urgent(content),
        version=0,
    )


def is_urgent(content: ReferralDocument) -> bool:
    """The sender asked for urgency: priority E or 1, or a stated reason to escalate."""
    return content.priority in get_policy().force.urgent_priorities or bool(content.escalation)


def _add_version(draft: _Draft, reading: _Reading) -> None:
    content = _whole(draft.latest, reading.content)
    changed = differences(draft.latest, content)
    if draft.latest is not None and not changed:
        return
    referral = draft.referral
    referral.version += 1
    referral.urgent = referral.urgent or is_urgent(content)  # automation may raise, never lower
    draft.added.append(
        Version(
            number=referral.version,
            document=reading.document,
            member=reading.member,
            content=to_json(content).decode(),
            differences=changed,
            read_at=clock.now(),
        )
    )
    draft.latest = content


def _whole(latest: ReferralDocument | None, content: ReferralDocument) -> ReferralDocument:
    """A document that only describes files is added to the report it belongs to, whichever came first."""
    if latest is None:
        return content
    if content.format == "cybertip-file":
        return with_files(latest, [content])
    if latest.format == "cybertip-file":
        return with_files(content, [latest])
    return content


def _store(work: UnitOfWork, drafts: Sequence[_Draft]) -> None:
    changed = [draft for draft in drafts if draft.added]
    Referral.objects.bulk_create([draft.referral for draft in changed if draft.is_new])
    for draft in changed:
        if not draft.is_new:
            draft.reopened = draft.referral.closed_at is not None
            draft.referral.closed_at, draft.referral.closed_reason = None, ""
            draft.referral.save(update_fields=["version", "urgent", "closed_at", "closed_reason"])
        for version in draft.added:
            version.referral = draft.referral
    Version.objects.bulk_create([version for draft in changed for version in draft.added])
    for draft in changed:
        for version in draft.added:
            _record(work, draft.referral, version)
        if draft.reopened:
            _record_reopened(work, draft.referral)


def _record_reopened(work: UnitOfWork, referral: Referral) -> None:
    work.record(
        "referral.reopened",
        subject=Subject("referral", referral.pk),
        thread=referral.thread,
        urgent=referral.urgent,
        restricted=referral.restricted or None,
        unit=referral.unit or None,
        because="new-version",
        version=referral.version,
    )


def _record(work: UnitOfWork, referral: Referral, version: Version) -> None:
    work.record(
        "referral.read" if version.number == 1 else "referral.updated",
        subject=Subject("referral", referral.pk),
        thread=referral.thread,
        document=version.document_id,
        version=version.number,
        urgent=referral.urgent,
        restricted=referral.restricted or None,
        unit=referral.unit or None,
    )


def _put_before_a_person(work: UnitOfWork, failures: Sequence[tuple[Document, str]]) -> None:
    for document, reason in failures:
        Document.objects.filter(pk=document.pk).update(state="unreadable", reason=reason)
        work.record(
            "document.unreadable",
            subject=Subject("document", document.pk),
            thread=DOCUMENT_THREAD.format(document.pk),
            sha256=document.digest or None,
        )
