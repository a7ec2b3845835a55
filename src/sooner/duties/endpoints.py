"""Operations over duties: the pages' commands and queries."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from sooner.access import queries as people
from sooner.access.api import Id, In, Moment, Words, responses
from sooner.access.decide import spoken
from sooner.access.gate import PageRequest, operation
from sooner.duties import commands, queries
from sooner.duties.queries import DutyPage, Row
from sooner.ledger.queries import detail_of, title_of
from sooner.ledger.work import Subject, record_view

router = Router(tags=["duties"])
After = Annotated[
    str, Query(pattern=r"^(\d{1,4}~\d{1,17}~\d{1,18})?$", description="The cursor of the page before.")
]
Code = Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9_\-]*$")]
Username = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9._\-]*$")]


class DutyOut(Schema):
    id: int
    key: str
    title: str
    do: str
    why: str
    source: str
    about_kind: str
    about: int
    about_label: str
    thread: str
    owner: str
    harm: int
    restricted: bool
    opened_at: datetime
    first_due_at: datetime
    due_at: datetime
    late_at: Annotated[
        datetime | None,
        Field(
            description="Since when it is late. An extension moves the due time and never takes this back."
        ),
    ]
    escalations: int
    discharged_at: datetime | None


class DutiesOut(Schema):
    rows: list[DutyOut]
    after: str | None


class WorkOut(DutiesOut):
    count: str


class LateCountOut(Schema):
    key: str
    title: str
    count: str


class LateOut(DutiesOut):
    counts: list[LateCountOut]


class ExtensionOut(Schema):
    from_due_at: datetime
    until: datetime
    reason: str
    by: str
    at: datetime


class HappenedOut(Schema):
    entry: int
    at: datetime
    title: str
    actor: str
    detail: str


class WholeDutyOut(DutyOut):
    extensions: list[ExtensionOut]
    history: list[HappenedOut]
    latest_extension: datetime | None


class ExtendIn(In):
    until: Moment
    reason: Words


class ReassignIn(In):
    unit: Code = ""
    officer: Username = ""
    reason: Words


@router.get("/duties", response=responses(WorkOut), summary="My work, what harms a child soonest first")
@operation("home.view")
def my_work(request: PageRequest, after: After = "") -> Any:
    found = queries.my_work(request.user, after=after)
    _seen(request, found, page="api-my-work")
    count = queries.my_open_count(request.user)
    return WorkOut(rows=[_out(row) for row in found.rows], after=found.after, count=count)


@router.get("/duties/late", response=responses(LateOut), summary="What is late")
@operation("late-duties.view")
def late(request: PageRequest, after: After = "") -> Any:
    found = queries.late(request.user, after=after)
    _seen(request, found, page="api-late")
    counts = [LateCountOut.from_orm(count) for count in queries.late_counts(request.user)]
    return LateOut(rows=[_out(row) for row in found.rows], after=found.after, counts=counts)


@router.get("/duties/{pk}", response=responses(WholeDutyOut), summary="One duty with its extensions")
@operation("duty.view")
def duty(request: PageRequest, pk: Id) -> Any:
    return _whole(request, pk)


@router.post(
    "/duties/{pk}/extend", response=responses(WholeDutyOut), summary="Move a due time where policy allows"
)
@operation("duty.extend")
def extend(request: PageRequest, pk: Id, body: ExtendIn) -> Any:
    held = queries.duty_for(request.user, pk).duty
    commands.extend(request.user, duty=held, until=body.until, reason=body.reason)
    return _whole(request, pk)


@router.post("/duties/{pk}/reassign", response=responses(None, status=204), summary="Hand a duty on")
@operation("duty.reassign")
def reassign(request: PageRequest, pk: Id, body: ReassignIn) -> Status[Any]:
    held = queries.duty_for(request.user, pk).duty
    officer = people.colleague(body.officer) if body.officer else None
    commands.reassign(request.user, duty=held, unit=body.unit or None, officer=officer, reason=body.reason)
    return Status(204, None)


def _seen(request: PageRequest, found: DutyPage, *, page: str) -> None:
    user, shown = request.user.pk, [row.duty.pk for row in found.rows]
    if shown:
        record_view(
            request.actor, subject=Subject("user", user), thread=f"user:{user}", page=page, duties=shown
        )


def _whole(request: PageRequest, pk: int) -> WholeDutyOut:
    row = queries.duty_for(request.user, pk)
    record_view(request.actor, subject=Subject("duty", pk), thread=row.duty.thread, page="api-duty")
    moved = [
        ExtensionOut(
            from_due_at=e.from_due_at,
            until=e.until,
            reason=spoken(e.reason, request.user),
            by=e.by.name,
            at=e.at,
        )
        for e in queries.extensions_of(request.user, row.duty)
    ]
    happened = [
        HappenedOut(
            entry=e.pk,
            at=e.at,
            title=title_of(e.event),
            actor=e.actor_label,
            detail=spoken(detail_of(e), request.user),
        )
        for e in queries.history_of(request.user, row.duty)
    ]
    latest = queries.latest_extension(row.duty)
    return WholeDutyOut(**_facts(row), extensions=moved, history=happened, latest_extension=latest)


def _out(row: Row) -> DutyOut:
    return DutyOut(**_facts(row))


def _facts(row: Row) -> dict[str, Any]:
    duty, rule = row.duty, row.rule
    same = (
        "key", "thread", "harm", "restricted", "opened_at", "first_due_at", "due_at", "late_at", "escalations",
        "discharged_at",
    )  # fmt: skip
    return {name: getattr(duty, name) for name in same} | {
        "id": duty.pk,
        "title": rule.title,
        "do": rule.do,
        "why": rule.why,
        "source": rule.source,
        "about_kind": duty.subject_kind,
        "about": duty.subject_id,
        "about_label": row.about,
        "owner": row.owner,
    }
