"""How good a linkage is: counts by group, and intervals that hold at the ends too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sooner.engines.linkage.quality import EVERYBODY, Labelled, Quality, Share, quality


# R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: Wilson's score interval.
@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(hits: int, of: int, low: float, high: float) -> None:
    found = Share(of, hits)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.just(of), st.integers(0, of))))
def test_the_share_lies_in_its_interval_and_the_interval_between_none_and_all(case: tuple[int, int]) -> None:
    found, turned = Share(*case), Share(case[0], case[0] - case[1])
    assert found.value is not None
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert abs(found.low - (1 - turned.high)) < 1e-12


def test_without_a_case_nothing_is_known() -> None:
    assert (Share(0, 0).value, Share(0, 0).low, Share(0, 0).high) == (None, 0.0, 1.0)
    assert Quality().f1 is None


def test_a_missed_pair_counts_against_its_groups_only() -> None:
    found = quality(
        [
            Labelled(same=True, taken=True, groups=("moved",)),
            Labelled(same=True, taken=False, groups=("moved", "cyrillic")),
            Labelled(same=False, taken=True),
            Labelled(same=False, taken=False, groups=("cyrillic",)),
        ]
    )
    assert found == {
        EVERYBODY: Quality(right=1, wrong=1, missed=1),
        "moved": Quality(right=1, missed=1),
        "cyrillic": Quality(missed=1),
    }
    assert found["cyrillic"].recall.value == 0.0
    assert found[EVERYBODY].f1 == 0.5


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_f1_is_the_harmonic_mean_of_precision_and_recall(right: int, wrong: int, missed: int) -> None:
    found = Quality(right, wrong, missed)
    precision, recall = found.precision.value, found.recall.value
    if precision and recall:
        assert found.f1 == pytest.approx(2 / (1 / precision + 1 / recall))
    elif right + wrong + missed:
        assert found.f1 == 0
