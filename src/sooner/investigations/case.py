"""The facts of one case as observations: what was observed, its value, and the words that say so. Pure.

Policy's indicators and routing rules test observations by the fact's name. The words carry no names of
people, so that they can be read by anybody who may see the investigation at all.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sooner.engines import normalise
from sooner.engines.formats.document import FileEntry, ReferralDocument, Role
from sooner.engines.formats.document import Party as Described
from sooner.policy.loader import get_policy

Value = bool | int | str


@dataclass(frozen=True, slots=True)
class Observation:
    """One fact of a case: `fact` is the name that policy tests, `words` what an officer reads."""

    fact: str
    value: Value
    words: str

    def as_row(self) -> list[Value]:
        return [self.fact, self.value, self.words]


Evidence = frozenset[Observation]


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """A child who counts as at risk in one of the case's referrals: not ruled out by anybody. `person` is
    who it is.
    """

    person: int
    reference: str
    confirmed: bool
    sure: bool
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A referral of the case, and what its latest version says."""

    reference: str
    content: ReferralDocument


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that bears on how soon to act. `earlier` is what was observed before, kept with each joined
    report.

    `trusted_roles` is the suspect's known work or volunteering with children, `places` the authorities of
    the suspect's homes, `suspect_age` in years, each if known.
    """

    children: tuple[ChildFacts, ...] = ()
    reports: tuple[ReportFacts, ...] = ()
    report_count: int = 1
    trusted_roles: tuple[str, ...] = ()
    suspect_age: int | None = None
    places: tuple[str, ...] = ()
    kirat: str = ""
    earlier: Evidence = frozenset()


CHILD_AT_RISK = "child-at-risk"
"""The fact that alone decides the first band."""


def observed(case: Case) -> Evidence:
    """All observations of a case. More facts never give fewer that count."""
    return frozenset(_observations(case)) | case.earlier


def observed_in(report: ReportFacts) -> Evidence:
    """What one report speaks for by itself."""
    return frozenset(_of_report(report))


def as_rows(evidence: Evidence) -> list[list[Value]]:
    """Observations as they are stored, in one order."""
    return sorted((one.as_row() for one in evidence), key=repr)


def from_rows(rows: Iterable[Iterable[Value]]) -> Evidence:
    """Observations back from their stored rows."""
    return frozenset(Observation(str(fact), value, str(words)) for fact, value, words in rows)


def meeting(evidence: Iterable[Observation], *, fact: str, test: str) -> list[Observation]:
    """The observations that meet a test of the policy: `is VALUE`, `includes VALUE`, `at-least N` or `under
    N`.

    Of a count that is reached, all that was counted.
    """
    of_fact = [one for one in evidence if one.fact == fact]
    met = [one for one in of_fact if holds(test, one.value)]
    return of_fact if met and test.startswith("at-least") else met


def holds(test: str, value: Value) -> bool:
    """Whether one value meets a test of the policy."""
    kind, _, operand = test.partition(" ")
    return _TESTS[kind](value, operand)


def _is(value: Value, operand: str) -> bool:
    return str(value).casefold() == (operand or "true").casefold()


_TESTS: dict[str, Callable[[Value, str], bool]] = {
    "is": _is,
    "includes": _is,
    "at-least": lambda value, operand: not isinstance(value, str) and value >= int(operand),
    "under": lambda value, operand: not isinstance(value, str) and value < int(operand),
}


def _observations(case: Case) -> Iterator[Observation]:
    yield from _of_children(case.children)
    for report in case.reports:
        yield from _of_report(report)
    for role in case.trusted_roles:
        yield Observation("position_of_trust", True, f"Known work or volunteering with children: {role}")
    if case.suspect_age is not None and case.suspect_age < normalise.ADULT:
        yield _under_18(f"The suspect is {case.suspect_age} by date of birth")
    if case.kirat:
        words = f"The team's own KIRAT result is {case.kirat.replace('-', ' ')}"
        yield Observation("kirat", case.kirat, words)
    if case.places:
        yield Observation("solvable", True, "A home of the suspect is on record")
    if case.report_count > 1:
        yield Observation("reports", case.report_count, f"{case.report_count} reports name the same suspect")


COUNTED = {
    "children_living_with": (frozenset({"lives-with"}), "lives with the suspect"),
    "children_cared_for": (frozenset({"taught-or-cared-for"}), "is taught or cared for by the suspect"),
    "named_children": (frozenset({"named-as-victim", "in-contact", "messaged"}), "is named in a report"),
}
"""Facts that count children, by the ways in which they were found."""


def _under_18(words: str) -> Observation:
    return Observation("suspect_under_18", True, words)


def _of_children(children: Iterable[ChildFacts]) -> Iterator[Observation]:
    each = {child.person: child for child in sorted(children, key=_surest_last)}
    for child in each.values():
        stage = "confirmed" if child.confirmed else "sure" if child.sure else "possible"
        yield Observation(CHILD_AT_RISK, stage, f"{child.reference} {_STAGES[stage]}")
    for fact, (ways, words) in COUNTED.items():
        met = sorted(
            {
                c.person: c.reference for c in each.values() if ways & set(_ways_of(c.person, children))
            }.values()
        )
        for number, reference in enumerate(met, 1):
            yield Observation(fact, number, f"{reference} {words}")


def _surest_last(child: ChildFacts) -> tuple[bool, bool, str]:
    return child.confirmed, child.sure, child.reference


def _ways_of(person: int, children: Iterable[ChildFacts]) -> Iterator[str]:
    return (way for child in children if child.person == person for way in child.ways)


_STAGES = {
    "confirmed": "is confirmed to be at risk",
    "sure": "is at risk",
    "possible": "may be at risk, and nobody has ruled it out",
}


def _of_report(report: ReportFacts) -> Iterator[Observation]:
    content, where = report.content, report.reference
    if content.priority in get_policy().force.urgent_priorities or content.escalation:
        yield Observation("urgent", True, f"{where}: {_urgency(content)}")
    for flag in content.flags:
        yield Observation("annotations", flag, f"{where}: the report is marked {_said(flag)}")
    if content.incident_type:
        yield Observation("incident", content.incident_type, f"{where}: {content.incident_type}")
    yield from _of_incident(where, content)
    yield from _of_files(where, content.files)
    if recipients := len(content.parties_as(Role.INTENDED_RECIPIENT)):
        yield Observation("recipients", recipients, f"{where}: intended recipients named: {recipients}")
    for suspect in content.parties_as(Role.SUSPECT):
        yield from _of_suspect(where, suspect)


def _urgency(content: ReferralDocument) -> str:
    if content.priority in get_policy().force.urgent_priorities:
        return f"the sender gave it priority {content.priority}"
    return "the sender asked for it to be dealt with urgently"


def _of_incident(where: str, content: ReferralDocument) -> Iterator[Observation]:
    if any("peertopeer" in field.path.casefold().replace("_", "") for field in content.fields):
        yield Observation("incident", "peer2peer", f"{where}: the report is of peer-to-peer sharing")


def _said(camel: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in camel).strip()


def _of_files(where: str, files: Iterable[FileEntry]) -> Iterator[Observation]:
    classed = [file.classification for file in files if file.classification]
    for annotation in sorted({one for file in files for one in file.annotations}):
        yield Observation("annotations", annotation, f"{where}: a file is marked {_said(annotation)}")
    for kind in sorted(set(classed)):
        yield Observation("classifications", kind, f"{where}: files classed {kind}: {classed.count(kind)}")
    if classed:
        yield Observation(
            "files_classified", len(classed), f"{where}: files that the sender classed: {len(classed)}"
        )


def _of_suspect(where: str, suspect: Described) -> Iterator[Observation]:
    if suspect.works_with_children or suspect.trust:
        words = f"{where}: the suspect is said to work or volunteer with children"
        yield Observation("position_of_trust", True, words)
    if suspect.access_to_children:
        yield Observation(
            "access_to_children", True, f"{where}: it speaks of the suspect's access to children"
        )
    if suspect.earlier_reports:
        number = len(suspect.earlier_reports)
        yield Observation(
            "reports", number + 1, f"{where}: it names earlier reports about the account: {number}"
        )
    if suspect.age is not None and suspect.age < normalise.ADULT:
        yield _under_18(f"{where}: the suspect is said to be {suspect.age}")
    if "convictedSexOffender" in suspect.flags:
        yield Observation("prior_flags", 1, f"{where}: the suspect is said to be a convicted sex offender")
