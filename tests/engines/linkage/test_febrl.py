"""FEBRL 4, the invented files that every linkage method is measured on, is a floor: learned without labels, taken from an even
chance on, and held against the true pairs only to count."""

import pytest

from benchmarks import febrl
from sooner.engines.linkage.quality import Quality


def _quality(*, with_number: bool) -> Quality:
    data = febrl.load("4")
    weights = febrl.weigh(data, with_number=with_number)
    found = febrl.joined(data, weights.pairs)
    right = len(found & data.truth)
    return Quality(right, len(found) - right, len(data.truth) - right)


@pytest.mark.once
def test_febrl_4_is_linked_without_the_number_to_999_in_a_thousand() -> None:
    found = _quality(with_number=False)
    assert found.f1 is not None
    assert found.f1 >= 0.999
    assert found.wrong == 0


@pytest.mark.once
def test_febrl_4_is_linked_with_the_number_without_a_fault() -> None:
    assert _quality(with_number=True) == Quality(right=5000, wrong=0, missed=0)
