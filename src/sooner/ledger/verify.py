"""Verification: the whole history against its tiles, its signed checkpoints, and the checkpoints that partners kept.

Reads every entry as the database holds it now and recomputes everything; it trusts nothing stored but the signatures.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sooner.engines.merkle.checkpoint import Checkpoint as Signed
from sooner.engines.merkle.checkpoint import CheckpointError, verify_checkpoint
from sooner.engines.merkle.tiles import WIDTH, MissingTile
from sooner.engines.merkle.tree import HASH_BYTES, RootAccumulator, leaf_hash
from sooner.ledger.models import Checkpoint, Entry, Tile
from sooner.ledger.sealing import LEAF_FIELDS, leaf_bytes, sealed_size, stored_tree

Progress = Callable[[int, int], None]
"""Called with (entries verified, entries in all)."""
CHUNK = 5000


@dataclass(slots=True)
class Verdict:
    """What verification found. `problems` is empty when the history is whole."""

    entries: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    root: bytes = b""
    agreed: int = 0
    """The largest size at which a signed checkpoint agrees."""
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.problems


def verify(
    *, keys: Mapping[str, Ed25519PublicKey], kept: Sequence[str] = (), progress: Progress | None = None
) -> Verdict:
    """Verify all entries that are sealed when it begins; `kept` are the texts of checkpoints that partners kept."""
    verdict = Verdict()
    expected = _expected_roots(verdict, keys, kept)
    sealed, total = sealed_size(), Entry.objects.filter(leaf_index__isnull=False).count()
    verdict.unsealed = Entry.objects.filter(leaf_index__isnull=True).count()
    whole = _check_entries(verdict, expected, sealed, total, progress)
    if not whole:
        return verdict  # behind the first fault nothing more can be said
    for size, who in sorted(expected.items()):
        names = ", ".join(sorted({name for name, _ in who}))
        verdict.problems.append(
            f"The checkpoint at {size:,} ({names}) covers more entries than the {verdict.entries:,} that are here:"
            " entries were removed."
        )
    _check_tree(verdict)
    return verdict


def _check_tree(verdict: Verdict) -> None:
    """The stored tree, from which proofs are made, says the same as the entries."""
    try:
        stored = stored_tree().root(verdict.entries)
    except MissingTile as error:
        verdict.problems.append(f"The stored tree has holes ({error}): proofs cannot be made from it.")
        return
    if stored != verdict.root:
        verdict.problems.append("The stored tree differs from the entries above its leaves: it was changed.")
    last = Tile.objects.filter(level=0).order_by("-index").first()
    leaves = last.index * WIDTH + len(last.hashes) // HASH_BYTES if last else 0
    if leaves > max(verdict.entries, sealed_size()):
        verdict.problems.append(
            f"The stored tree has {leaves:,} leaves and there are {verdict.entries:,} sealed entries:"
            " entries were removed at the end."
        )


def _expected_roots(
    verdict: Verdict, keys: Mapping[str, Ed25519PublicKey], kept: Sequence[str]
) -> dict[int, list[tuple[str, bytes]]]:
    expected: dict[int, list[tuple[str, bytes]]] = {}
    own = [
        (note, "the force's own")
        for note in Checkpoint.objects.order_by("size").values_list("note", flat=True)
    ]
    for note, whose in [*own, *((note, "kept by a partner") for note in kept)]:
        try:
            signed: Signed = verify_checkpoint(note, keys=keys)
        except CheckpointError as error:
            verdict.problems.append(f"A checkpoint ({whose}) does not hold: {error}.")
            continue
        expected.setdefault(signed.size, []).append((whose, signed.root))
        verdict.checkpoints += 1
    return expected


def _check_entries(
    verdict: Verdict,
    expected: dict[int, list[tuple[str, bytes]]],
    sealed: int,
    total: int,
    progress: Progress | None,
) -> bool:
    """Recompute the tree from the entries. False when a fault stopped it."""
    running, tiles, fault = RootAccumulator(), _LeafTiles(), ""
    _check_root(verdict, running, expected.pop(0, []))
    for place, row in enumerate(_sealed(sealed)):
        leaf = leaf_hash(leaf_bytes(*row[1:]))
        fault = _fault(place, row, changed=leaf != tiles.leaf(place))
        if fault:
            break
        running.append(leaf)
        if running.size in expected:
            _check_root(verdict, running, expected.pop(running.size))
        if progress and (running.size % CHUNK == 0 or running.size == total):
            progress(running.size, total)
    verdict.entries, verdict.root = running.size, running.root()
    if fault:
        verdict.problems.append(fault)
    return not fault


def _fault(place: int, row: Sequence[Any], *, changed: bool) -> str:
    if row[0] != place:
        return f"Entry {place:,} of the sealed history is missing: entries were removed."
    return f"Entry {place:,} ({row[2]}) was changed after it was sealed." if changed else ""


def _check_root(verdict: Verdict, running: RootAccumulator, said: list[tuple[str, bytes]]) -> None:
    root = running.root()
    for whose, signed in said:
        if signed == root:
            verdict.agreed = running.size
            continue
        verdict.problems.append(
            f"The history up to entry {running.size:,} differs from the checkpoint {whose}: it was rewritten"
            f" somewhere behind entry {verdict.agreed:,}."
        )


def _sealed(size: int) -> Iterator[tuple[Any, ...]]:
    rows = Entry.objects.filter(leaf_index__isnull=False, leaf_index__lt=size).order_by("leaf_index")
    return iter(rows.values_list("leaf_index", *LEAF_FIELDS).iterator(chunk_size=CHUNK))


class _LeafTiles:
    """Leaf hashes as the tiles hold them, one tile in memory at a time."""

    def __init__(self) -> None:
        self._index, self._tile = -1, b""

    def leaf(self, place: int) -> bytes:
        index, inside = divmod(place, WIDTH)
        if index != self._index:
            found = Tile.objects.filter(level=0, index=index).values_list("hashes", flat=True).first()
            self._index, self._tile = index, bytes(found) if found is not None else b""
        return self._tile[inside * HASH_BYTES : (inside + 1) * HASH_BYTES]
