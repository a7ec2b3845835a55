"""What safeguarding holds on a person, and with whom it was shared, for that person's own access."""

from collections.abc import Iterable

from django.db.models import Q

from sooner.intake.models import Party
from sooner.people.subject_access import STAFF, Asked, Section, row
from sooner.policy.loader import get_policy
from sooner.safeguarding.models import Child, SafeguardingReferral

EXEMPTIONS = ("child-abuse", "crime", "social-work", "others")


def holds(asked: Asked) -> Iterable[Section]:
    """Where the person is a child at risk, and what was told to which authority."""
    yield _at_risk(asked)
    yield _shared(asked)


def _at_risk(asked: Asked) -> Section:
    children = Child.objects.filter(person__in=asked.numbers).order_by("pk")
    rows = [
        row(
            child=one.reference,
            state=one.state.replace("-", " "),
            how_found=[asked.redact(f"{way['words']} ({way['source']})") for way in one.ways],
            identified=one.identified_at,
            decided=one.decided_at,
            decided_by=STAFF if one.decided_by else "",
            reason=asked.redact(one.reason),
        )
        for one in asked.visible(children)
    ]
    return Section("Where this person is a child at risk", rows, EXEMPTIONS, children.count() - len(rows))


def _shared(asked: Asked) -> Section:
    """What was told of the person: a child, somebody in a position of trust, or the suspect in a referral about a child."""
    speaks_of = Party.objects.filter(person__in=asked.numbers, role="suspect").values("referral")
    mine = Q(person__in=asked.numbers) | Q(child__person__in=asked.numbers)
    told = SafeguardingReferral.objects.filter(mine | Q(referral__in=speaks_of)).order_by("pk")
    known = get_policy().authorities
    rows = [
        row(
            shared=one.reference,
            about="This person"
            if _is_of(one, asked)
            else "A child (name withheld); this person as the suspect",
            with_=known[one.authority].name if one.authority in known else one.authority,
            kind=one.kind.replace("-", " "),
            sent=one.sent_at or "Not yet",
            acknowledged=one.acknowledged_at,
            decision=one.decision.replace("-", " "),
        )
        for one in asked.visible(told).select_related("child")
    ]
    return Section("With whom this was shared", rows, EXEMPTIONS, told.count() - len(rows))


def _is_of(one: SafeguardingReferral, asked: Asked) -> bool:
    return one.person_id in asked.numbers or (one.child is not None and one.child.person_id in asked.numbers)
