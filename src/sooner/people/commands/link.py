"""A person's word on whether records are of one person. It outweighs every model, and every later run respects it."""

from collections.abc import Iterable, Sequence
from itertools import product

from django.db.models import Q

from sooner.access.decide import actor_for, require
from sooner.access.models import User
from sooner.errors import NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.people import linkage
from sooner.people.commands.move import NEW, move
from sooner.people.models import Doubt, Link, Person, Prepared, Record
from sooner.people.purpose import FINDING_CHILDREN, permitted

MOST_PAIRS = 10_000


def decide_link(user: User, *, person: Person, other: Person, same: bool, reason: str) -> None:
    """Decide that two persons are one, or are not. Raises Refused without a reason or when they are one number already."""
    require(user, "person.correct")
    if person.pk == other.pk:
        raise Refused(
            "These are one person already. To part them, choose the records that are somebody else's."
        )
    _demand(reason)
    first, second = sorted((person.pk, other.pk))
    with unit_of_work(actor_for(user)) as work:
        mine, theirs = _records_of(first), _records_of(second)
        permitted(FINDING_CHILDREN).demand_records([*mine, *theirs])
        _decide(
            work,
            user,
            mine,
            theirs,
            same=same,
            via="person",
            reason=reason.strip(),
            about=person.pk,
            other=other.pk,
        )
        if same:
            move(work, dict.fromkeys(theirs, first), reason=reason.strip())


def split(user: User, *, person: Person, records: Sequence[int], reason: str) -> int:
    """Part these records from a person: they become a new person, and are never joined to the rest again by a model.

    Returns the new person's number. Raises Refused when none or all of the person's records are chosen.
    """
    require(user, "person.correct")
    _demand(reason)
    with unit_of_work(actor_for(user)) as work:
        held = _records_of(person.pk)
        parted, kept = (
            [pk for pk in held if pk in set(records)],
            [pk for pk in held if pk not in set(records)],
        )
        if not parted or not kept:
            raise Refused(
                "Choose some of the person's records, but not all: the others stay with this number."
            )
        _decide(
            work,
            user,
            kept,
            parted,
            same=False,
            via="split",
            reason=reason.strip(),
            about=person.pk,
            other=None,
        )
        return move(work, dict.fromkeys(parted, NEW), reason=reason.strip())[NEW]


def review(user: User, *, record: int, other: int, same: bool, reason: str = "") -> None:
    """A clerical review's answer on one pair of records: a label for the model's assessment, and a decision like any other."""
    require(user, "linkage.review")
    first, second = sorted((record, other))
    with unit_of_work(actor_for(user)) as work:
        held = dict(Record.objects.filter(pk__in=(first, second)).values_list("pk", "person_id"))
        if len(held) < 2:
            raise NotFound("One of these records is no longer there: take the next pair.")
        permitted(FINDING_CHILDREN).demand_records(held)
        words = reason.strip() or "Clerical review"
        about, beside = held[first], held[second]
        _decide(
            work, user, [first], [second], same=same, via="review", reason=words, about=about, other=beside
        )
        if same and about != beside:
            target, joining = sorted((about, beside))
            move(work, dict.fromkeys(_records_of(joining), target), reason=words)
        elif not same and about == beside:
            move(work, {second: NEW}, reason=words)


def _demand(reason: str) -> None:
    if not reason.strip():
        raise Refused("Give the reason: it stays on the record.")


def _records_of(person: int) -> list[int]:
    return list(Record.objects.filter(person=person).order_by("pk").values_list("pk", flat=True))


def _decide(
    work: UnitOfWork, user: User, mine: Sequence[int], theirs: Sequence[int], *,
    same: bool, via: str, reason: str, about: int, other: int | None,
) -> None:  # fmt: skip
    """Keep the decision between records. Two that are one need one pair; two that are apart need every pair."""
    pairs = [(mine[0], theirs[0])] if same and mine and theirs else list(product(mine, theirs))[:MOST_PAIRS]
    ordered = [(min(pair), max(pair)) for pair in pairs]
    if same:
        Link.objects.filter(same=False).filter(
            Q(record__in=mine, other__in=theirs) | Q(record__in=theirs, other__in=mine)
        ).delete()
    weights = _weights(ordered)
    Link.objects.bulk_create(
        [
            Link(
                record_id=one, other_id=two, same=same, via=via, reason=reason, by_label=user.name, at=clock.now(),
                weight=weights.get((one, two)),
            )
            for one, two in ordered
        ],
        update_conflicts=True,
        unique_fields=["record", "other"],
        update_fields=["same", "via", "reason", "by_label", "at", "weight"],
    )  # fmt: skip
    Doubt.objects.filter(
        record__in=[one for one, _ in ordered], other__in=[two for _, two in ordered]
    ).delete()
    work.record(
        "link.confirmed" if same else "link.rejected",
        subject=Subject("person", about),
        thread=f"person:{about}",
        other=other,
        records=[*mine[:1], *theirs[:1]],
        via=via,
        reason=reason,
    )


def _weights(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """What the model in force weighs of each pair; pairs whose records are not prepared are left out."""
    wanted = list(pairs)
    if len(wanted) > 100:
        return {}
    texts = dict(
        Prepared.objects.filter(record__in={pk for pair in wanted for pk in pair}).values_list(
            "record_id", "values"
        )
    )
    scorer = linkage.judge().scorer
    return {
        (one, two): scorer.weight(linkage.from_text(texts[one]), linkage.from_text(texts[two]))
        for one, two in wanted
        if one in texts and two in texts
    }
