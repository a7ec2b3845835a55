"""The Merkle engine against the RFC's own definition, and the vectors that transparency logs share."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.merkle import tree
from sooner.engines.merkle.tiles import Memory, TiledTree, append

# The eight entries and roots that RFC 6962 implementations test with.
ENTRIES = [bytes.fromhex(h) for h in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def tiled(leaves: list[bytes], step: int = 1000) -> TiledTree:
    store, size = Memory(), 0
    while size < len(leaves):
        part = leaves[size : size + step]
        store.update(append(store, size, [tree.leaf_hash(leaf) for leaf in part]))
        size += len(part)
    return TiledTree(store)


@pytest.mark.parametrize("size", range(9))
def test_the_shared_vectors_have_their_published_roots(size: int) -> None:
    assert tiled(ENTRIES[:size]).root(size).hex() == ROOTS[size]


@pytest.mark.parametrize("size", [*range(66), 255, 256, 257, 300, 511, 513])
def test_roots_agree_with_the_definition_however_the_tree_grew(size: int) -> None:
    leaves = [str(i).encode() for i in range(size)]
    running = tree.RootAccumulator()
    running.extend(tree.leaf_hash(leaf) for leaf in leaves)
    expected = naive_root(leaves)
    assert running.root() == expected
    assert tiled(leaves, step=7).root(size) == expected
    assert tiled(leaves).root(size) == expected


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 700), st.data())
def test_every_inclusion_proof_holds_and_fails_for_anything_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = [str(i).encode() for i in range(size)]
    held = tiled(leaves)
    root, proof = held.root(size), tree.inclusion_proof(held.subtree, index, size)
    tree.verify_inclusion(tree.leaf_hash(leaves[index]), index, size, proof, root)
    with pytest.raises(tree.ProofError):
        tree.verify_inclusion(tree.leaf_hash(b"another"), index, size, proof, root)
    if size > 1:
        with pytest.raises(tree.ProofError):
            tree.verify_inclusion(tree.leaf_hash(leaves[index]), (index + 1) % size, size, proof, root)
        with pytest.raises(tree.ProofError):
            tree.verify_inclusion(tree.leaf_hash(leaves[index]), index, size, proof[:-1], root)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 700), st.integers(0, 700), st.data())
def test_a_grown_history_is_consistent_and_a_rewritten_one_is_not(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    leaves = [str(i).encode() for i in range(new)]
    held = tiled(leaves)
    proof = tree.consistency_proof(held.subtree, old, new)
    tree.verify_consistency(old, new, held.root(old), held.root(new), proof)
    if old:
        place = data.draw(st.integers(0, old - 1))
        rewritten = tiled([*leaves[:place], b"rewritten", *leaves[place + 1 :]])
        forged = tree.consistency_proof(rewritten.subtree, old, new)
        with pytest.raises(tree.ProofError):
            tree.verify_consistency(old, new, held.root(old), rewritten.root(new), forged)
