"""Operations over the ledger: entries, proofs per RFC 9162, signed checkpoints. Hashes are hexadecimal."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from sooner.access.api import NO_CONTROLS, Id, In, responses
from sooner.access.gate import PageRequest, operation
from sooner.access.models import User
from sooner.errors import Refused
from sooner.history import commands, queries
from sooner.ledger import queries as proofs
from sooner.ledger.checkpoints import origin, public_pem
from sooner.ledger.models import Checkpoint, Entry
from sooner.ledger.sealing import sealed_size
from sooner.ledger.work import Subject, record_view

router = Router(tags=["ledger"])
After = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="The cursor of the page before.")]
Name = Annotated[str, Query(max_length=60, pattern=r"^[A-Za-z0-9.:\-]*$")]
About = Annotated[str, Query(pattern=r"^([a-z\-]{1,40}:[0-9]{1,18})?$", description="As `child:5`.")]
Size = Annotated[int, Query(ge=0, le=2**63 - 1)]
Note = Annotated[str, Field(min_length=1, max_length=4000, pattern=NO_CONTROLS)]


class EntryOut(Schema):
    id: int
    at: datetime
    event: str
    title: str
    actor_kind: str
    actor: int | None
    actor_label: str
    subject_kind: str
    subject: int | None
    thread: str
    facts: dict[str, Any]
    effects: list[dict[str, Any]]
    leaf_index: int | None


class EntriesOut(Schema):
    rows: list[EntryOut]
    after: int | None


class ProofOut(Schema):
    index: int
    size: int
    leaf_data: str
    leaf: str
    path: list[str]
    root: str


class ConsistencyOut(Schema):
    old: int
    new: int
    path: list[str]


class CheckpointOut(Schema):
    id: int
    at: datetime
    size: int
    root: str
    note: str


class CheckpointsOut(Schema):
    rows: list[CheckpointOut]
    after: int | None
    sealed: int


class KeyOut(Schema):
    origin: str
    pem: str


class KeptNoteIn(In):
    note: Note


class KeptOut(Schema):
    holds: bool
    size: int
    words: str


@router.get("/ledger/entries", response=responses(EntriesOut), summary="Entries, newest first")
@operation("ledger.view")
def entries(
    request: PageRequest, after: After = None, event: Name = "", thread: Name = "", subject: About = ""
) -> Any:
    found = queries.entries(request.user, after=after, event=event, thread=thread, subject=subject)
    user, said = request.user.pk, {"event": event, "thread": thread, "subject": subject}
    asked = {name: value for name, value in said.items() if value}
    record_view(
        request.actor,
        subject=Subject("user", user),
        thread=f"user:{user}",
        page="api-ledger",
        asked=asked or None,
    )
    return EntriesOut(rows=[_entry(request.user, line.entry) for line in found.rows], after=found.after)


@router.get("/ledger/entries/{pk}", response=responses(EntryOut), summary="One entry")
@operation("ledger.view")
def entry(request: PageRequest, pk: Id) -> Any:
    return _entry(request.user, _seen(request, pk))


@router.get(
    "/ledger/entries/{pk}/proof",
    response=responses(ProofOut),
    summary="That an entry is in the sealed history",
)
@operation("ledger.view")
def proof(request: PageRequest, pk: Id) -> Any:
    entry = _seen(request, pk)
    found = proofs.inclusion(entry)
    if found is None:
        raise Refused("The entry waits to be sealed: ask again in a moment.")
    path = [one.hex() for one in found.path]
    leaf_data = queries.leaf_withheld(request.user, entry) or found.leaf_data
    return ProofOut(
        index=found.index, size=found.size, leaf_data=leaf_data, leaf=found.leaf.hex(), path=path, root=found.root.hex()
    )  # fmt: skip


@router.get(
    "/ledger/consistency",
    response=responses(ConsistencyOut),
    summary="That a tree is the beginning of another",
)
@operation("ledger.verify")
def consistency(
    request: PageRequest, old: Size, new: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None
) -> Any:
    size, path = proofs.consistency(old, new)
    return ConsistencyOut(old=old, new=size, path=[one.hex() for one in path])


@router.get(
    "/ledger/checkpoints", response=responses(CheckpointsOut), summary="Signed checkpoints, newest first"
)
@operation("checkpoint.download")
def checkpoints(request: PageRequest, after: After = None) -> Any:
    found = queries.checkpoints(after=after)
    return CheckpointsOut(
        rows=[_checkpoint(one) for one in found.rows], after=found.after, sealed=sealed_size()
    )


@router.get("/ledger/checkpoints/{pk}", response=responses(CheckpointOut), summary="A checkpoint to keep")
@operation("checkpoint.download")
def checkpoint(request: PageRequest, pk: Id) -> Any:
    found = proofs.checkpoint_for(pk)
    commands.note_download(request.actor, checkpoint=found)
    return _checkpoint(found)


@router.get("/ledger/key", response=responses(KeyOut), summary="The public key of checkpoints")
@operation("checkpoint.download")
def key(request: PageRequest) -> Any:
    return KeyOut(origin=origin(), pem=public_pem())


@router.post(
    "/ledger/check", response=responses(KeptOut), summary="Whether history is what a kept checkpoint says"
)
@operation("ledger.verify")
def check(request: PageRequest, body: KeptNoteIn) -> Any:
    return KeptOut.from_orm(proofs.check_kept(body.note))


def _seen(request: PageRequest, pk: int) -> Entry:
    found = queries.entry_for(request.user, pk)
    record_view(request.actor, subject=Subject("entry", pk), thread=found.thread, page="api-ledger-entry")
    return found


def _entry(user: User, entry: Entry) -> EntryOut:
    return EntryOut(
        id=entry.pk,
        at=entry.at,
        event=entry.event,
        title=proofs.title_of(entry.event),
        actor_kind=entry.actor_kind,
        actor=entry.actor_id,
        actor_label=entry.actor_label,
        subject_kind=entry.subject_kind,
        subject=entry.subject_id,
        thread=entry.thread,
        facts=queries.seen_facts(user, entry),
        effects=entry.effects,
        leaf_index=entry.leaf_index,
    )


def _checkpoint(one: Checkpoint) -> CheckpointOut:
    return CheckpointOut(id=one.pk, at=one.at, size=one.size, root=bytes(one.root).hex(), note=one.note)
