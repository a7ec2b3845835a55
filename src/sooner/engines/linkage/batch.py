"""Weighing many pairs through Splink, on DuckDB or on Spark: one model, one blocking, the same pairs.

Rows come as Arrow tables: `people` with `record` (whole number), `source` and the model's columns; `keys` with `record`, `key`.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any, Protocol

import pyarrow as pa

from sooner.engines.linkage.fields import LARGEST_BLOCK
from sooner.engines.linkage.model import MINIMUM_U, BadModel, Level, Model, Training

SAMPLED_PAIRS = 2_000_000


def schema(model: Model) -> pa.Schema:
    """The Arrow columns of `people`."""
    fields: list[pa.Field[Any]] = [pa.field("record", pa.int64()), pa.field("source", pa.string())]
    for name in model.columns:
        fields.append(pa.field(name, pa.list_(pa.string()) if name in model.lists else pa.string()))
    return pa.schema(fields)


KEYS_SCHEMA = pa.schema([("record", pa.int64()), ("key", pa.int64())])


class Engine(Protocol):
    """A database that Splink drives."""

    dialect: str

    def api(self) -> Any: ...
    def load(self, name: str, table: Any) -> None: ...
    def run(self, sql: str, *, name: str = "") -> None: ...
    def fetch(self, sql: str) -> pa.Table: ...


class DuckDB:
    """One machine: in memory, spilling to `folder` when given, within `memory` (such as `4GB`) and `threads`."""

    dialect = "duckdb"

    def __init__(self, *, folder: str = "", memory: str = "", threads: int = 0) -> None:
        import duckdb

        self.connection = duckdb.connect()
        for name, value in (("temp_directory", folder), ("memory_limit", memory), ("threads", threads)):
            if value:
                self.connection.execute(f"SET {name} = '{value}'")
        self.connection.execute("SET enable_progress_bar = false")

    def api(self) -> Any:
        from splink import DuckDBAPI

        return DuckDBAPI(connection=self.connection)

    def load(self, name: str, table: Any) -> None:
        """A table from Arrow data or from the path of Parquet files."""
        if isinstance(table, str):
            self.connection.execute(
                f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM read_parquet('{table}')"
            )
            return
        self.connection.register("arriving", table)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arriving")
        self.connection.unregister("arriving")

    def run(self, sql: str, *, name: str = "") -> None:
        """Run a statement, or keep a query's rows as the table `name`."""
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}" if name else sql)

    def fetch(self, sql: str) -> pa.Table:
        found = self.connection.sql(sql).to_arrow_table()
        return found if isinstance(found, pa.Table) else found.read_all()


def block(engine: Engine, *, among: str = "", largest: int = LARGEST_BLOCK, wide: int | None = None) -> None:
    """From `keys`, the table `pairs` of records that share one: once each, the smaller number first.

    `among`: a table of record numbers; then only pairs with at least one of them are made (an incremental run). `largest`: how
    many records may share a key for it to be used; `wide`: how many may share an even one (see fields.Prepared), as many if None.
    """
    most_wide = largest if wide is None else wide
    engine.run(
        "SELECT key FROM keys GROUP BY key"
        f" HAVING count(*) BETWEEN 2 AND CASE WHEN key % 2 = 0 THEN {most_wide} ELSE {largest} END", name="narrow",
    )  # fmt: skip
    engine.run("SELECT k.record, k.key FROM keys k JOIN narrow n ON k.key = n.key", name="usable")
    if among:
        engine.run(f"SELECT u.* FROM usable u JOIN {among} a ON u.record = a.record", name="changed")
        engine.run(
            "SELECT DISTINCT least(l.record, r.record) AS one, greatest(l.record, r.record) AS other"
            " FROM changed l JOIN usable r ON l.key = r.key WHERE l.record <> r.record",
            name="pairs",
        )
    else:
        engine.run(
            "SELECT DISTINCT l.record AS one, r.record AS other"
            " FROM usable l JOIN usable r ON l.key = r.key WHERE l.record < r.record",
            name="pairs",
        )


