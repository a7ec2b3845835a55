"""The Merkle tree of RFC 9162 section 2.1: hashes, roots, inclusion and consistency proofs, and their verification.

Hashes are 32 bytes of SHA-256. A tree of n leaves is D[0:n]; `k` below is the largest power of two smaller than n.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
LEAF, NODE = b"\x00", b"\x01"
EMPTY_ROOT = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""The root of the complete subtree of 2**level leaves that begins at leaf index * 2**level: (level, index) -> hash."""


class ProofError(ValueError):
    """A proof does not show what it claims; the message says why."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry (section 2.1.1)."""
    return sha256(LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees (section 2.1.1)."""
    return sha256(NODE + left + right).digest()


def split(size: int) -> int:
    """The largest power of two smaller than `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


class RootAccumulator:
    """The root of a growing list of leaf hashes, in memory logarithmic in its length."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []  # (level, root) of complete subtrees, largest first

    def append(self, leaf: bytes) -> None:
        level, node = 0, leaf
        while self._peaks and self._peaks[-1][0] == level:
            node = sha256(NODE + self._peaks.pop()[1] + node).digest()
            level += 1
        self._peaks.append((level, node))
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The root of what was appended so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def _require_whole(hashes: Sequence[bytes]) -> None:
    # A node is hashed over two hashes end to end: with other lengths, bytes could move from one to the other unseen.
    if any(len(held) != HASH_BYTES for held in hashes):
        raise ProofError(f"the proof holds something that is not a hash of {HASH_BYTES} bytes")


def range_root(subtree: Subtree, begin: int, size: int) -> bytes:
    """The root of leaves begin .. begin+size, where `begin` is a multiple of the largest power of two in `size`."""
    if size == 0:
        return EMPTY_ROOT
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, begin >> level)
    k = split(size)
    return node_hash(range_root(subtree, begin, k), range_root(subtree, begin + k, size - k))


def inclusion_proof(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """PATH(index, D[0:size]) of section 2.1.3.1. Raises ProofError when there is no such leaf."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} entries has no entry {index}")
    return _path(subtree, index, 0, size)


def _path(subtree: Subtree, index: int, begin: int, size: int) -> list[bytes]:
    if size == 1:
        return []
    k = split(size)
    if index < k:
        return [*_path(subtree, index, begin, k), range_root(subtree, begin + k, size - k)]
    return [*_path(subtree, index - k, begin + k, size - k), range_root(subtree, begin, k)]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Section 2.1.3.2. Raises ProofError unless the proof shows the leaf at `index` under `root`."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} entries has no entry {index}")
    _require_whole([leaf, *proof])
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise ProofError("the proof is longer than the tree is high")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    if sn:
        raise ProofError("the proof is shorter than the tree is high")
    if r != root:
        raise ProofError("the entry is not in the tree with this root")


def consistency_proof(subtree: Subtree, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[0:new]) of section 2.1.4.1; empty when the sizes are equal or the old tree is empty."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} entries never had {old}")
    if old in (0, new):
        return []
    return _subproof(subtree, old, 0, new, True)


def _subproof(subtree: Subtree, old: int, begin: int, size: int, known: bool) -> list[bytes]:
    if old == size:
        return [] if known else [range_root(subtree, begin, size)]
    k = split(size)
    if old <= k:
        return [*_subproof(subtree, old, begin, k, known), range_root(subtree, begin + k, size - k)]
    return [*_subproof(subtree, old - k, begin + k, size - k, False), range_root(subtree, begin, k)]


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Section 2.1.4.2. Raises ProofError unless the new tree begins with all of the old one.

    Every tree begins with the empty one, so `old` 0 needs no proof: it says nothing about the newer root.
    """
    _require_whole(proof)
    if old < 0:
        raise ProofError(f"no tree has {old} entries")
    if old > new:
        raise ProofError(f"the older tree has {old} entries and the newer only {new}: entries are missing")
    if old == new:
        if old_root != new_root:
            raise ProofError("two trees of one size have different roots: history was rewritten")
        if proof:
            raise ProofError("nothing is to be proved about two trees of one size")
        return
    if old == 0:
        if proof:
            raise ProofError("nothing is to be proved about an empty tree")
        return
    _verify_grown(old, new, old_root, new_root, list(proof))


def _verify_grown(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> None:
    if not path:
        raise ProofError("the proof is empty")
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise ProofError("the proof is longer than the tree is high")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    if fr != old_root:
        raise ProofError("the older tree is not a beginning of the newer: history was rewritten")
    if sr != new_root or sn != 0:
        raise ProofError("the proof does not lead to the newer tree's root")
