"""Operations about persons, households and loaded extracts."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from sooner.access.api import Id, In, Line, OptionalWords, Words, responses
from sooner.access.decide import Reader
from sooner.access.gate import PageRequest, operation
from sooner.ledger.work import Subject, record_view
from sooner.people import holdings, queries, reviewing
from sooner.people.commands.correct import correct_person
from sooner.people.commands.export import export_for
from sooner.people.commands.link import decide_link, review
from sooner.people.commands.link import split as split_records
from sooner.people.models import Person

router = Router(tags=["people"])


class PersonOut(Schema):
    id: int
    name: str
    dob: date | None
    sex: str


class ResidentOut(Schema):
    person: int
    name: str
    age: int | None
    kind: str
    since: date | None
    until: date | None
    source: str


class HouseholdOut(Schema):
    id: int
    authority: str
    residents: list[ResidentOut]


class CorrectIn(In):
    name: Line
    dob: date | None = None
    reason: Words


class LinkIn(In):
    other: Annotated[int, Field(ge=1, le=2**63 - 1)]
    same: bool
    reason: Words


class ExportIn(In):
    reason: Words


class ExemptionOut(Schema):
    exemption: str
    source: str
    question: str
    weigh_in: list[str]
    decision: str
    decided_by: str


class SectionOut(Schema):
    section: str
    weigh: list[str]
    not_shown_to_the_drafter: int
    rows: list[dict[str, str]]


class ExportOut(Schema):
    """A draft for the data-protection officer, not for release."""

    status: str
    about: str
    drawn_up: datetime
    why: str
    exemptions_to_decide: list[ExemptionOut]
    not_shown_to_the_drafter: int
    held: list[SectionOut]


class LoadOut(Schema):
    id: int
    file_name: str
    sha256: str
    loaded_at: datetime
    rows: int
    accepted: int
    rejected: int
    unread: list[str]
    expired_at: datetime | None


class HoldingOut(Schema):
    """An extract and by what right it is held. `agreement_state`: in-force, ending (within 30 days) or over."""

    key: str
    title: str
    lawful_basis: str
    purposes: list[str]
    agreement: str
    partner: str
    signed: date
    expires: date
    agreement_state: str
    warning: str
    retention_days: int
    retention_source: str
    records: int
    next_expiry: date | None


class SplitIn(In):
    records: Annotated[list[Id], Field(min_length=1, max_length=500)]
    reason: Words


class SplitOut(Schema):
    person: int


class WeightOut(Schema):
    comparison: str
    answer: str
    bits: float


class GroupOut(Schema):
    name: str
    precision: float | None
    recall: float | None
    pairs: int
    short: bool | None


class RunOut(Schema):
    id: int
    started_at: datetime
    finished_at: datetime | None
    incremental: bool
    records: int
    joined: int
    parted: int
    doubtful: int


class LinkageOut(Schema):
    trained: str
    own: bool
    persons: int
    weights: list[WeightOut]
    groups: list[GroupOut]
    runs: list[RunOut]


class FactOut(Schema):
    name: str
    one: str
    other: str


class EvidenceStepOut(Schema):
    title: str
    answer: str
    bits: float


class PairOut(Schema):
    one: int
    other: int
    joined: bool
    facts: list[FactOut]
    evidence: list[EvidenceStepOut]


class PairReviewIn(In):
    one: Id
    other: Id
    same: bool
    reason: OptionalWords = ""


class PairReviewOut(Schema):
    decided: int


class LoadsOut(Schema):
    rows: list[LoadOut]
    after: int | None


def _out(request: PageRequest, person: Person) -> PersonOut:
    record_view(
        request.actor, subject=Subject("person", person.pk), thread=f"person:{person.pk}", page="api-person"
    )
    masked = Reader(request.user).names_masked
    return PersonOut(
        id=person.pk,
        name=f"Person {person.pk}" if masked else person.name,
        dob=None if masked else person.dob,
        sex=person.sex,
    )


@router.get("/people/{pk}", response=responses(PersonOut))
@operation("person.view")
def person(request: PageRequest, pk: Id) -> Any:
    """One person of the reader's cases."""
    return _out(request, queries.person_for(request.user, pk))


@router.get("/households/{pk}", response=responses(HouseholdOut))
@operation("household.view")
def household(request: PageRequest, pk: Id) -> Any:
    """Who lives, and lived, at an address."""
    address, residents = queries.household_for(request.user, pk)
    record_view(request.actor, subject=Subject("address", pk), thread=f"address:{pk}", page="api-household")
    masked = Reader(request.user).names_masked
    return HouseholdOut(
        id=address.pk,
        authority=address.authority,
        residents=[
            ResidentOut(
                person=r.person.pk, name=f"Person {r.person.pk}" if masked else r.person.name, age=r.age, kind=r.kind,
                since=r.since, until=r.until, source=r.source,
            )
            for r in residents
        ],
    )  # fmt: skip


