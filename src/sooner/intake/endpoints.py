"""Operations of the intake: the door for machines, and what the pages do with documents and referrals."""

import tempfile
from datetime import datetime
from typing import Annotated, Any, BinaryIO, cast

from django.http import FileResponse, HttpRequest
from ninja import Path, Query, Router, Schema, Status

from sooner.access.api import Id, In, Words, responses
from sooner.access.decide import spoken
from sooner.access.gate import PageRequest, operation
from sooner.errors import Refused
from sooner.intake import queries
from sooner.intake.commands.receive import Receipt, receive_file
from sooner.intake.commands.settle import (
    close_referral,
    note_version_read,
    read_again,
    reopen_referral,
    settle_document,
)
from sooner.intake.models import Document, Referral
from sooner.intake.process import process_now
from sooner.ledger.work import Subject, record_view
from sooner.people.endpoints import EvidenceStepOut
from sooner.people.evidence import candidates
from sooner.policy.loader import get_policy

router = Router(tags=["intake"])
CHUNK = 1024 * 1024
IN_MEMORY = 8 * 1024 * 1024
After = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="The cursor of the page before.")]
DOCUMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The document as it is: CyberTipline XML or JSON, the CSV template, or a ZIP of them.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary", "minLength": 1}}
            for kind in ("application/octet-stream", "application/xml", "application/zip", "text/csv")
        },
    }
}

