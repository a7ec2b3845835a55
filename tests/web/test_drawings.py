"""The household picture: nobody is lost, nobody covers another, and the words match the boxes."""

from datetime import date
from itertools import combinations

from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from sooner.engines.drawings import BOX_HEIGHT, BOX_WIDTH, Box, Edge, Node, household_drawing

NODES = st.lists(
    st.builds(
        Node,
        id=st.integers(1, 10_000),
        name=st.text(min_size=1, max_size=60),
        age=st.one_of(st.none(), st.integers(0, 110)),
        kind=st.sampled_from(["suspect", "adult", "at-risk", "child"]),
    ),
    max_size=20,
    unique_by=lambda node: node.id,
)


def _apart(one: Box, other: Box) -> bool:
    return abs(one.x - other.x) >= BOX_WIDTH or abs(one.y - other.y) >= BOX_HEIGHT


@given(NODES)
def test_everybody_is_drawn_once_and_nobody_covers_another(nodes: list[Node]) -> None:
    drawing = household_drawing(nodes)
    assert sorted(box.node.id for box in drawing.boxes) == sorted(node.id for node in nodes)
    assert all(_apart(one, other) for one, other in combinations(drawing.boxes, 2))
    assert all(
        box.x + BOX_WIDTH <= drawing.width and box.y + BOX_HEIGHT <= drawing.height for box in drawing.boxes
    )


@given(NODES)
def test_a_name_fits_its_box_in_at_most_two_lines(nodes: list[Node]) -> None:
    for box in household_drawing(nodes).boxes:
        assert len(box.lines) <= 2
        assert all(len(line) <= 20 for line in box.lines)


def test_a_suspect_who_is_a_child_is_called_both() -> None:
    drawing = household_drawing([Node(1, "Robin Example", 15, "suspect")])
    assert drawing.boxes[0].kind_words == "Suspect and child, 15"


def test_a_tie_to_somebody_elsewhere_is_left_out() -> None:
    nodes = [Node(1, "A", 40, "adult"), Node(2, "B", 4, "at-risk")]
    drawing = household_drawing(nodes, [Edge(1, 2, "parent of"), Edge(1, 9, "friend of")])
    assert [(tie.source, tie.words, tie.target) for tie in drawing.ties] == [("A", "parent of", "B")]


def test_the_picture_has_a_name_a_description_and_a_table_with_the_same_people() -> None:
    nodes = [
        Node(1, "Robin Example", 40, "suspect", since=date(2020, 1, 2)),
        Node(2, "Sam Example", 4, "at-risk"),
    ]
    html = Template("{% load sooner %}{% household nodes %}").render(Context({"nodes": nodes}))
    assert 'role="img"' in html
    assert "<desc" in html
    assert "2 people: 1 suspect, 1 child at risk." in html
    table = html[html.index("<table") :]
    assert "Robin Example" in table
    assert "Child at risk, 4" in table
    assert "2 January 2020" in table


def test_an_empty_household_says_so() -> None:
    html = Template("{% load sooner %}{% household nodes %}").render(Context({"nodes": []}))
    assert "Nobody is known to live here" in html
    assert "<svg" not in html
