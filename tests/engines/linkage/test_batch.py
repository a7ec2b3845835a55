"""Which pairs are weighed, and what training learns: without labels, the same from the same rows."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.linkage import batch
from sooner.engines.linkage.conditions import BadCondition
from sooner.engines.linkage.model import BadModel, Comparison, Level, Model, loads

Keyed = list[tuple[int, int]]
keyed = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=30, unique=True)


def blocked(
    keys: Keyed, *, largest: int, among: frozenset[int] | None = None
) -> tuple[list[tuple[int, int]], int]:
    engine = batch.DuckDB(threads=1)
    engine.load(
        "keys",
        pa.table(
            {"record": [record for record, _ in keys], "key": [key for _, key in keys]}, batch.KEYS_SCHEMA
        ),
    )
    if among is not None:
        engine.load("moved", pa.table({"record": pa.array(sorted(among), pa.int64())}))
    batch.block(engine, among="" if among is None else "moved", largest=largest)
    pairs = [(row["one"], row["other"]) for row in engine.fetch("SELECT * FROM pairs").to_pylist()]
    return pairs, batch.too_common(engine, largest=largest)


def expected(keys: Keyed, largest: int) -> set[tuple[int, int]]:
    by_key: dict[int, list[int]] = {}
    for record, key in keys:
        by_key.setdefault(key, []).append(record)
    narrow = [records for records in by_key.values() if len(records) <= largest]
    return {(one, other) for records in narrow for one in records for other in records if one < other}


@settings(max_examples=25, deadline=None)
@given(keys=keyed, largest=st.integers(2, 5))
def test_records_that_share_a_narrow_key_are_one_pair(keys: Keyed, largest: int) -> None:
    pairs, common = blocked(keys, largest=largest)
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected(keys, largest)
    sizes = {key: sum(1 for _, other in keys if other == key) for _, key in keys}
    hidden = {record for record, _ in keys} - {record for record, key in keys if sizes[key] <= largest}
    assert common == len(hidden)


@settings(max_examples=25, deadline=None)
@given(keys=keyed, among=st.frozensets(st.integers(0, 9), max_size=4))
def test_an_incremental_run_makes_the_pairs_of_what_changed_and_no_other(
    keys: Keyed, among: frozenset[int]
) -> None:
    pairs, _ = blocked(keys, largest=4, among=among)
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == {pair for pair in expected(keys, 4) if among & set(pair)}


NAMES = ("amara", "beth", "chidi", "dara", "efua", "femi", "gita", "hana", "ines", "jun")


def small_model() -> Model:
    def compared(column: str) -> Comparison:
        return Comparison(
            column,
            column.title(),
            (
                Level("not known", f"missing({column})", unknown=True),
                Level("the same", f"same({column})", frequency_of=column),
                Level("one letter differs", f"near({column}, 1)"),
                Level("differs"),
            ),
        )

    return Model("person", ("given", "family", "born"), (), tuple(map(compared, ("given", "family", "born"))))


PLAN = batch.Plan(("l.given = r.given and l.born = r.born",), 0.8, (("born",), ("given",)))


def people(engine: batch.Engine, model: Model, *, with_family: bool = True) -> None:
    """300 persons twice each; every tenth copy has another family name, every seventh a letter wrong in the given
    name; some 80 dates of birth."""
    rows = []
    for number in range(600):
        person, copy = number // 2, number % 2
        given_name, family = NAMES[person % 10], NAMES[person // 10 % 10] + NAMES[person // 100]
        given_name = given_name[:-1] + "x" if copy and person % 7 == 0 else given_name
        family = "married" if copy and person % 10 == 0 else family
        born = f"2011-{person % 12 + 1:02}-{person % 7 + 1:02}"
        rows.append(
            {
                "record": number,
                "source": "",
                "given": given_name,
                "family": family if with_family else None,
                "born": born,
            }
        )
    engine.load("people", pa.Table.from_pylist(rows, schema=batch.schema(model)))


def trained(*, with_family: bool = True) -> Model:
    engine, model = batch.DuckDB(threads=1), small_model()
    people(engine, model, with_family=with_family)
    return batch.train(engine, model, PLAN, on="invented", at=datetime(2026, 6, 3, tzinfo=UTC))


def test_training_again_on_the_same_rows_gives_the_same_model() -> None:
    assert trained() == trained()


def test_training_is_kept_with_the_model() -> None:
    run = trained().training
    assert run is not None
    assert (run.on, run.rows, run.seed, run.rounds) == ("invented", 600, 1, ("born", "given"))
    assert set(run.versions) == {"splink", "duckdb"}


def test_sameness_speaks_for_one_person_and_difference_against() -> None:
    for comparison in trained().comparisons[:2]:
        _, same, _, differs = comparison.levels
        assert same.weight > 3
        assert differs.weight < -1


def test_what_training_never_saw_weighs_nothing() -> None:
    family = trained(with_family=False).comparisons[1]
    assert [level.weight for level in family.levels] == [0.0] * 4
    assert {level.m for level in family.levels} == {None}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"training": null}', '{"training": null, "comparisons": [{"key": 1}]}']
)
def test_a_file_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(BadModel, match="this is not a linkage model"):
        loads(text)


def test_without_a_certain_pair_nothing_is_learned() -> None:
    engine, model = batch.DuckDB(threads=1), small_model()
    people(engine, model, with_family=False)
    plan = replace(PLAN, certain=("l.family = r.family",))
    with pytest.raises(BadModel, match="no two records of invented agree"):
        batch.train(engine, model, plan, on="invented", at=datetime(2026, 6, 3, tzinfo=UTC))


def test_a_comparison_must_end_with_what_is_left() -> None:
    model = small_model()
    cut = replace(model.comparisons[0], levels=model.comparisons[0].levels[:-1])
    with pytest.raises(BadModel, match="given: the last level must be what is left"):
        replace(model, comparisons=(cut,))


def test_a_bad_condition_is_said_when_the_model_is_made() -> None:
    model = small_model()
    bad = replace(model.comparisons[0], levels=(Level("the same", "same(nickname)"), Level("differs")))
    with pytest.raises(BadCondition, match="nickname"):
        replace(model, comparisons=(bad,))
