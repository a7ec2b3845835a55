"""One pair at once weighs exactly what Splink makes of it in bulk."""

from itertools import combinations

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sooner.engines.linkage import batch
from sooner.engines.linkage.fields import COLUMNS, Description, Prepared, prepare
from sooner.engines.linkage.model import Model, dumps, loads
from sooner.engines.linkage.scoring import Scorer, probability, weight_of
from tests.engines.linkage.people import SHORT_NAMES, descriptions, shipped_model, trained_models


def people_table(model: Model, rows: list[Prepared]) -> pa.Table:
    said = [
        {"record": place, "source": "", **dict(zip(COLUMNS, row.values, strict=True))}
        for place, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(said, schema=batch.schema(model))


def in_bulk(model: Model, rows: list[Prepared]) -> dict[tuple[int, int], float]:
    """Splink's weight of every pair."""
    engine = batch.DuckDB(threads=1)
    engine.load("people", people_table(model, rows))
    engine.run(
        "SELECT l.record AS one, r.record AS other FROM people l JOIN people r ON l.record < r.record",
        name="pairs",
    )
    found = batch.predict(engine, model, at_least=-10_000).to_pylist()
    return {(row["one"], row["other"]): row["weight"] for row in found}


# Each example is a whole run of Splink: few examples of many pairs, and no search for a smaller one.
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(model=trained_models(), people=st.lists(descriptions, min_size=8, max_size=14))
def test_one_pair_weighs_what_splink_makes_of_it(model: Model, people: list[Description]) -> None:
    rows = [prepare(one, short_names=SHORT_NAMES) for one in people]
    weights, scorer = in_bulk(model, rows), Scorer(model)
    assert set(weights) == set(combinations(range(len(rows)), 2))
    for (one, other), weight in weights.items():
        assert abs(scorer.weight(rows[one].values, rows[other].values) - weight) < 1e-9


@given(model=trained_models(), one=descriptions, other=descriptions)
def test_the_parts_shown_add_up_to_the_weight_either_way_round(
    model: Model, one: Description, other: Description
) -> None:
    scorer = Scorer(model)
    left, right = (prepare(each, short_names=SHORT_NAMES).values for each in (one, other))
    weighed = scorer.weighed(left, right)
    assert len(weighed.parts) == len(model.comparisons) + 1
    assert abs(weighed.weight - scorer.weight(left, right)) < 1e-9
    assert abs(scorer.weight(left, right) - scorer.weight(right, left)) < 1e-9


def test_a_model_without_training_says_only_how_rare_a_match_is() -> None:
    model = shipped_model().weighted(())
    row = prepare(Description(names=(("Amara", "Okafor"),), born="2011-03-04"), short_names={}).values
    assert Scorer(model).weight(row, row) == model.prior_weight


@given(trained_models())
def test_a_model_is_read_as_it_was_written(model: Model) -> None:
    assert loads(dumps(model)) == model
    assert dumps(loads(dumps(model))) == dumps(model)


@given(st.floats(min_value=0.0001, max_value=0.9999))
def test_a_share_and_its_weight_are_one(share: float) -> None:
    assert abs(probability(weight_of(share)) - share) < 1e-12
