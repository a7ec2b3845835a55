"""Opening: each referral gets its investigation, one per suspect, with a priority and a team. And raising
priorities later.

Set-based: a constant number of queries for a batch. Safe to run twice, and for two processes at once: the
database allows one open investigation per suspect, and whoever comes second joins it. Nothing here lowers a
priority.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError

from sooner.access.threads import mark_restricted
from sooner.intake.models import Party, Referral
from sooner.investigations.case import Evidence, ReportFacts, as_rows, from_rows, observed, observed_in
from sooner.investigations.commands.gather import Gathered, Subjects, contents, gather
from sooner.investigations.commands.guard import restrict_joining
from sooner.investigations.models import Investigation, JoinedReferral
from sooner.investigations.priority import Decision, Priority, Scale, prioritise
from sooner.investigations.routing import Route, route
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child

TRIES = 3


def open_for(work: UnitOfWork, referral_ids: Sequence[int]) -> None:
    """Open or join the investigation of every suspect of these referrals, and raise the priorities that
    now are higher.
    """
    for left in reversed(range(TRIES)):
        try:
            with unit_of_work(work.actor) as inner:
                _Opening(inner, referral_ids).run()
        except IntegrityError:  # another process opened one for the same suspect: it is there now, so join it
            if not left:
                raise
        else:
            return


def reprioritise_for(work: UnitOfWork, referral_ids: Sequence[int]) -> None:
    """Look again at the investigations that these referrals belong to."""
    held = JoinedReferral.objects.filter(referral__in=referral_ids, investigation__closed_at=None)
    reprioritise(
        work, list(held.order_by("investigation").values_list("investigation_id", flat=True).distinct())
    )


def reprioritise(work: UnitOfWork, investigation_ids: Sequence[int]) -> None:
    """Raise these investigations' priorities where what is known now asks for it. Never lowers."""
    held = list(
        Investigation.objects.select_for_update()
        .filter(pk__in=investigation_ids, closed_at=None)
        .order_by("pk")
    )
    subjects = [Subjects(one.pk, one.suspect_id) for one in held]
    _raise(work, list(zip(held, subjects, strict=True)), gather(subjects), {})


@dataclass(slots=True, eq=False)
class _Draft:
    """One investigation of this batch, new or known, and the referrals that join it now."""

    investigation: Investigation
    subjects: Subjects
    joining: list[Referral] = field(default_factory=list)
    is_new: bool = False
    adopted: bool = False


