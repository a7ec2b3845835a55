"""The tree kept as tiles: a tile of level L holds up to 256 roots of complete subtrees of 256**L leaves, 32 bytes each.

A database keeps a tile in a row; appending changes only the last tile of each level, and proofs read a few tiles.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sooner.engines.merkle.tree import EMPTY_ROOT, HASH_BYTES, node_hash, range_root

WIDTH = 256
HEIGHT = 8  # levels of the tree inside one tile: 2**8 == WIDTH
HASH = HASH_BYTES

Place = tuple[int, int]
"""(level of tile, index of tile)."""


class TileStore(Protocol):
    """Where tiles are read: an absent tile is empty bytes."""

    def read(self, level: int, index: int) -> bytes: ...


class MissingTile(ValueError):
    """The store lacks hashes that a tree of this size must have."""


def append(store: TileStore, size: int, leaves: Sequence[bytes]) -> dict[Place, bytes]:
    """The tiles that change when leaf hashes (32 bytes each) are added to a tree of `size`: place to whole new content.

    Hashes that a tile holds beyond `size` are written over. Raises MissingTile, and ValueError for a leaf that is no hash.
    """
    if any(len(leaf) != HASH for leaf in leaves):
        raise ValueError(f"a leaf hash has {HASH} bytes: hash the entry with leaf_hash first")
    changed: dict[Place, bytes] = {}
    level, start, added = 0, size, list(leaves)
    while added:
        completed: list[bytes] = []
        index = start // WIDTH
        held = store.read(level, index)[: (start % WIDTH) * HASH]
        if len(held) != (start % WIDTH) * HASH:
            raise MissingTile(f"tile {level}/{index} lacks hashes that a tree of {size} has")
        position = 0
        while position < len(added):
            taken = added[position : position + WIDTH - len(held) // HASH]
            held += b"".join(taken)
            changed[level, index] = held
            position += len(taken)
            if len(held) == WIDTH * HASH:
                completed.append(_tile_root(held))
                index, held = index + 1, b""
        level, start, added = level + 1, start // WIDTH, completed
    return changed


def _tile_root(tile: bytes) -> bytes:
    row = [tile[i : i + HASH] for i in range(0, len(tile), HASH)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


class TiledTree:
    """Reads complete subtrees' roots out of tiles; give `subtree` to the functions of `tree`."""

    def __init__(self, store: TileStore) -> None:
        self.store = store
        self._tiles: dict[Place, bytes] = {}

    def subtree(self, level: int, index: int) -> bytes:
        """The root of the complete subtree of 2**level leaves at `index`. Raises MissingTile."""
        tile_level, inside = divmod(level, HEIGHT)
        first = index << inside  # in units of 256**tile_level leaves
        tile = self._tile(tile_level, first // WIDTH)
        begin = (first % WIDTH) * HASH
        row = tile[begin : begin + (HASH << inside)]
        if len(row) != HASH << inside:
            raise MissingTile(f"tile {tile_level}/{first // WIDTH} lacks hashes")
        return _tile_root(row)

    def _tile(self, level: int, index: int) -> bytes:
        place = (level, index)
        if place not in self._tiles:
            self._tiles[place] = self.store.read(level, index)
        return self._tiles[place]

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return range_root(self.subtree, 0, size) if size else EMPTY_ROOT


class Memory:
    """A store in memory, for tests and for checking a tree held elsewhere."""

    def __init__(self, tiles: Mapping[Place, bytes] | None = None) -> None:
        self.tiles: dict[Place, bytes] = dict(tiles or {})

    def read(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")

    def update(self, changed: Mapping[Place, bytes]) -> None:
        self.tiles.update(changed)
