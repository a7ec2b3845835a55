"""Operations of safeguarding, for police, for social workers, and for authorities' machines."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from ninja import Header, Query, Router, Schema
from pydantic import Field

from sooner.access.api import Id, In, Line, Moment, OptionalLine, OptionalWords, Words, responses
from sooner.access.decide import Reader, actor_for, spoken
from sooner.access.gate import PageRequest, operation
from sooner.access.models import User
from sooner.engines.formats.social_care.model import SocialCareReferral
from sooner.errors import Refused
from sooner.intake.process import process_now
from sooner.intake.queries import referral_for
from sooner.ledger.work import Subject, record_view
from sooner.safeguarding import queries
from sooner.safeguarding.commands import authority as authority_side
from sooner.safeguarding.commands import children as decisions
from sooner.safeguarding.commands import overt_action, protection, strategy
from sooner.safeguarding.commands.deliver import receive_reply
from sooner.safeguarding.models import (
    Child,
    OvertAction,
    PoliceProtection,
    SafeguardingReferral,
    StrategyDiscussion,
)

router = Router(tags=["safeguarding"])
After = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9\-]+$")]
REPLY_BYTES = 1024 * 1024
REPLY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A FHIR R4 message that acknowledges or decides, signed with the authority's key.",
        "content": {"application/fhir+json": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class WayOut(Schema):
    way: str
    certainty: str
    words: str
    source: str


class ChildOut(Schema):
    id: int
    reference: str
    referral: int
    person: int
    name: str
    certainty: str
    state: str
    ways: list[WayOut]
    authority: str
    authority_how: str
    identified_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str


class ChildrenOut(Schema):
    rows: list[ChildOut]
    after: int | None


class CareReferralOut(Schema):
    id: int
    reference: str
    kind: str
    referral: int
    child: int | None
    authority: str
    restricted: bool
    urgent: bool
    handling: str
    made_at: datetime
    sent_at: datetime | None
    sent_how: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    decided_at: datetime | None
    decision: str
    decision_reason: str


class InboxOut(Schema):
    id: int
    reference: str
    about: str
    urgent: bool
    restricted: bool
    handling: str
    handling_words: str
    sent_at: datetime | None
    acknowledged_at: datetime | None
    decided_at: datetime | None
    decision: str
    message: dict[str, Any]


class InboxPageOut(Schema):
    rows: list[InboxOut]
    after: int | None


class DiscussionOut(Schema):
    id: int
    children: list[int]
    arranged_for: datetime
    place: str
    held_at: datetime | None
    section_47: bool | None
    decisions: str
    family_told: str
    plans: list[int]


class PlanOut(Schema):
    id: int
    what: str
    not_later_than: datetime
    state: str
    slipped_at: datetime | None
    taken_at: datetime | None


class ProtectionOut(Schema):
    id: int
    child: int
    taken_at: datetime
    expires_at: datetime
    told_authority_at: datetime | None
    told_child_at: datetime | None
    told_parents_at: datetime | None
    ended_at: datetime | None


class ReasonIn(In):
    reason: Words


class ConfirmIn(In):
    reason: OptionalWords = ""


class NewChildIn(In):
    given_names: OptionalLine = ""
    family_name: OptionalLine = ""
    how_found: Words
    dob: date | None = None
    line1: OptionalLine = ""
    town: OptionalLine = ""
    postcode: OptionalLine = ""
    school: OptionalLine = ""


class CheckedIn(In):
    who_was_asked: Line
    answer: Words


class HouseholdIn(In):
    line1: Line
    town: OptionalLine = ""
    postcode: OptionalLine = ""
    how: Words


class AuthorityIn(In):
    authority: Code
    reason: Words


class ByHandIn(In):
    to_whom: Line
    how: Line


class ChaseIn(In):
    spoke_to: Line
    answer: Words


class DecisionIn(In):
    decision: Code
    reason: Words


class ArrangeIn(In):
    children: Annotated[list[Id], Field(min_length=1, max_length=50)]
    arranged_for: Moment
    place: OptionalLine = ""


class AttendeeIn(In):
    name: Line
    agency: Annotated[str, Field(pattern="^(police|social-care|health|school|other)$")]


class PlanIn(In):
    what: Line
    not_later_than: Moment


class OutcomeIn(In):
    attendees: Annotated[list[AttendeeIn], Field(min_length=1, max_length=50)]
    decisions: Words
    section_47: bool
    family_told: OptionalWords = ""
    plan: PlanIn | None = None
    held_at: datetime | None = None


class ProtectionIn(In):
    at: Moment
    grounds: Words
    place: Line


class ToldIn(In):
    who: Annotated[str, Field(pattern="^(authority|child|parents)$")]


class EndpointIn(In):
    authority: Code
    url: Annotated[str, Field(max_length=300, pattern=r"^https?://[^\s\x00]+$")]
    key_id: Line
    public_key: Words
    active: bool = True


class Done(Schema):
    done: bool = True


def _child(request: PageRequest, child: Child) -> ChildOut:
    row = queries.child_row(request.user, child)
    return ChildOut(
        id=child.pk, reference=child.reference, referral=child.referral_id, person=child.person_id, name=row.name,
        certainty=child.certainty, state=child.state, ways=[WayOut(**way) for way in child.ways], authority=child.authority,
        authority_how=child.authority_how, identified_at=child.identified_at, decided_by=child.decided_by,
        decided_at=child.decided_at, reason=spoken(child.reason, request.user),
    )  # fmt: skip


def _viewed(request: PageRequest, kind: str, pk: int, thread: str) -> None:
    record_view(request.actor, subject=Subject(kind, pk), thread=thread, page=f"api-{kind}")


@router.get("/children", response=responses(ChildrenOut))
@operation("child.view")
def children(
    request: PageRequest,
    after: After = None,
    state: Annotated[str, Query(pattern="^(|at-risk|confirmed|ruled-out)$")] = "",
) -> Any:
    """Children at risk, newest first."""
    found = queries.children(request.user, after=after, state=state)
    shown = [row.child.pk for row in found.rows]  # type: ignore[attr-defined]  # ChildRow rows
    record_view(
        request.actor, subject=Subject("children", None), thread="force", page="api-children", shown=shown
    )
    return ChildrenOut(rows=[_child(request, row.child) for row in found.rows], after=found.after)  # type: ignore[attr-defined]


@router.get("/children/{pk}", response=responses(ChildOut))
@operation("child.view")
def child(request: PageRequest, pk: Id) -> Any:
    """One child at risk."""
    found = queries.child_for(request.user, pk)
    _viewed(request, "child", pk, found.referral.thread)
    return _child(request, found)


def _decided(request: PageRequest, pk: int) -> ChildOut:
    process_now()
    return _child(request, queries.child_for(request.user, pk))


@router.post("/children/{pk}/confirm", response=responses(ChildOut))
@operation("child.decide")
def confirm(request: PageRequest, pk: Id, body: ConfirmIn) -> Any:
    """Confirm that the child is at risk."""
    decisions.confirm_child(request.user, child=queries.child_for(request.user, pk), reason=body.reason)
    return _decided(request, pk)


@router.post("/children/{pk}/rule-out", response=responses(ChildOut))
@operation("child.decide")
def rule_out(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Rule the child out, with a reason."""
    decisions.rule_out_child(request.user, child=queries.child_for(request.user, pk), reason=body.reason)
    return _decided(request, pk)