class _Opening:
    """One batch on its way: what is known, what is to be opened or joined, then everything written at
    once.
    """

    def __init__(self, work: UnitOfWork, referral_ids: Sequence[int]) -> None:
        self.work = work
        locked = Referral.objects.select_for_update(no_key=True).filter(pk__in=referral_ids, closed_at=None)
        self.referrals = list(locked.order_by("pk"))
        self.ids = [referral.pk for referral in self.referrals]
        self.drafts: list[_Draft] = []
        self.by_suspect: dict[int, _Draft] = {}
        self.by_referral: dict[int, list[_Draft]] = defaultdict(list)
        self.settled: dict[int, set[int | None]] = defaultdict(set)

    def run(self) -> None:
        suspects = self._suspects()
        memberships = list(
            JoinedReferral.objects.filter(referral__in=self.ids).select_related("investigation")
        )
        self._load(suspects, memberships)
        self._note_closed(memberships)
        for referral in self.referrals:
            self._place(referral, suspects.get(referral.pk, []))
        evidence = self._evidence(memberships)
        gathered = gather([draft.subjects for draft in self.drafts])
        self._open(gathered, evidence)
        self._join(evidence)
        known = [(draft.investigation, draft.subjects) for draft in self.drafts if not draft.is_new]
        _raise(self.work, known, gathered, evidence)

    def _suspects(self) -> dict[int, list[int]]:
        """Each referral's suspects, as the persons they are now known to be, in the report's order."""
        rows = Party.objects.filter(referral__in=self.ids, role="suspect", current=True, person__isnull=False)
        found: dict[int, list[int]] = defaultdict(list)
        for referral, person, joined in rows.order_by("place").values_list(
            "referral_id", "person_id", "person__joined_into_id"
        ):
            if (joined or person) not in found[referral]:
                found[referral].append(joined or person)
        return found

    def _load(self, suspects: dict[int, list[int]], memberships: Sequence[JoinedReferral]) -> None:
        """The open investigations of these suspects and of these referrals, locked in one order."""
        wanted = {person for people in suspects.values() for person in people}
        own = {row.investigation_id for row in memberships}
        rows = Investigation.objects.filter(closed_at=None)
        pks = set(rows.filter(suspect__in=wanted).values_list("pk", flat=True)) if wanted else set()
        pks |= (
            set(rows.filter(suspect__joined_into__in=wanted).values_list("pk", flat=True))
            if wanted
            else set()
        )
        locked = Investigation.objects.select_for_update(of=("self",)).select_related("suspect")
        for one in locked.filter(pk__in=pks | own, closed_at=None).order_by("pk"):
            self._hold(one, [row.referral_id for row in memberships if row.investigation_id == one.pk])

    def _hold(self, one: Investigation, referrals: Iterable[int]) -> None:
        draft = _Draft(one, Subjects(one.pk, one.suspect_id))
        self.drafts.append(draft)
        if one.suspect is not None:
            self.by_suspect.setdefault(one.suspect.joined_into_id or one.suspect.pk, draft)
        for referral in referrals:
            self.by_referral[referral].append(draft)

    def _note_closed(self, memberships: Sequence[JoinedReferral]) -> None:
        """A closed investigation is not opened again by software, unless a child came to light around it
        since.
        """
        closed = [row for row in memberships if row.investigation.closed_at is not None]
        if not closed:
            return
        since: dict[int, list[object]] = defaultdict(list)
        undecided = Child.objects.filter(referral__in={row.referral_id for row in closed}, state="at-risk")
        for referral, at in undecided.values_list("referral_id", "identified_at"):
            since[referral].append(at)
        for row in closed:
            if all(at <= row.investigation.closed_at for at in since[row.referral_id]):  # type: ignore[operator]
                self.settled[row.referral_id].add(row.investigation.suspect_id)

    def _place(self, referral: Referral, suspects: Sequence[int]) -> None:
        if not suspects:
            if not self.by_referral[referral.pk] and not self.settled[referral.pk]:
                self._add(referral, None)
            return
        for suspect in suspects:
            if suspect not in self.settled[referral.pk]:
                self._place_suspect(referral, suspect)

    def _place_suspect(self, referral: Referral, suspect: int) -> None:
        draft = self.by_suspect.get(suspect) or self._without_suspect(referral)
        if draft is None:
            self._add(referral, suspect)
            return
        if draft.investigation.suspect_id is None and not draft.is_new:
            draft.investigation.suspect_id = draft.subjects.suspect = suspect
            draft.adopted = True
            self.by_suspect[suspect] = draft
        if draft not in self.by_referral[referral.pk]:
            self._join_draft(referral, draft)

    def _without_suspect(self, referral: Referral) -> _Draft | None:
        """The referral's own investigation, opened while nobody knew the suspect."""
        return next((d for d in self.by_referral[referral.pk] if d.investigation.suspect_id is None), None)

    def _add(self, referral: Referral, suspect: int | None) -> None:
        draft = _Draft(
            Investigation(suspect_id=suspect, opened_at=clock.now()), Subjects(None, suspect), is_new=True
        )
        self.drafts.append(draft)
        if suspect is not None:
            self.by_suspect[suspect] = draft
        self._join_draft(referral, draft)

    def _join_draft(self, referral: Referral, draft: _Draft) -> None:
        draft.joining.append(referral)
        draft.subjects.referrals.append(referral)
        self.by_referral[referral.pk].append(draft)

    def _evidence(self, memberships: Sequence[JoinedReferral]) -> dict[int, Evidence]:
        """What the batch's own referrals say, by referral; a version read before is not read again."""
        versions = {referral.pk: referral.version for referral in self.referrals}
        kept = {
            row.referral_id: from_rows(row.evidence)
            for row in memberships
            if row.version == versions.get(row.referral_id)
        }
        fresh = contents([referral for referral in self.referrals if referral.pk not in kept])
        names = {referral.pk: referral.reference for referral in self.referrals}
        kept |= {pk: observed_in(ReportFacts(names[pk], content)) for pk, content in fresh.items()}
        stale = [row for row in memberships if row.referral_id in fresh]
        for row in stale:
            row.version, row.evidence = versions[row.referral_id], as_rows(kept[row.referral_id])
        if stale:
            JoinedReferral.objects.bulk_update(stale, ["version", "evidence"], batch_size=100)
        for row in memberships:
            for draft in self.by_referral[row.referral_id]:
                if draft.investigation.pk == row.investigation_id and row.referral_id in versions:
                    draft.subjects.referrals += [r for r in self.referrals if r.pk == row.referral_id]
        return kept

    def _open(self, gathered: Gathered, evidence: dict[int, Evidence]) -> None:
        new = sorted((d for d in self.drafts if d.is_new), key=lambda d: d.investigation.suspect_id or 0)
        policy, scale = get_policy(), Scale.of(get_policy())
        for draft in new:
            known = observed(gathered.case(draft.subjects, evidence))
            _set(draft.investigation, prioritise(known, scale))
            _send(draft.investigation, route(gathered.places(draft.subjects), known, policy))
            draft.investigation.restricted = any(referral.restricted for referral in draft.joining)
        Investigation.objects.bulk_create([draft.investigation for draft in new])
        self._mark_restricted(draft.investigation for draft in new)
        for draft in new:
            self._record("investigation.opened", draft.investigation, draft.joining[0])

    def _join(self, evidence: dict[int, Evidence]) -> None:
        JoinedReferral.objects.bulk_create(
            [
                JoinedReferral(
                    investigation=draft.investigation,
                    referral=referral,
                    joined_at=clock.now(),
                    version=referral.version if referral.pk in evidence else 0,
                    evidence=as_rows(evidence.get(referral.pk, frozenset())),
                )
                for draft in self.drafts
                for referral in draft.joining
            ]
        )
        for draft in self.drafts:
            for referral in draft.joining[1:] if draft.is_new else draft.joining:
                self._record("investigation.joined", draft.investigation, referral)
            self._keep(draft)

    def _keep(self, draft: _Draft) -> None:
        """What joining changes of a known investigation: its suspect becomes known, or it becomes
        restricted.
        """
        one = draft.investigation
        if draft.is_new:
            return
        if one.restricted:
            restrict_joining(self.work, one, draft.joining)
        stricter = not one.restricted and any(referral.restricted for referral in draft.joining)
        if draft.adopted or stricter:
            one.restricted = one.restricted or stricter
            one.save(update_fields=["suspect", "restricted"])
            self._mark_restricted([one])
        if draft.adopted:
            self._record("investigation.joined", one, draft.subjects.referrals[0], how="suspect-known")

    @staticmethod
    def _mark_restricted(investigations: Iterable[Investigation]) -> None:
        threads = [one.thread for one in investigations if one.restricted]
        if threads:
            mark_restricted(threads, since=clock.now())

    def _record(self, event: str, one: Investigation, referral: Referral, **facts: object) -> None:
        self.work.record(
            event,
            subject=Subject("investigation", one.pk),
            thread=one.thread,
            referral=referral.pk,
            suspect=one.suspect_id,
            **facts,
            **common_facts(one),
        )


