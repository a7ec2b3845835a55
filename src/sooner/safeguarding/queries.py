"""Reading safeguarding: children at risk, what was told to whom, discussions, plans; each as far as the reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from sooner.access.decide import Reader, may, visible
from sooner.access.models import User
from sooner.engines.formats.social_care import message
from sooner.engines.formats.social_care.model import SocialCareReferral
from sooner.errors import NotFound
from sooner.intake.models import Document, Referral
from sooner.people.models import Person
from sooner.policy.loader import get_policy
from sooner.safeguarding import ways
from sooner.safeguarding.commands.refer import DESIGNATED_OFFICER
from sooner.safeguarding.models import (
    Answer,
    Child,
    OvertAction,
    PoliceProtection,
    SafeguardingReferral,
    StrategyDiscussion,
)
from sooner.safeguarding.scopes import child_name

PAGE = 25


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A child as a list shows it: named for the reader, how found, and what the authority knows."""

    child: Child
    name: str
    ways: Sequence[str]
    told: Sequence[SafeguardingReferral]

    @property
    def is_told(self) -> bool:
        return any(row.sent_at for row in self.told)


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a list; `after` is the cursor of what follows."""

    rows: Sequence[object]
    after: int | None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A referral as its authority sees it: what was sent, and what it did."""

    row: SafeguardingReferral
    told: SocialCareReferral

    @property
    def about(self) -> str:
        if self.told.child is not None:
            return self.told.child.name
        return next((adult.name for adult in self.told.adults if adult.is_suspect), "Name not known")

    @property
    def handling_title(self) -> str:
        known = get_policy().handling.get(self.told.handling)
        return known.title if known else self.told.handling


def _row(child: Child, told: Sequence[SafeguardingReferral], *, masked: bool) -> ChildRow:
    titles = list(dict.fromkeys(ways.TITLES.get(way["way"], way["way"]) for way in child.ways))
    return ChildRow(child, child_name(child, masked=masked), titles, told)


def _rows(user: User, children: Sequence[Child]) -> list[ChildRow]:
    told: dict[int, list[SafeguardingReferral]] = {}
    for row in (
        SafeguardingReferral.objects.filter(child__in=children).defer("payload", "signature").order_by("pk")
    ):
        told.setdefault(row.child_id or 0, []).append(row)
    masked = Reader(user).names_masked
    return [_row(child, told.get(child.pk, []), masked=masked) for child in children]


def children(user: User, *, after: int | None = None, state: str = "") -> Slice:
    """Children at risk, newest first; `state` narrows."""
    rows = visible(Child.objects.select_related("person", "referral").order_by("-pk"), user)
    rows = rows.filter(state=state) if state else rows.exclude(state="ruled-out")
    page = list((rows.filter(pk__lt=after) if after else rows)[: PAGE + 1])
    return Slice(_rows(user, page[:PAGE]), page[PAGE - 1].pk if len(page) > PAGE else None)


def children_of(user: User, referral: Referral) -> list[ChildRow]:
    """The children of a referral, those at risk first."""
    rows = visible(Child.objects.filter(referral=referral).select_related("person", "referral"), user)
    return _rows(
        user, sorted(rows, key=lambda c: (c.state == "ruled-out", c.certainty != ways.SURE, c.pk))[:200]
    )


def children_of_person(user: User, person: Person) -> list[ChildRow]:
    """Where a person is a child at risk."""
    rows = visible(
        Child.objects.filter(person=person).select_related("person", "referral").order_by("-pk"), user
    )
    return _rows(user, list(rows[:20]))


def child_for(user: User, pk: int) -> Child:
    """The child, if the reader may see it. Raises NotFound."""
    rows = Child.objects.filter(pk=pk).select_related("person", "referral", "address")
    found = visible(rows, user).first()
    if found is None:
        raise NotFound("There is no such child, or you do not need to know of it.")
    return found


def child_row(user: User, child: Child) -> ChildRow:
    """The child with its name for this reader and what was told."""
    return _rows(user, [child])[0]


def discussions_of(user: User, referral: Referral) -> list[StrategyDiscussion]:
    """The strategy discussions of a referral, newest first."""
    return list(
        visible(StrategyDiscussion.objects.filter(referral=referral).order_by("-pk"), user).distinct()[:50]
    )


def discussions_about(user: User, child: Child) -> list[StrategyDiscussion]:
    """The strategy discussions about a child, newest first."""
    return list(
        visible(StrategyDiscussion.objects.filter(children=child).order_by("-pk"), user).distinct()[:50]
    )


def discussion_for(user: User, pk: int) -> StrategyDiscussion:
    """The discussion, if the reader may see it. Raises NotFound."""
    rows = StrategyDiscussion.objects.filter(pk=pk).select_related("referral")
    found = visible(rows, user).distinct().first()
    if found is None:
        raise NotFound("There is no such strategy discussion, or you do not need to know of it.")
    return found


