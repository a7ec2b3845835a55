"""What authorities' machines answer, kept as it came: the bytes through the same door as every document, with their signature.

An answer is kept before it is read. One that is refused stays before a person: nothing here applies an answer, and nothing
that was received is lost. Anybody can send bytes without a valid signature, so of those only so many a day are kept.
"""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from sooner.intake.commands.receive import ANSWER, keep_answer
from sooner.intake.commands.receive import MESSAGE as BY_MESSAGE
from sooner.intake.models import Document
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, Actor, Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands.refer import MESSAGE
from sooner.safeguarding.models import Answer, SafeguardingReferral

NOBODY = Actor("partner", None, "A system whose signature does not hold")
LONGEST_SIGNATURE = 2000
DAY = timedelta(days=1)


def keep(data: bytes, jws: str, *, authority: str) -> Answer:
    """Keep the bytes of an answer that this authority signed. The same bytes again are known, and counted."""
    name = get_policy().authorities[authority].name
    actor = Actor("partner", None, name)
    with unit_of_work(actor):
        return _kept(actor, f"Answer of {name}", data, jws, authority=authority)


def keep_unverified(data: bytes, jws: str, *, reason: str) -> None:
    """Keep what came without a valid signature, and put it before a person; at most as many a day as policy says."""
    if Document.objects.filter(sha256=hashlib.sha256(data).hexdigest()).exists():
        return  # these bytes are kept already, whatever is claimed about them now
    lately = Answer.objects.filter(authority="", received_at__gt=clock.now() - DAY)
    if lately.count() >= get_policy().force.refused_answers_a_day:
        return
    with unit_of_work(NOBODY):
        answer = _kept(NOBODY, "Answer without a valid signature", data, jws, authority="")
        refuse(answer, reason=reason)


def _kept(actor: Actor, name: str, data: bytes, jws: str, *, authority: str) -> Answer:
    receipt = keep_answer(actor, name=name, data=data)
    facts = {"authority": authority, "signature": plain(jws)[:LONGEST_SIGNATURE]}
    answer, new = Answer.objects.get_or_create(
        document_id=receipt.document, defaults={**facts, "received_at": clock.now()}
    )
    if (
        authority and not new
    ):  # a signature that holds is worth more than the one that came with these bytes before
        answer.authority, answer.signature = authority, facts["signature"]
        answer.save(update_fields=["authority", "signature"])
    return answer


def link(answer: Answer, row: SafeguardingReferral) -> None:
    """Say to which referral it answers: from then on it is seen by those who may see that referral."""
    answer.safeguarding_referral = row
    answer.delivery = row.deliveries.filter(channel=MESSAGE).first()
    with transaction.atomic():
        answer.save(update_fields=["safeguarding_referral", "delivery"])
        Document.objects.filter(pk=answer.document_id).update(about=row.referral_id)


def take(work: UnitOfWork, answer: Answer, row: SafeguardingReferral) -> None:
    """It was applied, in the caller's unit of work: recorded once, however often it comes."""
    held = Answer.objects.select_for_update().get(pk=answer.pk)
    if held.taken_at is not None:
        return
    held.taken_at, held.refused = clock.now(), ""
    held.save(update_fields=["taken_at", "refused"])
    _came_by_message(held).update(state=ANSWER, reason="")
    _record(work, "answer.taken", held, thread=row.referral.thread)


def refuse(answer: Answer, *, reason: str) -> None:
    """It was not applied, and a person must look at it: once for the same bytes, and not when they were applied before."""
    with unit_of_work(SYSTEM) as work:
        held = Answer.objects.select_for_update().get(pk=answer.pk)
        if held.taken_at is not None or held.refused:
            return
        held.refused = reason
        held.save(update_fields=["refused"])
        words = f"An authority's answer was refused: {reason}"
        if _came_by_message(held).update(state="unreadable", reason=words):
            _record(work, "answer.refused", held, thread=f"document:{held.document_id}")


def _came_by_message(answer: Answer) -> QuerySet[Document]:
    """Its document; not one that came in as a referral: what came of that one stands, whoever sends its bytes here."""
    return Document.objects.filter(pk=answer.document_id, via=BY_MESSAGE)


def _record(work: UnitOfWork, event: str, answer: Answer, *, thread: str) -> None:
    row = answer.safeguarding_referral
    work.record(
        event,
        subject=Subject("document", answer.document_id),
        thread=thread,
        sha256=answer.document.sha256,
        authority=answer.authority or None,
        safeguarding_referral=row.pk if row else None,
        referral=row.referral_id if row else None,
        restricted=bool(row and row.referral.restricted) or None,
    )


def plain(text: object) -> str:
    """Words as they can be stored: no control characters, whatever the other system sent in their place."""
    return "".join(letter for letter in str(text) if letter.isprintable() or letter == "\n")