def common_facts(one: Investigation) -> dict[str, object]:
    """What every entry about an investigation says: its team and lead, priority, and whether it is
    restricted.
    """
    return {
        "unit": one.unit,
        "officer": one.lead_id,
        "band": one.band,
        "score": one.score,
        "restricted": one.restricted or None,
    }


def decision_of(one: Investigation) -> Decision | None:
    """The named person's lowering that stands, if any."""
    said = one.decision
    return Decision(said["rank"], said["score"], from_rows(said["weighed"])) if said else None


def _set(one: Investigation, priority: Priority) -> None:
    one.band, one.band_rank, one.score = priority.band, priority.rank, priority.score
    one.reasons = [reason.as_row() for reason in priority.reasons]


def _send(one: Investigation, to: Route) -> None:
    one.unit, one.routed_because = to.unit, to.because


def _raise(
    work: UnitOfWork,
    held: Sequence[tuple[Investigation, Subjects]],
    gathered: Gathered,
    evidence: dict[int, Evidence],
) -> None:
    policy, scale, changed = get_policy(), Scale.of(get_policy()), []
    for one, subjects in held:
        known = observed(gathered.case(subjects, evidence))
        priority = prioritise(known, scale, decision=decision_of(one))
        raised = priority.place < (one.band_rank, -one.score)
        if raised:
            _set(one, priority)
            indicators = [reason.indicator for reason in priority.reasons]
            _tell(work, "investigation.prioritised", one, indicators=indicators, how="policy")
        moved = _moved(one, route(gathered.places(subjects), known, policy))
        if moved:
            _tell(work, "investigation.routed", one, reason=one.routed_because, how="policy")
        if raised or moved:
            changed.append(one)
    fields = ["band", "band_rank", "score", "reasons", "unit", "routed_because"]
    if changed:
        Investigation.objects.bulk_update(changed, fields, batch_size=100)


def _moved(one: Investigation, to: Route) -> bool:
    """Policy may place what nobody leads and no person has routed; after that a person does. From a local
    team it moves to the central one only."""
    central = get_policy().central_unit
    if one.lead_id or one.routed_by or to.unit == one.unit or central not in {one.unit, to.unit}:
        return False
    _send(one, to)
    return True


def _tell(work: UnitOfWork, event: str, one: Investigation, **facts: object) -> None:
    work.record(
        event, subject=Subject("investigation", one.pk), thread=one.thread, **facts, **common_facts(one)
    )