def names_of(user: User, discussion: StrategyDiscussion) -> list[tuple[int, str]]:
    """The children a discussion is about, as this reader may call them: (number, name)."""
    reader = Reader(user)
    rows = discussion.children.select_related("person").order_by("pk")
    if reader.scope == "authority":
        told = visible(SafeguardingReferral.objects.filter(rerouted_to=None), user)
        rows = rows.filter(safeguarding_referrals__in=told)
    return [(child.pk, child_name(child, masked=reader.names_masked)) for child in rows.distinct()]


def plans_of(discussion: StrategyDiscussion) -> list[OvertAction]:
    """The joint plans that a discussion made."""
    return list(discussion.plans.order_by("-pk"))


def plan_for(user: User, pk: int) -> OvertAction:
    """The joint plan, if the reader may see it. Raises NotFound."""
    rows = OvertAction.objects.filter(pk=pk).select_related("referral", "discussion")
    found = visible(rows, user).distinct().first()
    if found is None:
        raise NotFound("There is no such plan, or you do not need to know of it.")
    return found


def protections_of(child: Child) -> list[PoliceProtection]:
    """Police protection of a child, newest first."""
    return list(child.police_protections.order_by("-pk"))


def protection_for(user: User, pk: int) -> PoliceProtection:
    """The police protection, if the reader may see it. Raises NotFound."""
    rows = PoliceProtection.objects.filter(pk=pk).select_related("child", "child__referral", "child__person")
    found = visible(rows, user).first()
    if found is None:
        raise NotFound("There is no such police protection, or you do not need to know of it.")
    return found


def referral_to_care_for(user: User, pk: int) -> SafeguardingReferral:
    """The referral to an authority, if the reader may see it. Raises NotFound."""
    rows = SafeguardingReferral.objects.filter(pk=pk).select_related(
        "referral", "child", "child__person", "person"
    )
    found = visible(rows, user).first()
    if found is None:
        raise NotFound("There is no such referral, or it is not yours to see.")
    return found


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An authority's machine answer beside what it answers; `document` only where the reader may see the bytes."""

    answer: Answer
    document: Document | None


def answers_of(user: User, row: SafeguardingReferral) -> list[AnswerRow]:
    """The answers that the authority's system gave to a referral, newest first."""
    found = list(row.answers.select_related("document").order_by("-pk")[:50])
    may_open = may(user, "document.view")
    seen = visible(Document.objects.filter(pk__in=[one.document_id for one in found]), user).in_bulk()
    return [AnswerRow(one, seen.get(one.document_id) if may_open else None) for one in found]


def designated_officer_referrals(user: User, referral: Referral) -> list[SafeguardingReferral]:
    """What the designated officers were told about a referral's suspects."""
    rows = SafeguardingReferral.objects.filter(referral=referral, kind=DESIGNATED_OFFICER)
    return list(visible(rows.select_related("person").order_by("pk"), user)[:50])


def read_payload(row: SafeguardingReferral) -> SocialCareReferral:
    """What was sent, as typed facts."""
    return message.decode(row.payload)


def inbox(user: User, *, after: int | None = None, state: str = "open") -> Slice:
    """The authority's own referrals: what is to do, urgent ones first and then the oldest; or all, the newest first."""
    rows = visible(SafeguardingReferral.objects.all(), user)
    found = _after_in_all(rows, after) if state == "all" else _after_in_open(rows, after)
    page = list(found[: PAGE + 1])
    items = [InboxItem(row, read_payload(row)) for row in page[:PAGE]]
    return Slice(items, page[PAGE - 1].pk if len(page) > PAGE else None)


def _after_in_all(rows: QuerySet[SafeguardingReferral], after: int | None) -> QuerySet[SafeguardingReferral]:
    return (rows.filter(pk__lt=after) if after else rows).order_by("-pk")


def _after_in_open(rows: QuerySet[SafeguardingReferral], after: int | None) -> QuerySet[SafeguardingReferral]:
    """What follows the cursor, whether that referral is still open or was decided meanwhile."""
    last = rows.filter(pk=after).values_list("urgent", flat=True).first() if after else None
    if last is not None:
        further = Q(urgent=last, pk__gt=after)
        rows = rows.filter(further | Q(urgent=False) if last else further)
    still_open = rows.filter(decided_at=None, rerouted_to=None)
    return still_open.exclude(kind=DESIGNATED_OFFICER, acknowledged_at__isnull=False).order_by(
        "-urgent", "pk"
    )


def inbox_item(user: User, pk: int) -> InboxItem:
    """One referral as the authority sees it: what was sent and nothing of the police record. Raises NotFound."""
    row = referral_to_care_for(user, pk)
    return InboxItem(row, read_payload(row))


def authority_choices() -> list[tuple[str, str]]:
    """Every authority of the policy, by name."""
    return sorted(((a.code, a.name) for a in get_policy().authorities.values()), key=lambda row: row[1])


def home_elsewhere(row: SafeguardingReferral) -> str:
    """The authority of the child's own home, learnt since another was told of the child; empty while that is the same."""
    child = row.child
    if child is None or child.authority_how == "suspect-home":
        return ""
    return "" if row.authority in {child.authority, *child.also_authorities} else child.authority
