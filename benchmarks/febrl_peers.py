"""The peers on FEBRL's files: Splink as its own examples set it, and `recordlinkage`'s classifiers, with and without labels.

Settings follow Splink's documented examples `febrl4` and `febrl3` (their detailed models) and `recordlinkage`'s guide; without
the number, whatever names it is left out. Every function gives pairs by place in `Data.records`.
"""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.febrl import NAMES, Data, Pair

SEED = 1
SIMILAR = 0.85
"""The similarity from which `recordlinkage`'s guide takes two strings as alike."""


def frame(data: Data) -> pd.DataFrame:
    """The records as read, by place, empty fields as None; a cell's outer spaces are not a part of it."""
    made = pd.DataFrame(list(data.records), columns=list(NAMES)).replace({"": None})
    return made.assign(rec_id=made.index.astype(str))


def splink(data: Data, *, with_number: bool) -> Mapping[Pair, float]:
    """Splink's documented model of this file: pairs and their weight in bits."""
    from splink import DuckDBAPI, Linker, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    whole, api = frame(data), DuckDBAPI()
    files = [whole[[file == name for file in data.files]] for name in dict.fromkeys(data.files)]
    linker = Linker([api.register(one) for one in files], _settings(data.once, with_number), log_level=None)
    training, both = linker.training, "l.given_name = r.surname and l.surname = r.given_name"
    certain: list[Any] = [block_on("given_name", "surname", "date_of_birth")]
    certain += [] if data.once else [f"{both} and l.date_of_birth = r.date_of_birth"]
    certain += [block_on("soc_sec_id")] if with_number else []
    training.estimate_probability_two_random_records_match(certain, recall=0.8 if data.once else 0.9)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=2)
    for column in ("date_of_birth", "postcode"):
        training.estimate_parameters_using_expectation_maximisation(
            block_on(column), estimate_without_term_frequencies=data.once
        )
    found = linker.inference.predict(threshold_match_weight=-20, warning_mode="never").as_record_list()
    return {_pair(row["rec_id_l"], row["rec_id_r"]): row["match_weight"] for row in found}


def _settings(once: bool, with_number: bool) -> Any:
    from splink import SettingsCreator

    return SettingsCreator(
        unique_id_column_name="rec_id",
        link_type="link_only" if once else "dedupe_only",
        blocking_rules_to_generate_predictions=_blocks(once, with_number),
        comparisons=_comparisons(once, with_number),
    )


def _blocks(once: bool, with_number: bool) -> list[Any]:
    from splink import block_on

    rules: list[Any] = [block_on("date_of_birth"), block_on("postcode")]
    if once:
        rules += [
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
        ]
    else:
        rules += [block_on("given_name"), block_on("surname")]
    return [*rules, block_on("soc_sec_id")] if with_number else rules


def _comparisons(once: bool, with_number: bool) -> list[Any]:
    import splink.comparison_library as library

    by_frequency: dict[str, Any] = {"term_frequency_adjustments": True}
    names = [library.NameComparison(name) for name in ("given_name", "surname")]
    postcode = (
        library.DamerauLevenshteinAtThresholds("postcode", [1, 2]) if once else library.ExactMatch("postcode")
    )
    made = [
        *[name.configure(**by_frequency) if once else name for name in names],
        library.DateOfBirthComparison(
            "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=once
        ),
        library.ExactMatch("street_number").configure(**by_frequency),
        postcode.configure(**by_frequency),
    ]
    if with_number:
        made.append(library.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2] if once else [2]))
    return made


def _pair(one: Any, other: Any) -> Pair:
    first, second = sorted((int(one), int(other)))
    return first, second


def candidates(data: Data, *, with_number: bool) -> pd.DataFrame:
    """`recordlinkage`'s similarities of every pair that agrees in a name, the date of birth, the postcode or the address."""
    import recordlinkage

    whole, index, compare = frame(data), recordlinkage.Index(), recordlinkage.Compare()
    numbers = ["soc_sec_id"] if with_number else []
    for column in ["given_name", "surname", "date_of_birth", "postcode", "address_1", *numbers]:
        index.block(column)
    for column in ("given_name", "surname"):
        compare.string(column, column, method="jarowinkler", label=column)
    for column in ("address_1", "address_2", "suburb"):
        compare.string(column, column, method="levenshtein", label=column)
    for column in ["street_number", "postcode", "state", "date_of_birth", *numbers]:
        compare.exact(column, column, label=column)
    if not data.once:
        return compare.compute(index.index(whole), whole)
    parts = [whole[[file == name for file in data.files]] for name in dict.fromkeys(data.files)]
    return compare.compute(index.index(*parts), *parts)


def unsupervised(similar: pd.DataFrame) -> Mapping[str, set[Pair]]:
    """What `recordlinkage`'s classifiers that need no labels take as one person."""
    import recordlinkage

    ecm = recordlinkage.ECMClassifier(binarize=SIMILAR)
    kmeans = recordlinkage.KMeansClassifier()
    return {
        "recordlinkage, ECM": _pairs(ecm.fit_predict(similar)),
        "recordlinkage, k-means": _pairs(kmeans.fit_predict(similar)),
    }


def supervised(similar: pd.DataFrame, truth: frozenset[Pair]) -> Mapping[str, tuple[set[Pair], set[Pair]]]:
    """What its classifiers take as one person in the half of the pairs that they did not learn from, and the true ones there."""
    import recordlinkage

    learned = np.random.default_rng(SEED).random(len(similar)) < 0.5
    links = similar.index[[_pair(*pair) in truth for pair in similar.index]]
    teaching, asked = similar[learned], similar[~learned]
    # True pairs that blocking missed were never seen by either half: half of them count as missed.
    there = {_pair(*pair) for pair in asked.index} & truth
    missed = sorted(truth - {_pair(*pair) for pair in similar.index})
    there |= set(missed[: len(missed) // 2])
    made = {}
    for name, classifier in (
        ("recordlinkage, logistic regression", recordlinkage.LogisticRegressionClassifier()),
        ("recordlinkage, support vectors", recordlinkage.SVMClassifier()),
    ):
        classifier.fit(teaching, teaching.index.intersection(links))
        made[name] = (_pairs(classifier.predict(asked)), there)
    return made


def _pairs(index: Any) -> set[Pair]:
    return {_pair(*pair) for pair in index}
