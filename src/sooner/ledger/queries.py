"""Reading the ledger in plain English, and its proofs. Who may read which entry is decided in the room `history`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sooner.engines.merkle.checkpoint import CheckpointError, verify_checkpoint
from sooner.engines.merkle.tiles import MissingTile
from sooner.engines.merkle.tree import consistency_proof, inclusion_proof, leaf_hash
from sooner.errors import NotFound
from sooner.ledger.checkpoints import origin, public_key
from sooner.ledger.models import Checkpoint, Entry
from sooner.ledger.sealing import LEAF_FIELDS, leaf_bytes, sealed_size, stored_tree
from sooner.policy.loader import get_policy


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One line of a time line."""

    at: datetime
    title: str
    actor: str
    detail: str
    entry: int
    event: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in the tree: everything a stranger needs to check it."""

    index: int
    size: int
    leaf: bytes
    leaf_data: str
    path: list[bytes]
    root: bytes


WAYS = {
    "search": "Found by the search",
    "new-evidence": "Found by new evidence",
    "added-by-officer": "Added by an officer",
    "suspect-known": "The suspect was known already",
    "policy": "By the policy's rules",
    "person": "Decided by a person",
    "session": "With an open session",
    "password": "With a password",
    "second-factor": "With a second factor",
}
"""What the codes of `how` mean to a reader; anything else is said as it stands."""


def title_of(event: str) -> str:
    """The event in plain English."""
    declared = get_policy().events.get(event)
    return declared.title if declared else event


def timeline(
    threads: str | Sequence[str], *, limit: int = 100, views: bool = False, withheld: str = ""
) -> list[TimelineItem]:
    """The newest entries of threads whose record the reader already sees; views of the record only when asked."""
    names = [threads] if isinstance(threads, str) else list(threads)
    rows = Entry.objects.filter(thread__in=names)
    if not views:
        rows = rows.exclude(event="record.viewed")
    return [
        TimelineItem(e.at, title_of(e.event), e.actor_label, detail_of(e, withheld=withheld), e.pk, e.event)
        for e in rows.order_by("-pk")[:limit]
    ]


OWN_WORDS = frozenset(
    {"reason", "how", "words", "note", "detail", "who_was_asked", "answer", "name", "attendees"}
)
"""Facts of entries that people wrote in their own words, which may name anybody."""


def detail_of(entry: Entry, *, withheld: str = "") -> str:
    """What a reader wants beside the title: which duty, to whom, the given reason, how. `withheld`: what stands in place of what
    people wrote in their own words, for a reader who sees no names."""
    facts, policy = entry.facts, get_policy()
    parts = [
        withheld if withheld and name in OWN_WORDS else _words(facts[name])
        for name in ("reason", "how", "decision")
        if facts.get(name)
    ]
    if entry.event.startswith("duty."):
        known, heard = policy.duties.get(str(facts.get("duty"))), policy.roles.get(str(facts.get("to")))
        return "; ".join([*([known.title] if known else []), *([heard.title] if heard else []), *parts])
    return "; ".join([*parts, *(_words(facts[name]) for name in ("level", "to") if facts.get(name))])


def _words(value: Any) -> str:
    return ", ".join(map(_words, value)) if isinstance(value, list) else WAYS.get(str(value), str(value))


def inclusion(entry: Entry) -> Proof | None:
    """The proof that the entry is in the tree as sealed now; None while it waits to be sealed."""
    if entry.leaf_index is None:
        return None
    data = leaf_bytes(*(getattr(entry, name) for name in LEAF_FIELDS))
    tree, size = stored_tree(), sealed_size()
    path = inclusion_proof(tree.subtree, entry.leaf_index, size)
    return Proof(entry.leaf_index, size, leaf_hash(data), data.decode(), path, tree.root(size))


def consistency(old: int, new: int | None = None) -> tuple[int, list[bytes]]:
    """(new size, proof) that the tree of `old` entries is the beginning of the tree of `new` (now, by default)."""
    size = sealed_size() if new is None else new
    if not 0 <= old <= size <= sealed_size():
        raise NotFound(
            f"The ledger has {sealed_size()} sealed entries: ask for sizes up to that, the older first."
        )
    return size, consistency_proof(stored_tree().subtree, old, size)


def checkpoint_for(pk: int) -> Checkpoint:
    """A checkpoint. Raises NotFound."""
    found = Checkpoint.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such checkpoint.")
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """What a checkpoint that somebody kept says about the ledger as it is now."""

    holds: bool
    size: int
    words: str


def check_kept(note: str) -> Kept:
    """Compare a kept checkpoint's signature and root with the stored tree.

    Quick, and enough for a partner who also runs `sooner ledger verify`, which recomputes the tree from the entries.
    """
    try:
        signed = verify_checkpoint(note.replace("\r\n", "\n").strip() + "\n", keys={origin(): public_key()})
    except CheckpointError as error:
        return Kept(False, 0, f"This checkpoint does not hold: {error}.")
    size = sealed_size()
    if signed.size > size:
        words = f"The checkpoint covers {signed.size:,} entries and the ledger has {size:,}: entries were removed."
        return Kept(False, signed.size, words)
    try:
        same = stored_tree().root(signed.size) == signed.root
    except MissingTile as error:
        return Kept(False, signed.size, f"The stored tree has holes: {error}.")
    if not same:
        words = f"The first {signed.size:,} entries are not those that were signed: history was rewritten."
        return Kept(False, signed.size, words)
    words = (
        f"The first {signed.size:,} entries are those that were signed; {size - signed.size:,} came since."
    )
    return Kept(True, signed.size, words)
