"""Operations over investigations: the pages' commands and queries, for machines."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Router, Schema, Status
from pydantic import Field

from sooner.access.api import Id, In, Line, Moment, OptionalWords, Words, responses
from sooner.access.decide import Reader
from sooner.access.gate import PageRequest, operation
from sooner.access.models import User
from sooner.errors import Refused
from sooner.investigations import queries
from sooner.investigations.commands import allocate as allocating
from sooner.investigations.commands import decide, record
from sooner.investigations.models import Action, Investigation, Kirat, Step, SuicideRisk
from sooner.ledger.work import Subject, record_view
from sooner.workforce.queries import Fit

router = Router(tags=["investigations"])
Code = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_.\-]*$")]
Cursor = Annotated[str, Field(max_length=60, pattern=r"^[0-9.]*$")]
UserName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._\-]{1,58}$")]


class InvestigationOut(Schema):
    id: int
    reference: str
    suspect: int | None = Field(alias="suspect_id")
    opened_at: datetime
    unit: str
    lead: str | None
    band: str
    band_rank: int
    score: int
    restricted: bool
    closed_at: datetime | None

    @staticmethod
    def resolve_lead(one: Investigation) -> str | None:
        return one.lead.username if one.lead else None


class PageOut(Schema):
    rows: list[InvestigationOut]
    after: str | None


class ReasonOut(Schema):
    indicator: str
    title: str
    weight: int
    evidence: list[str]
    source: str


class InvestigationChildOut(Schema):
    id: int
    state: str
    certainty: str
    ways: list[str]


class StepOut(Schema):
    id: int
    kind: str
    at: datetime
    until: datetime | None
    recorded_by: str


class KiratOut(Schema):
    id: int
    level: str
    version: str
    assessor: str
    assessed_at: datetime


class RiskOut(Schema):
    id: int
    occasion: str
    in_person: bool
    level: str
    assessed_at: datetime
    assessed_by: str


class ActionOut(Schema):
    id: int
    investigation: int = Field(alias="investigation_id")
    owner: str
    due_at: datetime
    completed_at: datetime | None

    @staticmethod
    def resolve_owner(action: Action) -> str:
        return action.owner.username


class PictureOut(Schema):
    """An investigation with everything but what people wrote, which pages show to those who may read it."""

    investigation: InvestigationOut
    routed_because: str
    in_words: str
    reasons: list[ReasonOut]
    children: list[InvestigationChildOut]
    referrals: list[int]
    steps: list[StepOut]
    kirats: list[KiratOut]
    suicide_risks: list[RiskOut]
    actions: list[ActionOut]
    released_near_child: bool
    computed_band: str
    computed_score: int


class FitOut(Schema):
    username: str
    name: str
    fits: bool
    problems: list[str]
    open_cases: int
    capacity: int


class AllocateIn(In):
    username: UserName
    exception_reason: OptionalWords = ""


class ReasonIn(In):
    reason: Words


class StepIn(In):
    kind: Code
    at: Moment
    until: Moment | None = None
    authority: Code = ""
    detail: OptionalWords = ""


class KiratIn(In):
    level: Literal["low", "medium", "high", "very-high"]
    version: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]+$")]
    assessor: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]
    assessed_at: Moment
    assessor_trained_on: date | None = None
    unknowns: OptionalWords = ""


class RiskIn(In):
    occasion: Literal["contact", "arrest", "interview", "release", "charge", "review"]
    in_person: bool
    level: Literal["low", "raised", "high"]
    what_was_done: Words
    assessed_at: Moment


class ActionIn(In):
    title: Line
    owner: UserName
    due_at: Moment


class ResultIn(In):
    result: Words


class LowerIn(In):
    band: Code
    reason: Words


class RerouteIn(In):
    unit: Code
    reason: Words


class RestrictIn(In):
    usernames: Annotated[list[UserName], Field(max_length=50)] = []
    reason: Words


def _found(request: PageRequest, pk: int) -> Investigation:
    return queries.investigation_for(request.user, pk)


def _person(username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Refused(f"There is no active user {username!r}.")
    return found


@router.get("/investigations", response=responses(PageOut), summary="Investigations, highest priority first")
@operation("investigation.view")
def list_investigations(
    request: PageRequest,
    after: Cursor = "",
    band: Code = "",
    unit: Code = "",
    state: Literal["open", "closed", "all"] = "open",
    whose: Literal["", "mine", "nobody"] = "",
) -> queries.Slice:
    return queries.investigations(request.user, after=after, band=band, unit=unit, state=state, whose=whose)


@router.get("/investigations/{pk}", response=responses(PictureOut), summary="One investigation")
@operation("investigation.view")
def get_investigation(request: PageRequest, pk: Id) -> dict[str, Any]:
    found = _found(request, pk)
    record_view(request.actor, subject=Subject("investigation", pk), thread=found.thread, page="api")
    picture, masked = queries.picture_of(found), Reader(request.user).names_masked
    return {
        "investigation": found,
        "routed_because": "" if masked and found.routed_by else found.routed_because,
        "in_words": picture.in_words,
        "reasons": found.reasons,
        "children": [_child(row) for row in picture.children],
        "referrals": [referral.pk for referral in picture.referrals],
        "steps": picture.steps,
        "kirats": picture.kirats,
        "suicide_risks": picture.risks,
        "actions": picture.actions,
        "released_near_child": picture.loud,
        "computed_band": picture.computed.band,
        "computed_score": picture.computed.score,
    }


def _child(row: queries.ChildRow) -> dict[str, Any]:
    return {
        "id": row.child.pk,
        "state": row.child.state,
        "certainty": row.child.certainty,
        "ways": list(row.ways),
    }


@router.get(
    "/investigations/{pk}/fits", response=responses(list[FitOut]), summary="Who could lead it, and why"
)
@operation("investigation.allocate")
def list_fits(request: PageRequest, pk: Id) -> list[dict[str, Any]]:
    return [_fit(fit) for fit in allocating.suggestions(_found(request, pk))]


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "username": fit.member.person.username,
        "name": fit.member.person.name,
        "fits": fit.fits,
        "problems": list(fit.problems),
        "open_cases": fit.member.open_cases,
        "capacity": fit.member.capacity,
    }


@router.post("/investigations/{pk}/allocation", response=responses(InvestigationOut), summary="Allocate it")
@operation("investigation.allocate")
def allocate(request: PageRequest, pk: Id, body: AllocateIn) -> Investigation:
    allocating.allocate(
        request.user,
        investigation=_found(request, pk),
        person=_person(body.username),
        exception_reason=body.exception_reason,
    )
    return _found(request, pk)


@router.post(
    "/investigations/{pk}/review", response=responses(InvestigationOut), summary="Review an exception"
)
@operation("investigation.allocate")
def review_exception(request: PageRequest, pk: Id, body: ReasonIn) -> Investigation:
    allocating.review_exception(request.user, investigation=_found(request, pk), finding=body.reason)
    return _found(request, pk)


@router.post("/investigations/{pk}/steps", response=responses(StepOut, status=201), summary="Record a step")
@operation("investigation.record")
def record_step(request: PageRequest, pk: Id, body: StepIn) -> Status[Step]:
    facts = record.StepFacts(**body.dict())
    return Status(201, record.record_step(request.user, investigation=_found(request, pk), facts=facts))


@router.post("/investigations/{pk}/kirat", response=responses(KiratOut, status=201), summary="Record KIRAT")
@operation("kirat.record")
def record_kirat(request: PageRequest, pk: Id, body: KiratIn) -> Status[Kirat]:
    facts = record.KiratFacts(**body.dict())
    return Status(201, record.record_kirat(request.user, investigation=_found(request, pk), facts=facts))


@router.post(
    "/investigations/{pk}/suicide-risk",
    response=responses(RiskOut, status=201),
    summary="Record suicide risk",
)
@operation("suicide-risk.record")
def assess_suicide_risk(request: PageRequest, pk: Id, body: RiskIn) -> Status[SuicideRisk]:
    facts = record.RiskFacts(**body.dict())
    return Status(
        201, record.assess_suicide_risk(request.user, investigation=_found(request, pk), facts=facts)
    )


@router.post(
    "/investigations/{pk}/actions", response=responses(ActionOut, status=201), summary="Add an action"
)
@operation("investigation.record")
def add_action(request: PageRequest, pk: Id, body: ActionIn) -> Status[Action]:
    made = record.add_action(
        request.user,
        investigation=_found(request, pk),
        title=body.title,
        owner=_person(body.owner),
        due_at=body.due_at,
    )
    return Status(201, made)


@router.get("/actions/{pk}", response=responses(ActionOut), summary="One action")
@operation("investigation.record")
def get_action(request: PageRequest, pk: Id) -> Action:
    return queries.action_for(request.user, pk)


@router.post("/actions/{pk}/result", response=responses(ActionOut), summary="Complete an action")
@operation("investigation.record")
def complete_action(request: PageRequest, pk: Id, body: ResultIn) -> Action:
    record.complete_action(request.user, action=queries.action_for(request.user, pk), result=body.result)
    return queries.action_for(request.user, pk)


@router.post(
    "/investigations/{pk}/priority", response=responses(InvestigationOut), summary="Lower the priority"
)
@operation("investigation.reprioritise")
def lower_priority(request: PageRequest, pk: Id, body: LowerIn) -> Investigation:
    decide.lower_priority(request.user, investigation=_found(request, pk), band=body.band, reason=body.reason)
    return _found(request, pk)


@router.post("/investigations/{pk}/team", response=responses(PageOut), summary="Give to another team")
@operation("investigation.reprioritise")
def reroute(request: PageRequest, pk: Id, body: RerouteIn) -> dict[str, Any]:
    """The investigation afterwards, in a list: empty when it is now out of the caller's sight."""
    decide.reroute(request.user, investigation=_found(request, pk), unit=body.unit, reason=body.reason)
    return {"rows": queries.still_seen(request.user, pk), "after": None}


@router.post("/investigations/{pk}/restriction", response=responses(InvestigationOut), summary="Restrict it")
@operation("referral.restrict")
def restrict(request: PageRequest, pk: Id, body: RestrictIn) -> Investigation:
    people = [_person(name) for name in body.usernames]
    decide.restrict(request.user, investigation=_found(request, pk), people=people, reason=body.reason)
    return _found(request, pk)


@router.post("/investigations/{pk}/closing", response=responses(InvestigationOut), summary="Close it")
@operation("investigation.close")
def close(request: PageRequest, pk: Id, body: ReasonIn) -> Investigation:
    decide.close(request.user, investigation=_found(request, pk), reason=body.reason)
    return _found(request, pk)


@router.post("/investigations/{pk}/reopening", response=responses(InvestigationOut), summary="Open it again")
@operation("investigation.close")
def reopen(request: PageRequest, pk: Id, body: ReasonIn) -> Investigation:
    decide.reopen(request.user, investigation=_found(request, pk), reason=body.reason)
    return _found(request, pk)