BYTES_ANSWER: dict[str, Any] = {
    "responses": {
        200: {
            "description": "OK",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


class ReceiptOut(Schema):
    document: int
    name: str
    sha256: str
    outcome: str
    state: str
    reason: str
    referrals: list[int]


class ReceiptsOut(Schema):
    receipts: list[ReceiptOut]


class DocumentOut(Schema):
    id: int
    name: str
    sha256: str
    size: int
    state: str
    reason: str
    settled_note: str
    received_at: datetime
    received_by: str
    times_received: int
    about_id: int | None


class DocumentsOut(Schema):
    rows: list[DocumentOut]
    after: int | None


class CandidateOut(Schema):
    person: int
    share: float
    words: str
    evidence: list[EvidenceStepOut]


class EvidenceOut(Schema):
    rows: list[CandidateOut]
    more: int


class ReferralOut(Schema):
    id: int
    reference: str
    number: str
    sender: str
    source_format: str
    incident_type: str
    received_at: datetime
    incident_at: datetime | None
    urgent: bool
    restricted: bool
    unit: str
    version: int
    closed_at: datetime | None
    closed_reason: str


class ReferralsOut(Schema):
    rows: list[ReferralOut]
    after: int | None


class MatchOut(Schema):
    person: int
    certainty: str
    words: str


class PartyOut(Schema):
    role: str
    name: str
    person: int | None
    matches: list[MatchOut]


class FieldOut(Schema):
    path: str
    value: str


class UnrecognisedOut(Schema):
    path: str
    raw: str


class ContentOut(Schema):
    referral: int
    version: int
    document: int
    parties: list[PartyOut]
    warnings: list[str]
    fields: list[FieldOut]
    unrecognised: list[UnrecognisedOut]


class ReasonIn(In):
    reason: Words


class NoteIn(In):
    note: Words


@router.post("/referrals", response=responses(ReceiptsOut, status=201), openapi_extra=DOCUMENT_BODY)
@operation("document.receive")
def receive(
    request: PageRequest,
    name: Annotated[str, Query(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")] = "document",
) -> Any:
    """Receive a document, or a ZIP of them. The answer comes when its bytes are kept; the main job then runs at once."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        _spool(request, cast(BinaryIO, file))
        receipts = list(receive_file(request.actor, file=cast(BinaryIO, file), name=name, via="api"))
    process_now()
    found = queries.received_documents(request.user, [receipt.document for receipt in receipts])
    now = {document.pk: (document, [r.pk for r in referrals]) for document, referrals in found}
    out = [_receipt(receipt, *now.get(receipt.document, (None, []))) for receipt in receipts]
    return Status(201, ReceiptsOut(receipts=out))


def _receipt(receipt: Receipt, document: Document | None, referrals: list[int]) -> ReceiptOut:
    """What became of a document by the end of the first pass: read into referrals, waiting, or before a person and why."""
    return ReceiptOut(
        document=receipt.document,
        name=receipt.name,
        sha256=receipt.sha256,
        outcome=receipt.outcome,
        state=document.state if document else "received",
        reason=document.reason if document else receipt.reason,
        referrals=referrals,
    )


def _spool(request: HttpRequest, file: BinaryIO) -> None:
    """The body into a file, a piece at a time, up to the largest document that the force takes."""
    size, limit = 0, get_policy().force.largest_document_bytes
    while chunk := request.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise Refused(
                f"The document is larger than {limit // 2**20} MiB. Send it in parts, or receive it by 'sooner receive'."
            )
        file.write(chunk)
    if size == 0:
        raise ValueError("The body is empty: send the document itself as the body.")
    file.seek(0)


@router.get("/referrals", response=responses(ReferralsOut))
@operation("referral.view")
def referrals(
    request: PageRequest,
    after: After = None,
    search: Annotated[str, Query(max_length=120, pattern=r"^[^\x00]*$")] = "",
    urgent: bool = False,
    state: Annotated[str, Query(pattern="^(open|closed|all)$")] = "open",
) -> Any:
    """Referrals, newest first, as far as the reader may see."""
    found = queries.referrals(request.user, after=after, search=search, urgent=urgent, state=state)
    for row in (row for row in found.rows if isinstance(row, Referral)):
        row.closed_reason = spoken(row.closed_reason, request.user)
    return found


@router.get("/referrals/{pk}", response=responses(ReferralOut))
@operation("referral.view")
def referral(request: PageRequest, pk: Id) -> Any:
    """One referral."""
    found = queries.referral_for(request.user, pk)
    _viewed(request, found, "api-referral")
    found.closed_reason = spoken(found.closed_reason, request.user)
    return found


@router.get("/referrals/{pk}/content", response=responses(ContentOut))
@operation("referral.view")
def content(
    request: PageRequest, pk: Id, version: Annotated[int | None, Query(ge=1, le=100_000)] = None
) -> Any:
    """Everything a version of the referral says; quoted messages only for roles that need them."""
    found = queries.referral_for(request.user, pk)
    held, said = queries.reading_of(found, version)
    _viewed(request, found, "api-referral-content")
    reads = queries.may_read_text(request.user)
    return ContentOut(
        referral=found.pk,
        version=held.number,
        document=held.document_id,
        parties=[
            PartyOut(
                role=p.role,
                name=p.name if reads else "",
                person=p.person_id,
                matches=[MatchOut(**m) for m in p.how_matched],
            )
            for p in queries.parties_of(found)
        ],
        warnings=list(said.warnings),
        fields=[FieldOut(path=f.path, value=f.value) for f in said.fields] if reads else [],
        unrecognised=[UnrecognisedOut(path=u.path, raw=u.raw) for u in said.unrecognised] if reads else [],
    )


def _viewed(request: PageRequest, found: Referral, page: str) -> None:
    record_view(request.actor, subject=Subject("referral", found.pk), thread=found.thread, page=page)


@router.post("/referrals/{pk}/close", response=responses(ReferralOut))
@operation("referral.close")
def close(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Close a referral, with a reason."""
    close_referral(request.user, referral=queries.referral_for(request.user, pk), reason=body.reason)
    return queries.referral_for(request.user, pk)


@router.post("/referrals/{pk}/reopen", response=responses(ReferralOut))
@operation("referral.close")
def reopen(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Open a closed referral again, with a reason."""
    reopen_referral(request.user, referral=queries.referral_for(request.user, pk), reason=body.reason)
    process_now()
    return queries.referral_for(request.user, pk)


@router.get("/referrals/{pk}/people/{place}", response=responses(EvidenceOut))
@operation("person.correct")
def evidence(
    request: PageRequest, pk: Id, place: Annotated[int, Path(ge=0, le=10_000)], lower: bool = False
) -> Any:
    """Whom a person of the report may be, with the evidence; `lower`: below the list's share too."""
    found = queries.referral_for(request.user, pk)
    _, sought = queries.described(found, place)
    likely = candidates(sought, record=queries.record_of(found, place), lowered=lower)
    for one in likely.rows:
        subject = Subject("person", one.person.pk)
        record_view(request.actor, subject=subject, thread=f"person:{one.person.pk}", page="api-evidence")
    return EvidenceOut(
        more=likely.more,
        rows=[
            CandidateOut(
                person=one.person.pk,
                share=one.share,
                words=one.words,
                evidence=[
                    EvidenceStepOut(title=step.title, answer=step.answer, bits=step.bits)
                    for step in one.steps
                ],
            )
            for one in likely.rows
        ],
    )


@router.post("/referrals/{pk}/version-read", response=responses(ReferralOut))
@operation("document.settle")
def version_read(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Say that a new version which opened the referral again was read, and what was done."""
    found = queries.referral_for(request.user, pk)
    note_version_read(request.user, referral=found, what_was_done=body.reason)
    return queries.referral_for(request.user, pk)


@router.get("/documents", response=responses(DocumentsOut))
@operation("document.view")
def documents(
    request: PageRequest,
    after: After = None,
    state: Annotated[str, Query(pattern="^(|received|read|unreadable|settled|attachment|answer)$")] = "",
) -> Any:
    """Documents, newest first."""
    return queries.documents(request.user, after=after, state=state)


@router.get("/documents/{pk}", response=responses(DocumentOut))
@operation("document.view")
def document(request: PageRequest, pk: Id) -> Any:
    """One document."""
    return _document(request, pk)


def _document(request: PageRequest, pk: int) -> Document:
    record_view(request.actor, subject=Subject("document", pk), thread=f"document:{pk}", page="api-document")
    return queries.document_for(request.user, pk)


@router.get("/documents/{pk}/bytes", response=responses(bytes), openapi_extra=BYTES_ANSWER)
@operation("document.view")
def document_bytes(request: PageRequest, pk: Id) -> FileResponse:
    """The received bytes as they came."""
    found = queries.document_for(request.user, pk)
    record_view(
        request.actor, subject=Subject("document", pk), thread=f"document:{pk}", page="api-document-bytes"
    )
    return FileResponse(queries.open_bytes(found), content_type="application/octet-stream")


@router.post("/documents/{pk}/settle", response=responses(DocumentOut))
@operation("document.settle")
def settle(request: PageRequest, pk: Id, body: NoteIn) -> Any:
    """Record what a person did about a document that could not be read."""
    settle_document(request.user, document=queries.document_for(request.user, pk), note=body.note)
    return queries.document_for(request.user, pk)


@router.post("/documents/{pk}/read-again", response=responses(DocumentOut))
@operation("document.settle")
def again(request: PageRequest, pk: Id) -> Any:
    """Try to read a document again."""
    read_again(request.user, document=queries.document_for(request.user, pk))
    process_now()
    return queries.document_for(request.user, pk)
