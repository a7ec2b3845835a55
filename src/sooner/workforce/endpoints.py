"""Operations over staff: the pages' commands and queries, for machines."""

from datetime import date
from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import Field

from sooner.access.api import Id, In, responses
from sooner.access.gate import PageRequest, operation
from sooner.workforce import commands, queries

router = Router(tags=["staff"])
Code = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_\-]*$")]
Name = Annotated[str, Field(max_length=120, pattern=r"^[^\x00-\x1f]*$")]
Rank = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f]*$")]


class MemberOut(Schema):
    id: int
    name: str
    username: str
    unit: str
    rank: str
    capacity: int
    open_cases: int
    skills: list[str]
    lapsed: list[str]
    away: bool


class CapacityIn(In):
    capacity: Annotated[int, Field(ge=0, le=commands.MOST_CASES)]
    rank: Rank | None = None


class CompetenceIn(In):
    skill: Code
    awarded_on: date
    expires_on: date | None = None
    awarded_by: Name = ""


class AbsenceIn(In):
    first_day: date
    last_day: date


def _out(member: queries.Member) -> dict[str, Any]:
    person = member.person
    return {
        "id": person.pk,
        "name": person.name,
        "username": person.username,
        "unit": person.unit,
        "rank": member.rank,
        "capacity": member.capacity,
        "open_cases": member.open_cases,
        "skills": sorted(member.skills),
        "lapsed": sorted(member.lapsed),
        "away": member.away,
    }


@router.get("/staff", response=responses(list[MemberOut]), summary="Staff by team and name")
@operation("staff.view")
def list_staff(request: PageRequest, unit: Code = "") -> list[dict[str, Any]]:
    return [_out(member) for member in queries.staff_of(request.user, unit=unit)]


@router.get("/staff/{pk}", response=responses(MemberOut), summary="One member of staff")
@operation("staff.view")
def get_member(request: PageRequest, pk: Id) -> dict[str, Any]:
    return _out(queries.member_for(request.user, pk))


@router.post("/staff/{pk}/capacity", response=responses(MemberOut), summary="Set rank and capacity")
@operation("staff.change")
def set_capacity(request: PageRequest, pk: Id, body: CapacityIn) -> dict[str, Any]:
    person = queries.member_for(request.user, pk).person
    commands.set_capacity(request.user, person=person, capacity=body.capacity, rank=body.rank)
    return _out(queries.member_for(request.user, pk))


@router.post("/staff/{pk}/skills", response=responses(MemberOut), summary="Record a skill")
@operation("staff.change")
def record_competence(request: PageRequest, pk: Id, body: CompetenceIn) -> dict[str, Any]:
    person = queries.member_for(request.user, pk).person
    commands.record_competence(request.user, person=person, **body.dict())
    return _out(queries.member_for(request.user, pk))


@router.post("/staff/{pk}/absences", response=responses(MemberOut), summary="Record days away")
@operation("staff.change")
def record_absence(request: PageRequest, pk: Id, body: AbsenceIn) -> dict[str, Any]:
    person = queries.member_for(request.user, pk).person
    commands.record_absence(request.user, person=person, **body.dict())
    return _out(queries.member_for(request.user, pk))
