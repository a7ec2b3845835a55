"""The same people and keys, linked on Spark and on one machine: the same pairs, the same weights."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pyarrow as pa
import pytest

from sooner.engines.linkage import batch, spark
from sooner.engines.linkage.fields import COLUMNS, Description, Prepared, prepare
from sooner.engines.linkage.model import Model
from tests.engines.linkage.people import BORN, CONTACTS, FAMILY, GIVEN, HOMES, NHS, SHORT_NAMES, shipped_model

pytestmark = pytest.mark.once
PLAN = batch.Plan(
    ("l.given = r.given and l.family = r.family and l.born = r.born",), 0.6, (("born",), ("given_sound", "family_sound"))
)  # fmt: skip
NOW = datetime(2026, 6, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def session() -> Iterator[spark.Spark]:
    with spark.local() as found:
        yield found


def described(chance: Random) -> Description:
    names = tuple((chance.choice(GIVEN), chance.choice(FAMILY)) for _ in range(chance.randint(0, 2)))
    return Description(
        names=names,
        born=chance.choice(BORN),
        sex=chance.choice(("f", "m", "")),
        homes=tuple(chance.sample(HOMES, chance.randint(0, 2))),
        contacts=tuple(chance.sample(CONTACTS, chance.randint(0, 2))),
        nhs=chance.choice(NHS),
        upn=chance.choice(("X1", "X2", "")),
    )


def rows_of(people: int) -> list[Prepared]:
    chance = Random(7)
    return [prepare(described(chance), short_names=SHORT_NAMES) for _ in range(people)]


def load(engine: batch.Engine, model: Model, rows: list[Prepared]) -> None:
    people = [
        {"record": place, "source": "", **dict(zip(COLUMNS, row.values, strict=True))}
        for place, row in enumerate(rows)
    ]
    keys = [{"record": place, "key": key} for place, row in enumerate(rows) for key in row.keys]
    engine.load("people", pa.Table.from_pylist(people, schema=batch.schema(model)))
    engine.load("keys", pa.Table.from_pylist(keys, schema=batch.KEYS_SCHEMA))


def linked(engine: batch.Engine, model: Model, *, among: str = "") -> dict[tuple[int, int], float]:
    batch.block(engine, among=among)
    found = batch.predict(engine, model, at_least=-60).to_pylist()
    return {(row["one"], row["other"]): row["weight"] for row in found}


@pytest.fixture(scope="module")
def engines(session: spark.Spark) -> tuple[batch.DuckDB, spark.Spark, Model]:
    """Both with the same 240 people loaded, and the model that DuckDB learned from them."""
    bare, rows, one_machine = shipped_model(), rows_of(240), batch.DuckDB(threads=1)
    for engine in (one_machine, session):
        load(engine, bare, rows)
    return one_machine, session, batch.train(one_machine, bare, PLAN, on="invented", at=NOW)


Engines = tuple[batch.DuckDB, spark.Spark, Model]


def test_spark_finds_the_same_pairs_with_the_same_weights(engines: Engines) -> None:
    one_machine, many, model = engines
    expected, found = linked(one_machine, model), linked(many, model)
    assert len(expected) > 1000
    assert set(found) == set(expected)
    assert max(abs(found[pair] - weight) for pair, weight in expected.items()) < 1e-9


def test_an_incremental_run_is_the_same_too(engines: Engines) -> None:
    one_machine, many, model = engines
    for engine in (one_machine, many):
        engine.load("moved", pa.table({"record": pa.array([3, 5, 8], pa.int64())}))
    expected, found = linked(one_machine, model, among="moved"), linked(many, model, among="moved")
    assert expected
    assert set(found) == set(expected)


def test_spark_learns_the_same_frequencies_and_prior(engines: Engines) -> None:
    one_machine, many, model = engines
    assert batch.too_common(one_machine, largest=20) == batch.too_common(many, largest=20) > 0
    one_round = replace(
        PLAN, rounds=PLAN.rounds[:1]
    )  # a round takes Spark half a minute however few the rows
    learned = batch.train(many, shipped_model(), one_round, on="invented", at=NOW)
    assert learned.frequencies == model.frequencies
    assert learned.rarest == model.rarest
    assert abs(learned.prior_weight - model.prior_weight) < 1e-9


def test_spark_is_heard_on_the_loopback_only(session: spark.Spark) -> None:
    settings = dict(session.session.sparkContext.getConf().getAll())
    assert settings["spark.driver.host"] == settings["spark.driver.bindAddress"] == "127.0.0.1"
    assert settings["spark.ui.enabled"] == "false"
