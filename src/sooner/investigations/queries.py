"""Reading investigations as far as the reader may see them: the list in the order of priority, and one
with everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from sooner.access.decide import may, visible
from sooner.access.models import User
from sooner.errors import NotFound
from sooner.intake.models import Referral
from sooner.investigations.commands.decide import priority_now
from sooner.investigations.commands.held import children_at_risk, threads_of
from sooner.investigations.commands.record import done_in
from sooner.investigations.models import Action, Investigation, Kirat, Step, SuicideRisk
from sooner.investigations.priority import Priority, Reason, in_words
from sooner.investigations.steps import KINDS, ON_BAIL, Done, bail_limits, state_of
from sooner.ledger.models import Entry
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child
from sooner.safeguarding.ways import TITLES

PAGE = 25
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of investigations, highest priority first, and the cursor of what follows."""

    rows: Sequence[Investigation]
    after: str | None
    before: None = None


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A child at risk, as the page says it. `decided`: a named person confirmed it."""

    child: Child
    ways: tuple[str, ...]

    @property
    def decided(self) -> bool:
        return self.child.state == "confirmed"


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything about one investigation."""

    investigation: Investigation
    band_title: str
    in_words: str
    computed: Priority
    computed_title: str
    referrals: Sequence[Referral]
    children: Sequence[ChildRow]
    kirats: Sequence[Kirat]
    steps: Sequence[Step]
    risks: Sequence[SuicideRisk]
    actions: Sequence[Action]
    threads: Sequence[str]
    standing: Done | None
    waits_for_review: bool

    @property
    def loud(self) -> bool:
        """Released without conditions while a child is near."""
        released = self.standing is not None and self.standing.kind in {
            "suspect.released-under-investigation",
            "bail.ended",
        }
        return released and any(row.child.person_id != self.investigation.suspect_id for row in self.children)

    @property
    def standing_title(self) -> str:
        return KINDS[self.standing.kind].title if self.standing else "Not arrested"

    @property
    def on_bail(self) -> bool:
        return self.standing is not None and self.standing.kind in ON_BAIL

    @property
    def could_be_lower(self) -> bool:
        """What is known now makes less than what stands: only a person may lower it."""
        stands = (self.investigation.band_rank, -self.investigation.score)
        return not self.investigation.decision and stands < self.computed.place


def investigation_for(user: User, pk: int) -> Investigation:
    """The investigation, if the reader may see it. Raises NotFound."""
    rows = visible(Investigation.objects.filter(pk=pk), user).select_related("suspect", "lead")
    found = rows.first()
    if found is None:
        raise NotFound("There is no such investigation, or you do not need to know it.")
    return found


def still_seen(user: User, pk: int) -> list[Investigation]:
    """The investigation if the reader sees it, else nothing; no error either way."""
    return list(visible(Investigation.objects.filter(pk=pk), user).select_related("lead"))


def investigations_of(user: User, referral: Referral) -> list[Investigation]:
    """The investigations that a referral belongs to, as far as the reader may see them."""
    rows = visible(Investigation.objects.filter(joined__referral=referral), user)
    return list(rows.select_related("lead").order_by("pk"))


def investigations(
    user: User, *, after: str = "", band: str = "", unit: str = "", state: str = "open", whose: str = ""
) -> Slice:
    """Investigations by band and score. `whose` is `mine`, `nobody` or empty; `state` open, closed or all."""
    rows: QuerySet[Investigation] = visible(Investigation.objects.all(), user)
    rows = rows.select_related("suspect", "lead").defer("reasons", "decision")
    rows = rows.order_by("band_rank", "-score", "id")
    if state in {"open", "closed"}:
        rows = rows.filter(closed_at__isnull=state == "open")
    for name, value in (("band", band), ("unit", unit)):
        rows = rows.filter(**{name: value}) if value else rows
    if whose in {"mine", "nobody"}:
        rows = rows.filter(lead=user.pk) if whose == "mine" else rows.filter(lead=None)
    found = list(rows.filter(_follows(after))[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Slice(found[:PAGE], f"{last.band_rank}.{last.score}.{last.pk}" if last else None)


def _follows(cursor: str) -> Q:
    parts = cursor.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts):
        return Q()
    rank, score, pk = map(int, parts)
    same_rank = Q(band_rank=rank) & (Q(score__lt=score) | Q(score=score, pk__gt=pk))
    return Q(band_rank__gt=rank) | same_rank


def picture_of(one: Investigation) -> Picture:
    """Everything about an investigation that the reader was found to see."""
    computed, done = priority_now(one), done_in(one)
    return Picture(
        investigation=one,
        band_title=band_title(one.band),
        in_words=_words(one),
        computed=computed,
        computed_title=band_title(computed.band),
        referrals=list(
            Referral.objects.filter(joined__investigation=one).order_by("-received_at", "-pk")[:100]
        ),
        children=[_child_row(child) for child in children_at_risk(one)],
        kirats=list(Kirat.objects.filter(investigation=one).order_by("-assessed_at", "-pk")),
        steps=list(Step.objects.filter(investigation=one).order_by("-at", "-pk")[:MOST_STEPS]),
        risks=list(SuicideRisk.objects.filter(investigation=one).order_by("-assessed_at", "-pk")),
        actions=actions_of(one),
        threads=threads_of(one),
        standing=state_of(done),
        waits_for_review=waits_for_review(one),
    )


def _child_row(child: Child) -> ChildRow:
    ways = sorted({TITLES.get(row["way"], row["way"]) for row in child.ways})
    return ChildRow(child, tuple(ways))


def _words(one: Investigation) -> str:
    """The priority that stands, in one paragraph."""
    reasons = tuple(
        Reason(row["indicator"], row["title"], row["weight"], tuple(row["evidence"]), row["source"])
        for row in one.reasons
    )
    return in_words(Priority(one.band, one.band_rank, one.score, reasons), band_title(one.band))


def band_title(key: str) -> str:
    """The band's name from policy; an unknown key as it stands."""
    return next((band.title for band in get_policy().bands if band.key == key), key)


def actions_of(one: Investigation) -> list[Action]:
    """Open actions first, by time."""
    rows = Action.objects.filter(investigation=one).select_related("owner")
    return list(rows.order_by(F("completed_at").asc(nulls_first=True), "due_at", "pk")[:MOST_STEPS])


def action_for(user: User, pk: int) -> Action:
    """An action of an investigation that the reader may see. Raises NotFound."""
    found = Action.objects.filter(pk=pk).select_related("owner", "investigation").first()
    if found is None:
        raise NotFound("There is no such action, or you do not need to know it.")
    investigation_for(user, found.investigation_id)
    return found


def waits_for_review(one: Investigation) -> bool:
    """Whether an allocation by exception has not been reviewed."""
    rows = Entry.objects.filter(
        subject_kind="investigation",
        subject_id=one.pk,
        event__in=["allocation.excepted", "allocation.reviewed"],
    )
    last = rows.order_by("-pk").values_list("event", flat=True).first()
    return last == "allocation.excepted"


def may_read_text(user: User) -> bool:
    """Whether what people wrote is shown: it can hold names, which an inspector does not see."""
    return may(user, "free-text.view")


def step_choices() -> list[tuple[str, str]]:
    """The steps people record, in the order of an investigation."""
    return [(key, kind.title) for key, kind in KINDS.items()]


def authority_choices() -> list[tuple[str, str]]:
    """Who may authorise bail."""
    return [("", "Not bail"), *((limit.authority, limit.title) for limit in bail_limits())]
