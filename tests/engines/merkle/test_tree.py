"""The Merkle engine against the RFC's own definition, and the vectors that transparency logs share."""

from functools import cache
from hashlib import sha256
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.merkle import tree
from sooner.engines.merkle.tiles import Memory, MissingTile, TiledTree, append

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


# Index and size, then the path: the published proofs over the same entries.
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
# Older and newer size, then the proof.
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
ALL_SIZES = 300


def naive_split(n: int) -> int:
    """The largest power of two smaller than n, found by doubling."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@cache
def naive_range(begin: int, end: int) -> bytes:
    """MTH(D[begin:end]) of RFC 9162 section 2.1.1, word for word; entry i is the digits of i."""
    if begin == end:
        return sha256(b"").digest()
    if end - begin == 1:
        return sha256(b"\x00" + str(begin).encode()).digest()
    k = begin + naive_split(end - begin)
    return sha256(b"\x01" + naive_range(begin, k) + naive_range(k, end)).digest()


def naive_path(m: int, begin: int, end: int) -> list[bytes]:
    """PATH(m, D[begin:end]) of section 2.1.3.1."""
    if end - begin == 1:
        return []
    k = naive_split(end - begin)
    if m < k:
        return [*naive_path(m, begin, begin + k), naive_range(begin + k, end)]
    return [*naive_path(m - k, begin + k, end), naive_range(begin, begin + k)]


def naive_subproof(m: int, begin: int, end: int, known: bool) -> list[bytes]:
    """SUBPROOF(m, D[begin:end], known) of section 2.1.4.1."""
    n = end - begin
    if m == n:
        return [] if known else [naive_range(begin, end)]
    k = naive_split(n)
    if m <= k:
        return [*naive_subproof(m, begin, begin + k, known), naive_range(begin + k, end)]
    return [*naive_subproof(m - k, begin + k, end, False), naive_range(begin, begin + k)]


def numbers(size: int) -> list[bytes]:
    return [str(i).encode() for i in range(size)]


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


@pytest.mark.parametrize(("place", "path"), INCLUSION.items())
def test_the_published_inclusion_proofs_are_made_and_hold(place: tuple[int, int], path: list[str]) -> None:
    index, size = place
    proof = tree.inclusion_proof(tiled(ENTRIES).subtree, index, size)
    assert [step.hex() for step in proof] == path
    tree.verify_inclusion(tree.leaf_hash(ENTRIES[index]), index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("sizes", "path"), CONSISTENCY.items())
def test_the_published_consistency_proofs_are_made_and_hold(sizes: tuple[int, int], path: list[str]) -> None:
    old, new = sizes
    proof = tree.consistency_proof(tiled(ENTRIES).subtree, old, new)
    assert [step.hex() for step in proof] == path
    tree.verify_consistency(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), proof)


def test_the_running_root_agrees_with_the_definition_at_every_size() -> None:
    running = tree.RootAccumulator()
    for size in range(ALL_SIZES + 1):
        assert running.root() == naive_range(0, size)
        running.append(tree.leaf_hash(str(size).encode()))


@pytest.mark.parametrize("step", [1, 7, 256, 1000])
def test_the_stored_root_agrees_with_the_definition_at_every_size_however_it_grew(step: int) -> None:
    held = tiled(numbers(700), step=step)
    for size in [*range(ALL_SIZES + 1), 511, 512, 513, 700]:
        assert held.root(size) == naive_range(0, size)


def test_a_tree_of_three_levels_of_tiles_agrees_with_the_running_root() -> None:
    size = 256 * 256 + 300
    leaves = [tree.leaf_hash(leaf) for leaf in numbers(size)]
    store, running = Memory(), tree.RootAccumulator()
    for begin in range(0, size, 10_007):
        store.update(append(store, begin, leaves[begin : begin + 10_007]))
    running.extend(leaves)
    held = TiledTree(store)
    assert {level for level, _ in store.tiles} == {0, 1, 2}
    assert held.root(size) == running.root() == naive_range(0, size)
    assert tree.inclusion_proof(held.subtree, 65_536, size) == naive_path(65_536, 0, size)
    assert tree.consistency_proof(held.subtree, 65_537, size) == naive_subproof(65_537, 0, size, True)


def test_every_proof_of_every_small_tree_is_the_definition_s_and_holds() -> None:
    held = tiled(numbers(40))
    for size in range(1, 41):
        for index in range(size):
            proof = tree.inclusion_proof(held.subtree, index, size)
            assert proof == naive_path(index, 0, size)
            tree.verify_inclusion(
                tree.leaf_hash(str(index).encode()), index, size, proof, naive_range(0, size)
            )
        for old in range(1, size + 1):
            proof = tree.consistency_proof(held.subtree, old, size)
            assert proof == naive_subproof(old, 0, size, True)
            tree.verify_consistency(old, size, naive_range(0, old), naive_range(0, size), proof)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 3000), st.data())
def test_proofs_of_larger_trees_are_the_definition_s(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert tree.inclusion_proof(LARGE.subtree, index, size) == naive_path(index, 0, size)
    assert tree.consistency_proof(LARGE.subtree, old, size) == naive_subproof(old, 0, size, True)


def changed_proofs(proof: list[bytes]) -> list[list[bytes]]:
    """Every way to spoil one place of a proof: a bit, a step left out, doubled, exchanged, or divided elsewhere."""
    spoilt = [[*proof, bytes(32)], [bytes(32), *proof]]
    for i, step in enumerate(proof):
        spoilt.append([*proof[:i], bytes([step[0] ^ 1]) + step[1:], *proof[i + 1 :]])
        spoilt.append([*proof[:i], step[:-1] + bytes([step[-1] ^ 128]), *proof[i + 1 :]])
        spoilt.append([*proof[:i], *proof[i + 1 :]])
        spoilt.append([*proof[:i], step, step, *proof[i + 1 :]])
        for other in range(i + 1, len(proof)):
            swapped = list(proof)
            swapped[i], swapped[other] = swapped[other], swapped[i]
            spoilt.append(swapped)
    for i in range(len(proof) - 1):
        spoilt.append([*proof[:i], proof[i][:-1], proof[i][-1:] + proof[i + 1], *proof[i + 2 :]])
    return spoilt


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3000), st.data())
def test_an_inclusion_proof_holds_for_its_own_entry_place_and_tree_only(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, root = tree.leaf_hash(str(index).encode()), naive_range(0, size)
    proof = tree.inclusion_proof(LARGE.subtree, index, size)
    tree.verify_inclusion(leaf, index, size, proof, root)
    wrong = [(leaf, index, size, changed, root) for changed in changed_proofs(proof)]
    wrong += [(tree.leaf_hash(b"another"), index, size, proof, root), (leaf, index, size, proof, bytes(32))]
    wrong += [(leaf, other, size, proof, root) for other in (index - 1, index + 1, index ^ 1, size)]
    for claim in wrong:
        with pytest.raises(tree.ProofError):
            tree.verify_inclusion(*claim)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3000), st.data())
def test_a_consistency_proof_holds_for_its_own_two_trees_only(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    before, after = naive_range(0, old), naive_range(0, new)
    proof = tree.consistency_proof(LARGE.subtree, old, new)
    tree.verify_consistency(old, new, before, after, proof)
    wrong = [(old, new, before, after, changed) for changed in changed_proofs(proof)]
    wrong += [(old, new, bytes(32), after, proof), (old, new, before, bytes(32), proof)]
    wrong += [(new + 1, new, before, after, proof), (-old, new, before, after, proof)]
    wrong += [(old, new * 4, before, after, proof)]
    for claim in wrong:
        with pytest.raises(tree.ProofError):
            tree.verify_consistency(*claim)


def test_bytes_cannot_move_between_an_entry_s_hash_and_its_proof() -> None:
    """Both are hashed end to end, so a byte that moved over would give the same root."""
    first, second = (tree.leaf_hash(leaf) for leaf in numbers(2))
    root = naive_range(0, 2)
    tree.verify_inclusion(second, 1, 2, [first], root)
    with pytest.raises(tree.ProofError, match="32 bytes"):
        tree.verify_inclusion(second[1:], 1, 2, [first + second[:1]], root)
    with pytest.raises(tree.ProofError, match="32 bytes"):
        tree.verify_consistency(1, 2, first, root, [second + b"x"])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 700), st.integers(0, 700), st.data())
def test_a_rewritten_entry_is_found_whatever_the_forger_proves(
    one: int, other: int, data: st.DataObject
) -> None:
    old, new = sorted((one, other))
    if not old:
        tree.verify_consistency(0, new, naive_range(0, 0), naive_range(0, new), [])
        return
    place = data.draw(st.integers(0, old - 1))
    leaves = numbers(new)
    rewritten = tiled([*leaves[:place], b"rewritten", *leaves[place + 1 :]])
    forged = tree.consistency_proof(rewritten.subtree, old, new)
    for proof in (forged, naive_subproof(old, 0, new, True)):
        with pytest.raises(tree.ProofError):
            tree.verify_consistency(old, new, naive_range(0, old), rewritten.root(new), proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_there_is_no_proof_of_an_entry_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(tree.ProofError, match="has no entry"):
        tree.inclusion_proof(LARGE.subtree, index, size)


def test_an_appended_tree_changes_only_the_last_tile_of_each_level() -> None:
    store = Memory()
    store.update(append(store, 0, [tree.leaf_hash(leaf) for leaf in numbers(600)]))
    assert set(append(store, 600, [bytes(32)])) == {(0, 2)}
    assert set(append(store, 600, [bytes(32)] * 168)) == {(0, 2), (1, 0)}


def test_hashes_left_behind_by_an_unfinished_append_are_written_over() -> None:
    leaves = [tree.leaf_hash(leaf) for leaf in numbers(20)]
    store = Memory(append(Memory(), 0, [*leaves[:10], *[bytes(32)] * 5]))
    store.update(append(store, 10, leaves[10:]))
    assert TiledTree(store).root(20) == naive_range(0, 20)


def test_a_store_with_holes_is_named_not_guessed_around() -> None:
    store = Memory(append(Memory(), 0, [tree.leaf_hash(leaf) for leaf in numbers(600)]))
    del store.tiles[0, 1]
    with pytest.raises(MissingTile, match="tile 0/1"):
        TiledTree(store).root(400)
    with pytest.raises(MissingTile, match="tile 0/1"):
        append(store, 300, [bytes(32)])


def test_something_that_is_no_hash_is_not_appended() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        append(Memory(), 0, [b"an entry, not its hash"])


def test_a_million_entries_take_seconds_not_minutes() -> None:
    """A million a second on an idle core; the best of five against a fifth of that, so that a busy machine passes."""
    leaves = [tree.leaf_hash(leaf) for leaf in numbers(50_000)]
    assert min(seconds_to_extend(leaves) for _ in range(5)) < len(leaves) / 200_000


def seconds_to_extend(leaves: list[bytes]) -> float:
    running, begin = tree.RootAccumulator(), perf_counter()
    running.extend(leaves)
    return perf_counter() - begin


LARGE = tiled(numbers(3000))
