"""Invented people to be linked: names of many origins, missing parts, and copies with faults, as hypothesis strategies."""

import tomllib
from importlib.resources import files

from hypothesis import strategies as st

from sooner.engines.linkage.fields import COLUMNS, LISTS, Description, Home
from sooner.engines.linkage.model import Comparison, Level, Model

GIVEN = (
    "Amara", "Amira", "Mohammed", "Muhammad", "Beth", "Elizabeth", "Ольга", "Łukasz", "Siân", "Nguyễn", "Hui", "王小明", "محمد",
    "O'Neil", "Jo", "J", "Jean Marie", "",
)  # fmt: skip
FAMILY = (
    "Okafor", "Okafour", "Smith", "Smyth", "Khan", "Иванова", "de la Cruz", "Cruz", "Ho", "Ōtsuka", "Beth", "Amara", "김", "",
)  # fmt: skip
BORN = ("2011-03-04", "2011-04-03", "2011-03-05", "2012-03-04", "1984-11-30", "1984-11-03", "")
HOMES = (
    Home("14 Elm Road", "Newby", "NB1 2CD"), Home("Flat 2 14 Elm Rd", "Newby", "NB1 2CD"),
    Home("41 Elm Road", "Newby", "NB1 2CE"),
    Home("9 Oak Lane", "Oldham Green", ""), Home("", "", "ZZ9 9ZZ"), Home(),
)  # fmt: skip
CONTACTS = ("phone:447700900001", "phone:447700900002", "email:a@example.org", "account:ünï")
NHS = ("9990000001", "9990000010", "9990000999", "")
SHORT_NAMES = {"beth": "elizabeth"}

names = st.tuples(st.sampled_from(GIVEN), st.sampled_from(FAMILY))
descriptions = st.builds(
    Description,
    names=st.lists(names, max_size=3).map(tuple),
    born=st.sampled_from(BORN),
    sex=st.sampled_from(("f", "m", "")),
    homes=st.lists(st.sampled_from(HOMES), max_size=2).map(tuple),
    contacts=st.lists(st.sampled_from(CONTACTS), max_size=2).map(tuple),
    nhs=st.sampled_from(NHS),
    upn=st.sampled_from(("X1", "X2", "")),
)


def shipped_model() -> Model:
    """The comparisons that ship, without weights."""
    said = tomllib.loads(files("sooner.policy").joinpath("data/linkage.toml").read_text())
    comparisons = (
        Comparison(one["key"], one["title"], tuple(Level(**level) for level in one["level"]))
        for one in said["comparison"]
    )
    return Model("person", COLUMNS, tuple(sorted(LISTS)), tuple(comparisons))


shares = st.floats(min_value=1e-6, max_value=0.999, exclude_min=True)

learned = shares | st.none()
"""A level that the training never saw has no share."""


@st.composite
def trained_models(draw: st.DrawFn) -> Model:
    """The shipped comparisons with any weights, prior and frequencies."""
    bare = shipped_model()
    weights = [
        [(None, None) if level.unknown else (draw(learned), draw(learned)) for level in one.levels]
        for one in bare.comparisons
    ]
    known = st.dictionaries(
        st.sampled_from(("amara", "amira", "beth", "olga", "okafor", "smith", "kim")), shares, max_size=4
    )
    return Model(
        bare.kind,
        bare.columns,
        bare.lists,
        bare.weighted(weights).comparisons,
        prior=draw(st.floats(min_value=1e-9, max_value=0.5)),
        frequencies={column: draw(known) for column in bare.frequency_columns},
        rarest={column: draw(shares) for column in bare.frequency_columns},
    )
