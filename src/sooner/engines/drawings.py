"""The picture of who lives with whom, as places and lines: people in, a drawing out, no database.

The drawing never stands alone: the same facts are in the table beneath it, in the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

BOX_WIDTH, BOX_HEIGHT = 210, 92
GAP_ACROSS, GAP_DOWN = 30, 70
MARGIN = 20
PER_ROW = 4
LINE_LETTERS = 20
ORDER = ("suspect", "adult", "at-risk", "child")
WORDS = {"suspect": "Suspect", "adult": "Adult", "at-risk": "Child at risk", "child": "Child"}


@dataclass(frozen=True, slots=True)
class Node:
    """A person. `kind` is adult, child, suspect or at-risk; a suspect under 18 says so by the age.

    `name` is masked already where the reader sees no names. `age` is in years. `url` may be empty.
    """

    id: int
    name: str
    age: int | None
    kind: str
    since: date | None = None
    until: date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A tie between two people, in words, such as `parent of`; `past` when it is over."""

    source: int
    target: int
    words: str
    past: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A person in the drawing: the box's top left corner and what it says, in SVG units."""

    node: Node
    x: int
    y: int
    lines: tuple[str, ...]
    kind_words: str

    @property
    def middle(self) -> int:
        return self.x + BOX_WIDTH // 2

    @property
    def css(self) -> str:
        return {"suspect": "suspect", "at-risk": "child", "child": "child"}.get(self.node.kind, "adult")


@dataclass(frozen=True, slots=True)
class Line:
    """A tie in the drawing, as an SVG path between two boxes."""

    edge: Edge
    path: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie for the table: two names and the words between them."""

    source: str
    words: str
    target: str
    past: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it. `description` says the picture in words for those who do not see it."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    ties: tuple[Tie, ...]
    description: str
    box_width: int = BOX_WIDTH
    box_middle: int = BOX_WIDTH // 2
    box_height: int = BOX_HEIGHT


def household_drawing(nodes: Sequence[Node], edges: Sequence[Edge] = ()) -> Drawing:
    """Lay people out: suspects and adults above, children below, four in a row; ties to nobody go."""
    boxes = _boxes(nodes)
    place = {box.node.id: box for box in boxes}
    known = [edge for edge in edges if edge.source in place and edge.target in place]
    across = max((box.x for box in boxes), default=0) + BOX_WIDTH + MARGIN
    lowest = max((box.y for box in boxes), default=0)
    arcs = any(place[edge.source].y == place[edge.target].y == lowest for edge in known)
    down = lowest + BOX_HEIGHT + MARGIN + (GAP_DOWN // 2 if arcs else 0)
    return Drawing(
        width=across,
        height=down,
        boxes=tuple(boxes),
        lines=tuple(Line(edge, _path(place[edge.source], place[edge.target])) for edge in known),
        ties=tuple(
            Tie(place[edge.source].node.name, edge.words, place[edge.target].node.name, edge.past)
            for edge in known
        ),
        description=_description(nodes),
    )


def _boxes(nodes: Sequence[Node]) -> list[Box]:
    grown = sorted((node for node in nodes if _row(node) == 0), key=_rank)
    young = sorted((node for node in nodes if _row(node) == 1), key=_rank)
    rows = [group[i : i + PER_ROW] for group in (grown, young) for i in range(0, len(group), PER_ROW)]
    return [
        _box(node, row=row, column=column)
        for row, people in enumerate(rows)
        for column, node in enumerate(people)
    ]


def _row(node: Node) -> int:
    return 1 if node.kind in {"child", "at-risk"} else 0


def _rank(node: Node) -> tuple[int, int, int]:
    kind = ORDER.index(node.kind) if node.kind in ORDER else len(ORDER)
    return kind, -(node.age or 0), node.id


def _box(node: Node, *, row: int, column: int) -> Box:
    x = MARGIN + column * (BOX_WIDTH + GAP_ACROSS)
    y = MARGIN + row * (BOX_HEIGHT + GAP_DOWN)
    return Box(node, x, y, tuple(_wrapped(node.name)), _kind_words(node))


def _wrapped(name: str) -> list[str]:
    """A name in at most two lines of the box; the table has it whole."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > LINE_LETTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    lines = [_cut(line) for line in lines]
    return lines if len(lines) <= 2 else [lines[0], _cut(f"{lines[1]} …")]


def _cut(line: str) -> str:
    return line if len(line) <= LINE_LETTERS else f"{line[: LINE_LETTERS - 1]}…"


def _kind_words(node: Node) -> str:
    words = WORDS.get(node.kind, node.kind)
    child = node.kind == "suspect" and node.age is not None and node.age < 18
    age = f", {node.age}" if node.age is not None else ", age not known"
    return f"{words}{' and child' if child else ''}{age}"


def _path(source: Box, target: Box) -> str:
    """A curve from the higher box down to the lower; between boxes of one row, an arc beneath them."""
    if source.y == target.y:
        base, depth = source.y + BOX_HEIGHT, source.y + BOX_HEIGHT + GAP_DOWN // 2
        return (
            f"M{source.middle} {base} C{source.middle} {depth} {target.middle} {depth} {target.middle} {base}"
        )
    upper, lower = (source, target) if source.y < target.y else (target, source)
    start, end = upper.y + BOX_HEIGHT, lower.y
    half = (start + end) // 2
    return f"M{upper.middle} {start} C{upper.middle} {half} {lower.middle} {half} {lower.middle} {end}"


def _description(nodes: Sequence[Node]) -> str:
    if not nodes:
        return "Nobody is known to live here."
    counts = [(sum(node.kind == kind for node in nodes), WORDS[kind].lower()) for kind in ORDER]
    said = [f"{count} {words if count == 1 else _many(words)}" for count, words in counts if count]
    return f"{len(nodes)} {'person' if len(nodes) == 1 else 'people'}: {', '.join(said)}. The table says who."


def _many(words: str) -> str:
    return {"child": "children", "child at risk": "children at risk"}.get(words, f"{words}s")
