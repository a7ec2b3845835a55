"""From pairs to persons: one answer for any order, what people and sources keep apart stays apart, numbers stay."""

import random
from collections.abc import Sequence
from itertools import combinations
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from sooner.engines.linkage.clusters import Clusters, Decisions, Pair, cluster, numbered

T = TypeVar("T")
RECORDS = range(12)
records = st.sampled_from(RECORDS)
two = st.tuples(records, records).filter(lambda pair: pair[0] != pair[1])
weights = st.integers(min_value=0, max_value=4).map(float)  # few, so that equal weights meet
pairs_of = st.lists(st.tuples(records, records, weights), max_size=30)
sources_of = st.dictionaries(records, st.sampled_from(("census", "births", "")), max_size=12)


@st.composite
def decisions_of(draw: st.DrawFn) -> Decisions:
    """What people said, without contradiction: nobody is kept apart from those joined with them."""
    same = draw(st.lists(two, max_size=5))
    whole = cluster(RECORDS, (), sources={}, decisions=Decisions(same=same)).of
    apart = [pair for pair in draw(st.lists(two, max_size=6)) if whole[pair[0]] != whole[pair[1]]]
    return Decisions(same=same, apart=apart)


@given(pairs=pairs_of, sources=sources_of, decisions=decisions_of(), chance=st.randoms())
def test_any_order_gives_the_same_persons(
    pairs: list[Pair], sources: dict[int, str], decisions: Decisions, chance: random.Random
) -> None:
    first = cluster(RECORDS, pairs, sources=sources, decisions=decisions)
    second = cluster(
        _shuffled(list(RECORDS), chance),
        [(*_turned((one, other), chance), weight) for one, other, weight in _shuffled(pairs, chance)],
        sources=dict(_shuffled(list(sources.items()), chance)),
        decisions=Decisions(
            same=_shuffled([_turned(pair, chance) for pair in decisions.same], chance),
            apart=_shuffled([_turned(pair, chance) for pair in decisions.apart], chance),
        ),
    )
    assert first.of == second.of
    assert first.refused == second.refused


def _shuffled(values: Sequence[T], chance: random.Random) -> list[T]:
    return chance.sample(values, len(values))


def _turned(pair: tuple[int, int], chance: random.Random) -> tuple[int, int]:
    return pair if chance.random() < 0.5 else (pair[1], pair[0])


@given(pairs=pairs_of, sources=sources_of, decisions=decisions_of())
def test_what_people_decided_outweighs_every_weight(
    pairs: list[Pair], sources: dict[int, str], decisions: Decisions
) -> None:
    found = cluster(RECORDS, pairs, sources=sources, decisions=decisions)
    assert all(found.of[one] == found.of[other] for one, other in decisions.same)
    assert all(found.of[one] != found.of[other] for one, other in decisions.apart)


@given(pairs=pairs_of, sources=sources_of, decisions=decisions_of())
def test_two_records_of_a_source_that_lists_each_person_once_are_never_joined_by_weight(
    pairs: list[Pair], sources: dict[int, str], decisions: Decisions
) -> None:
    by_hand = cluster(RECORDS, (), sources={}, decisions=Decisions(same=decisions.same)).of
    found = cluster(RECORDS, pairs, sources=sources, decisions=decisions)
    for members in found.members().values():
        for one, other in combinations(members, 2):
            if sources.get(one) and sources.get(one) == sources.get(other):
                assert by_hand[one] == by_hand[other]


@given(pairs=pairs_of, sources=sources_of, decisions=decisions_of())
def test_every_pair_is_joined_or_refused_with_a_reason(
    pairs: list[Pair], sources: dict[int, str], decisions: Decisions
) -> None:
    found = cluster(RECORDS, pairs, sources=sources, decisions=decisions)
    refused = {frozenset((one.one, one.other)) for one in found.refused}
    assert {one.why for one in found.refused} <= {"apart", "source"}
    for one, other, _ in pairs:
        assert (found.of[one] == found.of[other]) != (frozenset((one, other)) in refused)


@given(pairs=pairs_of, sources=sources_of, decisions=decisions_of())
def test_a_cluster_is_named_by_its_smallest_record(
    pairs: list[Pair], sources: dict[int, str], decisions: Decisions
) -> None:
    found = cluster(RECORDS, pairs, sources=sources, decisions=decisions)
    assert set(found.of) == set(RECORDS)
    assert all(name == min(members) for name, members in found.members().items())


def test_the_heavier_pair_wins_where_a_source_allows_one() -> None:
    found = cluster(
        (1, 2, 3), [(1, 2, 5.0), (1, 3, 9.0)], sources={2: "census", 3: "census"}, decisions=Decisions()
    )
    assert found.members() == {1: [1, 3], 2: [2]}
    assert [(one.one, one.other, one.why) for one in found.refused] == [(1, 2, "source")]


def test_a_person_may_join_what_a_source_lists_twice() -> None:
    found = cluster((1, 2), (), sources={1: "census", 2: "census"}, decisions=Decisions(same=[(2, 1)]))
    assert found.members() == {1: [1, 2]}


def test_records_kept_apart_are_not_joined_through_a_third() -> None:
    found = cluster((1, 2, 3), [(1, 3, 9.0), (2, 3, 8.0)], sources={}, decisions=Decisions(apart=[(1, 2)]))
    assert found.members() == {1: [1, 3], 2: [2]}
    assert [one.why for one in found.refused] == ["apart"]


held_by = st.dictionaries(records, st.integers(min_value=100, max_value=106), max_size=12)


@st.composite
def partitions(draw: st.DrawFn) -> dict[int, list[int]]:
    joins = draw(st.lists(two, max_size=10))
    found: Clusters = cluster(RECORDS, (), sources={}, decisions=Decisions(same=joins))
    return found.members()


@given(members=partitions(), held=held_by)
def test_no_number_is_given_to_two_persons(members: dict[int, list[int]], held: dict[int, int]) -> None:
    given_to = numbered(members, held)
    numbers = [number for number in given_to.values() if number is not None]
    assert set(given_to) == set(members)
    assert len(numbers) == len(set(numbers))
    assert all(
        number is None or number in {held.get(record) for record in members[name]}
        for name, number in given_to.items()
    )


@given(members=partitions(), held=held_by)
def test_a_run_that_changes_nothing_changes_no_number(
    members: dict[int, list[int]], held: dict[int, int]
) -> None:
    new = iter(range(1000, 2000))
    first = {
        name: next(new) if number is None else number for name, number in numbered(members, held).items()
    }
    held_now = {record: first[name] for name, records in members.items() for record in records}
    assert numbered(members, held_now) == first


@given(members=partitions(), held=held_by)
def test_a_held_number_is_never_lost_while_a_cluster_of_its_own_could_keep_it(
    members: dict[int, list[int]], held: dict[int, int]
) -> None:
    given_to = numbered(members, held)
    for name, number in given_to.items():
        if number is None:
            claimed = {held[record] for record in members[name] if record in held}
            assert claimed <= set(given_to.values())


def test_a_person_split_in_two_keeps_the_number_with_most_of_the_records() -> None:
    held = dict.fromkeys((1, 2, 3), 77)
    assert numbered({1: [1], 2: [2, 3]}, held) == {1: None, 2: 77}


def test_two_persons_joined_keep_the_number_that_most_records_held() -> None:
    assert numbered({1: [1, 2, 3]}, {1: 70, 2: 71, 3: 71}) == {1: 71}
    assert numbered({1: [1, 2]}, {1: 71, 2: 70}) == {1: 70}