def too_common(engine: Engine, *, largest: int = LARGEST_BLOCK) -> int:
    """How many records no narrow key could find anybody by, though a key of theirs is shared."""
    return _count(
        engine,
        "SELECT count(*) AS n FROM (SELECT record, min(size) AS least FROM keys JOIN"
        " (SELECT key, count(*) AS size FROM keys GROUP BY key) s ON keys.key = s.key GROUP BY record) t"
        f" WHERE least > {largest}",
    )


def predict(engine: Engine, model: Model, *, at_least: float) -> pa.Table:
    """Every pair of `pairs` that weighs at least so many bits: `one`, `other`, `weight`, highest first."""
    linker = _linker(engine, model)
    _frequencies(engine, model, linker)
    engine.run("SELECT '0' AS match_key, one AS join_key_l, other AS join_key_r FROM pairs", name="blocked")
    blocked = linker._db_api.register("blocked", table_name=f"pairs_{id(linker)}")
    linker.table_management.register_blocked_pairs_for_predict(blocked)
    found = linker.inference.predict(threshold_match_weight=at_least, warning_mode="never")
    return engine.fetch(
        "SELECT record_l AS one, record_r AS other, match_weight AS weight"
        f" FROM {found.physical_name} ORDER BY match_weight DESC, one, other"
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model learns without labels. `certain`: rules (SQL over l and r) that find `recall` of all true pairs, which gives
    the prior; `rounds`: the columns that agree within each round of expectation maximisation; `sampled` pairs for each."""

    certain: tuple[str, ...]
    recall: float
    rounds: tuple[tuple[str, ...], ...]
    least_m: float = 0.0
    """No answer is taken to be rarer than this among pairs of one person: faults that these rows lack happen elsewhere."""
    seed: int = 1
    sampled: int = SAMPLED_PAIRS


def train(engine: Engine, model: Model, plan: Plan, *, on: str, at: datetime) -> Model:
    """Learn the weights from `people` without labels: `u` from random pairs, `m` by expectation maximisation, the frequencies of
    values from all rows. Levels that bring their weights keep them. The same rows and seed give the same model. `on` and `at`
    are kept with it. Raises BadModel when no pair is certain: then nothing says how many there are."""
    rows = _count(engine, "SELECT count(*) AS n FROM people")
    frequencies, rarest = _learn_frequencies(engine, model, rows)
    rounds = tuple(" and ".join(columns) for columns in plan.rounds)
    versions = {name: version(name) for name in ("splink", "duckdb")}
    run = Training(at.isoformat(timespec="seconds"), on, rows, plan.seed, versions, rounds)
    model = replace(model, frequencies=frequencies, rarest=rarest, training=run)
    linker = _linker(engine, model, learning=True)
    _frequencies(engine, model, linker)
    linker.training.estimate_probability_two_random_records_match(list(plan.certain), recall=plan.recall)
    if not linker._settings_obj.core_model_settings.probability_two_random_records_match:
        raise BadModel(
            f"no two records of {on} agree as the rules for certain pairs ask: load more, or mend the rules"
        )
    linker.training.estimate_u_using_random_sampling(max_pairs=plan.sampled, seed=plan.seed)
    for columns in plan.rounds:
        rule = " AND ".join(f"l.{column} = r.{column}" for column in columns)
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=plan.sampled)
    return _learned(model, linker, plan.least_m)


MOST_FREQUENCIES = 20_000


def _learn_frequencies(
    engine: Engine, model: Model, rows: int
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Of each column: the share of every value that more than one row has, and the share of one that only one has."""
    shares: dict[str, dict[str, float]] = {}
    rarest: dict[str, float] = {}
    for column in model.frequency_columns:
        found = engine.fetch(
            f"SELECT {column} AS value, count(*) AS n FROM people WHERE {column} IS NOT NULL GROUP BY {column}"
            f" HAVING count(*) > 1 ORDER BY n DESC, value LIMIT {MOST_FREQUENCIES}"
        )
        total = _count(engine, f"SELECT count({column}) AS n FROM people") or 1
        shares[column] = {str(row["value"]): _rounded(row["n"] / total) for row in found.to_pylist()}
        rarest[column] = _rounded(1 / (total + 1))
    return shares, rarest


def _rounded(share: float) -> float:
    """Four figures: more are not known, and fewer keep the model's file small."""
    return float(f"{share:.4g}")


def _count(engine: Engine, sql: str) -> int:
    return int(engine.fetch(sql).to_pylist()[0]["n"])


def _linker(engine: Engine, model: Model, *, learning: bool = False) -> Any:
    from splink import Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = engine.api()
    people = api.register("people", table_name=f"input_{id(api)}")
    return Linker(people, settings(model, engine.dialect, learning=learning), log_level=None)


def settings(model: Model, dialect: str, *, learning: bool = False) -> dict[str, Any]:
    """The model as Splink's settings in a dialect's SQL. `learning`: Splink starts from guesses of its own; else a level that the
    training never saw weighs nothing, as it does for one pair at once."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "probability_two_random_records_match": model.prior,
        "comparisons": [
            _comparison(model, place, dialect, learning) for place in range(len(model.comparisons))
        ],
        "blocking_rules_to_generate_predictions": ["l.record = r.record"],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _comparison(model: Model, place: int, dialect: str, learning: bool) -> dict[str, Any]:
    comparison = model.comparisons[place]
    return {
        "output_column_name": comparison.key,
        "comparison_description": comparison.title,
        "comparison_levels": [
            _level(model, place, number, dialect, learning) for number in range(len(comparison.levels))
        ],
    }


def _level(model: Model, place: int, number: int, dialect: str, learning: bool) -> dict[str, Any]:
    comparison, said = model.comparisons[place], model.conditions[place][number]
    level = comparison.levels[number]
    made: dict[str, Any] = {
        "sql_condition": said.sql[dialect] if said else "ELSE",
        "label_for_charts": level.title,
        "is_null_level": level.unknown,
    }
    if level.frequency_of and (learning or comparison.by_frequency(level)):
        made |= {
            "tf_adjustment_column": level.frequency_of, "tf_minimum_u_value": MINIMUM_U, "tf_adjustment_weight": 1.0,
        }  # fmt: skip
    if level.m and level.u and learning:
        made |= {
            "m_probability": level.m, "u_probability": level.u, "fix_m_probability": True, "fix_u_probability": True,
        }  # fmt: skip
    elif not level.unknown and not learning:
        neither = level.m or level.u or 0.5  # equal shares weigh nothing
        made |= {"m_probability": level.m or neither, "u_probability": level.u or neither}
    return made


def _frequencies(engine: Engine, model: Model, linker: Any) -> None:
    """Give Splink the model's own frequencies: a value that the training never saw is as rare as the rarest."""
    for column in model.frequency_columns:
        known = model.frequencies.get(column, {})
        engine.load(
            f"known_{column}",
            pa.table(
                {
                    "value": pa.array(list(known), pa.string()),
                    "share": pa.array(list(known.values()), pa.float64()),
                }
            ),
        )
        rarest = model.rarest.get(column, MINIMUM_U)
        engine.run(
            f"SELECT v.{column}, coalesce(k.share, CAST({rarest!r} AS DOUBLE)) AS tf_{column} FROM"
            f" (SELECT DISTINCT {column} FROM people WHERE {column} IS NOT NULL) v"
            f" LEFT JOIN known_{column} k ON v.{column} = k.value",
            name=f"frequency_{column}",
        )
        table = linker._db_api.register(f"frequency_{column}", table_name=f"frequency_{column}_{id(linker)}")
        linker.table_management.register_term_frequency_lookup(table, column)


def _learned(model: Model, linker: Any, least_m: float) -> Model:
    said = linker._settings_obj
    weights = []
    for comparison, learned in zip(model.comparisons, said.core_model_settings.comparisons, strict=True):
        by_label = {level.label_for_charts: level for level in learned.comparison_levels}
        weights.append([_m_and_u(level, by_label[level.title], least_m) for level in comparison.levels])
    prior = said.core_model_settings.probability_two_random_records_match
    return replace(model.weighted(weights), prior=prior)


def _m_and_u(level: Level, learned: Any, least_m: float) -> tuple[float | None, float | None]:
    """What was given or learned: Splink's own guess at what it never saw is not."""
    if level.unknown:
        return None, None
    if level.m and level.u:
        return level.m, level.u
    m, u = (
        said if known else None
        for said, known in (
            (learned.m_probability, learned._m_is_trained),
            (learned.u_probability, learned._u_is_trained),
        )
    )
    return (max(m, least_m) if m is not None else None), u