@router.post("/children/{pk}/put-back", response=responses(ChildOut))
@operation("child.decide")
def put_back(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Count the child as at risk again."""
    decisions.reinstate_child(request.user, child=queries.child_for(request.user, pk), reason=body.reason)
    return _decided(request, pk)


@router.post("/children/{pk}/authority", response=responses(ChildOut))
@operation("safeguarding-referral.reroute")
def choose_authority(request: PageRequest, pk: Id, body: AuthorityIn) -> Any:
    """Choose the authority of the child's home; it is told at once."""
    found = queries.child_for(request.user, pk)
    decisions.choose_authority(request.user, child=found, authority=body.authority, reason=body.reason)
    return _decided(request, pk)


@router.post("/children/{pk}/protection", response=responses(ProtectionOut))
@operation("police-protection.record")
def protect(request: PageRequest, pk: Id, body: ProtectionIn) -> Any:
    """Record police protection: its clock runs from when it began, and cannot be extended."""
    taken = protection.Taken(body.at, body.grounds, body.place)
    return _protection(
        protection.take_into_protection(request.user, child=queries.child_for(request.user, pk), taken=taken)
    )


def _protection(made: PoliceProtection) -> ProtectionOut:
    return ProtectionOut(
        child=made.child_id,
        **{name: getattr(made, name) for name in ProtectionOut.model_fields if name != "child"},
    )


@router.post("/protections/{pk}/told", response=responses(ProtectionOut))
@operation("police-protection.record")
def told(request: PageRequest, pk: Id, body: ToldIn) -> Any:
    """Record who was told of police protection."""
    protection.record_told(request.user, protection=queries.protection_for(request.user, pk), who=body.who)
    return _protection(queries.protection_for(request.user, pk))


@router.post("/protections/{pk}/end", response=responses(ProtectionOut))
@operation("police-protection.record")
def end(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Record that police protection ended."""
    protection.end_protection(
        request.user, protection=queries.protection_for(request.user, pk), reason=body.reason
    )
    return _protection(queries.protection_for(request.user, pk))


@router.post("/referrals/{pk}/children", response=responses(ChildOut))
@operation("child.decide")
def add_child(request: PageRequest, pk: Id, body: NewChildIn) -> Any:
    """Add a child to a referral."""
    new = decisions.NewChild(**body.model_dump())
    made = decisions.add_child(request.user, referral=referral_for(request.user, pk), new=new)
    return _decided(request, made.pk)


@router.post("/referrals/{pk}/children-checked", response=responses(Done))
@operation("child.decide")
def checked(request: PageRequest, pk: Id, body: CheckedIn) -> Any:
    """Record that a person looked for children and found none."""
    decisions.record_children_checked(
        request.user, referral=referral_for(request.user, pk), **body.model_dump()
    )
    return Done()


@router.post("/referrals/{pk}/household", response=responses(Done))
@operation("child.decide")
def household(request: PageRequest, pk: Id, body: HouseholdIn) -> Any:
    """Record where the suspect lives; children are searched for there."""
    decisions.record_household(request.user, referral=referral_for(request.user, pk), **body.model_dump())
    process_now()
    return Done()


def _care(row: SafeguardingReferral) -> CareReferralOut:
    plain = {
        name: getattr(row, name)
        for name in CareReferralOut.model_fields
        if name not in ("id", "referral", "child")
    }
    return CareReferralOut(id=row.pk, referral=row.referral_id, child=row.child_id, **plain)


@router.get("/social-care/{pk}", response=responses(CareReferralOut))
@operation("safeguarding-referral.view")
def care_referral(request: PageRequest, pk: Id) -> Any:
    """A referral to an authority, as police see it."""
    row = queries.referral_to_care_for(request.user, pk)
    _viewed(request, "safeguarding-referral", pk, row.referral.thread)
    return _care(row)


@router.post("/social-care/{pk}/told", response=responses(CareReferralOut))
@operation("safeguarding-referral.reroute")
def by_hand(request: PageRequest, pk: Id, body: ByHandIn) -> Any:
    """Record that the authority was told by telephone or secure e-mail."""
    row = queries.referral_to_care_for(request.user, pk)
    authority_side.record_sent_by_hand(request.user, row=row, to_whom=body.to_whom, how=body.how)
    return _care(queries.referral_to_care_for(request.user, pk))


@router.post("/social-care/{pk}/chase", response=responses(CareReferralOut))
@operation("safeguarding-referral.reroute")
def chase(request: PageRequest, pk: Id, body: ChaseIn) -> Any:
    """Record that the authority was chased."""
    row = queries.referral_to_care_for(request.user, pk)
    authority_side.chase(request.user, row=row, spoke_to=body.spoke_to, answer=body.answer)
    return _care(row)


def _inbox(item: queries.InboxItem) -> InboxOut:
    row = item.row
    return InboxOut(
        id=row.pk, reference=row.reference, about=item.about, urgent=row.urgent, restricted=row.restricted, handling=row.handling,
        handling_words=item.told.handling_words, sent_at=row.sent_at, acknowledged_at=row.acknowledged_at,
        decided_at=row.decided_at, decision=row.decision, message=_facts(item.told),
    )  # fmt: skip


def _facts(told: SocialCareReferral) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(told)
    return facts


@router.get("/inbox", response=responses(InboxPageOut))
@operation("social-care-inbox.view")
def inbox(
    request: PageRequest, after: After = None, state: Annotated[str, Query(pattern="^(open|all)$")] = "open"
) -> Any:
    """The authority's own referrals."""
    found = queries.inbox(request.user, after=after, state=state)
    items = [item for item in found.rows if isinstance(item, queries.InboxItem)]
    shown = [item.row.pk for item in items]
    record_view(request.actor, subject=Subject("inbox", None), thread="force", page="api-inbox", shown=shown)
    return InboxPageOut(rows=[_inbox(item) for item in items], after=found.after)


@router.get("/inbox/{pk}", response=responses(InboxOut))
@operation("social-care-inbox.view")
def inbox_item(request: PageRequest, pk: Id) -> Any:
    """One referral as its authority sees it."""
    item = queries.inbox_item(request.user, pk)
    _viewed(request, "safeguarding-referral", pk, item.row.referral.thread)
    return _inbox(item)


@router.post("/inbox/{pk}/acknowledge", response=responses(InboxOut))
@operation("safeguarding-referral.acknowledge")
def acknowledge(request: PageRequest, pk: Id) -> Any:
    """Acknowledge a referral."""
    authority_side.acknowledge(request.user, row=queries.referral_to_care_for(request.user, pk))
    return _inbox(queries.inbox_item(request.user, pk))


@router.post("/inbox/{pk}/decide", response=responses(InboxOut))
@operation("safeguarding-referral.decide")
def decide(request: PageRequest, pk: Id, body: DecisionIn) -> Any:
    """Decide on a referral."""
    row = queries.referral_to_care_for(request.user, pk)
    authority_side.decide(request.user, row=row, decision=body.decision, reason=body.reason)
    return _inbox(queries.inbox_item(request.user, pk))


@router.post("/inbox/{pk}/pass-on", response=responses(Done))
@operation("safeguarding-referral.decide")
def pass_on(request: PageRequest, pk: Id, body: AuthorityIn) -> Any:
    """Pass a referral on to the authority where the child lives."""
    row = queries.referral_to_care_for(request.user, pk)
    authority_side.pass_on(request.user, row=row, authority=body.authority, reason=body.reason)
    return Done()


@router.post("/inbox/{pk}/assessment", response=responses(Done))
@operation("safeguarding-referral.decide")
def assessment(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Record that the assessment is complete."""
    row = queries.referral_to_care_for(request.user, pk)
    authority_side.record_assessment(request.user, child=_of(row), row=row, words=body.reason)
    return Done()


@router.post("/inbox/{pk}/conference", response=responses(Done))
@operation("safeguarding-referral.decide")
def conference(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Record that the child protection conference was held."""
    row = queries.referral_to_care_for(request.user, pk)
    authority_side.record_conference(request.user, child=_of(row), row=row, words=body.reason)
    return Done()


def _of(row: SafeguardingReferral) -> Child:
    if row.child is None:
        raise Refused("This referral is about a position of trust, not about one child.")
    return row.child


@router.post("/discussions", response=responses(DiscussionOut))
@operation("strategy-discussion.arrange")
def arrange(request: PageRequest, body: ArrangeIn) -> Any:
    """Arrange a strategy discussion about children of one referral; an authority names them by its own referrals' numbers."""
    if Reader(request.user).scope == "authority":
        found = [_of(queries.referral_to_care_for(request.user, pk)) for pk in body.children]
    else:
        found = [queries.child_for(request.user, pk) for pk in body.children]
    made = strategy.arrange_discussion(
        request.user, children=found, arranged_for=body.arranged_for, place=body.place
    )
    return _discussion(request.user, made)


def _discussion(user: User, found: StrategyDiscussion) -> DiscussionOut:
    """With the children that this reader may know of: a discussion may be about several authorities' children."""
    plain = {
        name: getattr(found, name)
        for name in DiscussionOut.model_fields
        if name not in ("id", "children", "plans")
    }
    return DiscussionOut(
        id=found.pk,
        children=[child for child, _ in queries.names_of(user, found)],
        plans=[plan.pk for plan in queries.plans_of(found)],
        **{**plain, **{name: spoken(plain[name], user) for name in ("decisions", "family_told")}},
    )


@router.get("/discussions/{pk}", response=responses(DiscussionOut))
@operation("strategy-discussion.view")
def discussion(request: PageRequest, pk: Id) -> Any:
    """One strategy discussion."""
    found = queries.discussion_for(request.user, pk)
    _viewed(request, "strategy-discussion", pk, found.referral.thread)
    return _discussion(request.user, found)


@router.post("/discussions/{pk}/record", response=responses(DiscussionOut))
@operation("strategy-discussion.record")
def record_discussion(request: PageRequest, pk: Id, body: OutcomeIn) -> Any:
    """Record what a strategy discussion decided."""
    outcome = strategy.Outcome(
        attendees=[strategy.Attendee(a.name, a.agency) for a in body.attendees],
        decisions=body.decisions,
        section_47=body.section_47,
        family_told=body.family_told,
        plan=strategy.Plan(body.plan.what, body.plan.not_later_than) if body.plan else None,
        held_at=body.held_at,
    )
    found = queries.discussion_for(request.user, pk)
    held = strategy.record_discussion(request.user, discussion=found, outcome=outcome)
    return _discussion(request.user, held)


@router.get("/plans/{pk}", response=responses(PlanOut))
@operation("strategy-discussion.view")
def plan(request: PageRequest, pk: Id) -> Any:
    """A joint plan for the overt action."""
    found = queries.plan_for(request.user, pk)
    _viewed(request, "overt-action", pk, found.referral.thread)
    return _plan(found)


def _plan(found: OvertAction) -> PlanOut:
    return PlanOut(**{name: getattr(found, name) for name in PlanOut.model_fields})


@router.post("/plans/{pk}/taken", response=responses(PlanOut))
@operation("overt-action.plan")
def taken(request: PageRequest, pk: Id, body: ReasonIn) -> Any:
    """Record that the overt action was taken."""
    overt_action.record_taken(
        request.user, plan=queries.plan_for(request.user, pk), what_happened=body.reason
    )
    return _plan(queries.plan_for(request.user, pk))


@router.post("/endpoints", response=responses(Done))
@operation("endpoint.manage")
def endpoint(request: PageRequest, body: EndpointIn) -> Any:
    """Set an authority's machine address and public key."""
    authority_side.set_endpoint(
        actor_for(request.user), authority=body.authority, url=body.url, key_id=body.key_id, public_key=body.public_key,
        active=body.active,
    )  # fmt: skip
    return Done()


@router.post("/social-care-replies", response=responses(Done), auth=None, openapi_extra=REPLY_BODY)
def reply(request: PageRequest, x_jws_signature: Annotated[str, Header(max_length=2000)]) -> Any:
    """An authority's answer to a referral. No sign-in: the message is trusted for its signature alone."""
    data = request.read(REPLY_BYTES + 1)
    if len(data) > REPLY_BYTES:
        raise Refused("The answer is larger than 1 MiB.")
    receive_reply(data, x_jws_signature)
    return Done()