@router.post("/people/{pk}/correct", response=responses(PersonOut))
@operation("person.correct")
def correct(request: PageRequest, pk: Id, body: CorrectIn) -> Any:
    """Correct the best-known name or birth date."""
    found = queries.person_for(request.user, pk)
    correct_person(request.user, person=found, name=body.name, dob=body.dob, reason=body.reason)
    return _out(request, queries.person_for(request.user, pk))


@router.post("/people/{pk}/same", response=responses(PersonOut))
@operation("person.correct")
def link(request: PageRequest, pk: Id, body: LinkIn) -> Any:
    """Decide whether two persons are one."""
    one, other = queries.person_for(request.user, pk), queries.person_for(request.user, body.other)
    decide_link(request.user, person=one, other=other, same=body.same, reason=body.reason)
    return _out(request, queries.person_for(request.user, pk))


@router.post("/people/{pk}/export", response=responses(ExportOut))
@operation("person.export")
def export(request: PageRequest, pk: Id, body: ExportIn) -> Any:
    """Draw up everything held on a person as a draft for the data-protection officer."""
    found = queries.person_for(request.user, pk)
    return export_for(request.user, person=found, reason=body.reason, via="api").as_json


@router.post("/people/{pk}/split", response=responses(SplitOut))
@operation("person.correct")
def split(request: PageRequest, pk: Id, body: SplitIn) -> Any:
    """Part records that are somebody else's; the answer is the new person's number."""
    found = queries.person_for(request.user, pk)
    return SplitOut(
        person=split_records(request.user, person=found, records=body.records, reason=body.reason)
    )


@router.get("/linkage", response=responses(LinkageOut))
@operation("linkage.view")
def linkage(request: PageRequest) -> Any:
    """The model in force, the latest runs, and how good it is on the pairs that people decided."""
    found = reviewing.overview()
    return LinkageOut(
        trained=found.trained, own=found.own, persons=found.persons,
        weights=[
            WeightOut(comparison=title, answer=step.title, bits=step.bits) for title, steps in found.comparisons for step in steps
        ],
        groups=[
            GroupOut(
                name=one.name, precision=one.joined.precision.value, recall=one.shown.recall.value, short=one.short,
                pairs=one.shown.recall.of,
            )
            for one in found.groups
        ],
        runs=[RunOut.from_orm(run) for run in found.runs],
    )  # fmt: skip


@router.get("/linkage/review", response=responses(PairOut | None))
@operation("linkage.review")
def next_pair(request: PageRequest, after: Annotated[int, Query(ge=0, le=10**6)] = 0) -> Any:
    """The next pair of records to be looked at; nothing when none waits. `after`: how many were left undecided."""
    pair = reviewing.next_pair(after=after)
    if pair is None:
        return None
    for side in (pair.one, pair.other):
        person = side.record.person_id
        record_view(
            request.actor, subject=Subject("person", person), thread=f"person:{person}", page="api-review"
        )
    return PairOut(
        one=pair.one.record.pk, other=pair.other.record.pk, joined=pair.joined,
        facts=[FactOut(name=name, one=one, other=other) for name, one, other in pair.facts],
        evidence=[EvidenceStepOut(title=step.title, answer=step.answer, bits=step.bits) for step in pair.steps],
    )  # fmt: skip


@router.post("/linkage/review", response=responses(PairReviewOut))
@operation("linkage.review")
def review_pair(request: PageRequest, body: PairReviewIn) -> Any:
    """Say whether two records are of one person: a label for the model, and a decision like any other."""
    review(request.user, record=body.one, other=body.other, same=body.same, reason=body.reason)
    return PairReviewOut(decided=reviewing.progress().decided)


@router.get("/extracts", response=responses(LoadsOut))
@operation("extract.view")
def extracts(request: PageRequest, after: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None) -> Any:
    """Loaded extracts, newest first."""
    return queries.extract_loads(after=after)


@router.get("/holdings", response=responses(list[HoldingOut]))
@operation("extract.view")
def held(request: PageRequest) -> Any:
    """Every extract of the policy with its lawful basis, purposes, agreement, retention and the records held."""
    return [_holding(one) for one in holdings.holdings()]


def _holding(one: holdings.Holding) -> HoldingOut:
    rule, signed = one.rule, one.rule.agreement
    return HoldingOut(
        key=rule.key, title=rule.title, lawful_basis=rule.lawful_basis, purposes=list(rule.purposes),
        agreement=signed.reference, partner=signed.partner, signed=signed.signed, expires=signed.expires,
        agreement_state=one.state, warning=one.warning, retention_days=rule.retention_days,
        retention_source=rule.retention_source, records=one.records, next_expiry=one.next_expiry,
    )  # fmt: skip


@router.get("/extracts/{pk}", response=responses(LoadOut))
@operation("extract.view")
def extract(request: PageRequest, pk: Id) -> Any:
    """One loading of an extract."""
    return queries.extract_load(pk)
