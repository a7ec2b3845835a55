"""Priority: every fact only adds, order does not matter, and a child at risk stands above everything else."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.formats.document import FileEntry, Party, ReferralDocument, Role
from sooner.investigations.case import Case, ChildFacts, ReportFacts, as_rows, from_rows, observed
from sooner.investigations.priority import Decision, Scale, in_words, prioritise, priority_of
from sooner.policy.loader import get_policy

SCALE = Scale.of(get_policy())
WAYS = (
    "lives-with",
    "lived-with",
    "related",
    "taught-or-cared-for",
    "named-as-victim",
    "messaged",
    "in-contact",
)
ANNOTATIONS = ("sextortion", "csamSolicitation", "spam", "informational", "minorToMinorInteraction")
FILE_ANNOTATIONS = (
    "liveStreaming",
    "infant",
    "possibleSelfProduction",
    "generativeAi",
    "viral",
    "potentialMeme",
)

children = st.builds(
    ChildFacts,
    person=st.integers(1, 4),
    reference=st.sampled_from(["C-000001", "C-000002", "C-000003", "C-000004"]),
    confirmed=st.booleans(),
    sure=st.booleans(),
    ways=st.lists(st.sampled_from(WAYS), max_size=3).map(tuple),
)
files = st.builds(
    FileEntry,
    path=st.just("file"),
    classification=st.sampled_from(["", "A1", "A2", "B1", "B2"]),
    annotations=st.lists(st.sampled_from(FILE_ANNOTATIONS), max_size=3).map(tuple),
)
suspects = st.builds(
    Party,
    role=st.sampled_from([Role.SUSPECT, Role.INTENDED_RECIPIENT]),
    path=st.just("party"),
    age=st.none() | st.integers(8, 80),
    works_with_children=st.none() | st.booleans(),
    earlier_reports=st.lists(st.just("12345"), max_size=2).map(tuple),
    flags=st.lists(st.just("convictedSexOffender"), max_size=1).map(tuple),
)
contents = st.builds(
    ReferralDocument,
    format=st.just("referral-csv"),
    priority=st.sampled_from(["", "E", "1", "2", "3"]),
    escalation=st.sampled_from(["", "please hurry"]),
    flags=st.lists(st.sampled_from(ANNOTATIONS), max_size=3).map(tuple),
    files=st.lists(files, max_size=3).map(tuple),
    parties=st.lists(suspects, max_size=2).map(tuple),
)
reports = st.builds(ReportFacts, reference=st.sampled_from(["R-000001", "R-000002"]), content=contents)
cases = st.builds(
    Case,
    children=st.lists(children, max_size=3).map(tuple),
    reports=st.lists(reports, max_size=2).map(tuple),
    report_count=st.integers(1, 5),
    trusted_roles=st.lists(st.sampled_from(["teacher", "coach"]), max_size=2).map(tuple),
    suspect_age=st.none() | st.integers(8, 80),
    places=st.lists(st.sampled_from(["E09000007", "E09000012"]), max_size=2).map(tuple),
    kirat=st.sampled_from(["", "low", "medium", "high", "very-high"]),
)


@settings(max_examples=150, deadline=None)
@given(cases, cases)
def test_what_is_known_beside_a_case_never_lowers_it(one: Case, other: Case) -> None:
    alone, together = observed(one), observed(one) | observed(other)
    assert not prioritise(alone, SCALE).outranks(prioritise(together, SCALE))


@settings(max_examples=100, deadline=None)
@given(cases, children)
def test_a_child_added_never_lowers(case: Case, child: ChildFacts) -> None:
    more = Case(children=(*case.children, child), reports=case.reports, earlier=observed(case))
    assert not priority_of(case, SCALE).outranks(priority_of(more, SCALE))
    assert priority_of(more, SCALE).band == "child-at-risk"


@settings(max_examples=150, deadline=None)
@given(cases, cases, children)
def test_any_case_with_a_child_at_risk_outranks_any_without(
    one: Case, other: Case, child: ChildFacts
) -> None:
    with_child = Case(children=(*one.children, child), reports=one.reports)
    without = Case(
        reports=other.reports,
        report_count=other.report_count,
        trusted_roles=other.trusted_roles,
        suspect_age=other.suspect_age,
        kirat=other.kirat,
    )
    assert priority_of(with_child, SCALE).outranks(priority_of(without, SCALE))


@settings(max_examples=100, deadline=None)
@given(st.lists(children, max_size=4), st.lists(reports, max_size=3), st.randoms())
def test_the_order_of_facts_does_not_matter(
    some: list[ChildFacts], told: list[ReportFacts], shuffle: Random
) -> None:
    first = priority_of(Case(children=tuple(some), reports=tuple(told)), SCALE)
    shuffle.shuffle(some)
    shuffle.shuffle(told)
    assert priority_of(Case(children=tuple(some), reports=tuple(told)), SCALE) == first


@settings(max_examples=100, deadline=None)
@given(cases)
def test_observations_survive_being_stored(case: Case) -> None:
    assert from_rows(as_rows(observed(case))) == observed(case)


@settings(max_examples=100, deadline=None)
@given(cases, cases, st.integers(2, 5))
def test_a_lowering_holds_for_what_was_weighed_and_only_for_that(one: Case, later: Case, rank: int) -> None:
    weighed = observed(Case(reports=one.reports, report_count=one.report_count))
    decision = Decision(rank, 0, weighed)
    lowered = prioritise(weighed, SCALE, decision=decision)
    assert (lowered.rank, lowered.score) == (rank, 0)
    assert not lowered.outranks(prioritise(weighed | observed(later), SCALE, decision=decision))


def test_a_child_found_after_a_lowering_puts_the_case_first_again() -> None:
    decision = Decision(5, 0, frozenset())
    found = observed(Case(children=(ChildFacts(1, "C-000001", confirmed=False, sure=False),)))
    assert prioritise(found, SCALE, decision=decision).band == "child-at-risk"


def test_each_reason_says_its_evidence_weight_and_source() -> None:
    case = Case(children=(ChildFacts(1, "C-000001", confirmed=True, sure=True, ways=("lives-with",)),))
    priority = priority_of(case, SCALE)
    (reason,) = priority.reasons
    assert reason.indicator == "child-lives-with"
    assert reason.evidence == ("C-000001 lives with the suspect",)
    assert reason.weight == get_policy().indicators["child-lives-with"].weight
    assert reason.source
    assert in_words(priority, "A child is at risk") == (
        "A child is at risk, score 60: a child lives with the suspect (60)."
    )


def test_the_same_child_in_two_reports_counts_once() -> None:
    twice = tuple(
        ChildFacts(7, f"C-00000{n}", confirmed=False, sure=True, ways=("lives-with",)) for n in (1, 2)
    )
    counted = [one for one in observed(Case(children=twice)) if one.fact == "children_living_with"]
    assert [one.value for one in counted] == [1]


def test_every_indicator_and_routing_rule_tests_a_fact_that_a_case_can_show() -> None:
    full = Case(
        children=(ChildFacts(1, "C-000001", confirmed=True, sure=True, ways=WAYS),),
        reports=(
            ReportFacts(
                "R-000001",
                ReferralDocument(
                    format="x",
                    priority="E",
                    flags=ANNOTATIONS,
                    incident_type="y",
                    files=(FileEntry(path="f", classification="A1", annotations=FILE_ANNOTATIONS),),
                    parties=(
                        Party(role=Role.SUSPECT, path="p", flags=("convictedSexOffender",)),
                        Party(role=Role.INTENDED_RECIPIENT, path="q"),
                    ),
                ),
            ),
        ),
        report_count=2,
        trusted_roles=("teacher",),
        suspect_age=15,
        places=("E09000007",),
    )
    shown = {one.fact for one in observed(full)} | {"unit_by_place"}
    policy = get_policy()
    asked = {row.fact for row in policy.indicators.values()} | {row.fact for row in policy.routing}
    assert asked <= shown
