"""Reading the intake: documents and referrals as far as the reader may see them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from sooner.access.decide import may, visible
from sooner.access.models import User
from sooner.duties.models import OPEN, Duty
from sooner.engines.formats.document import ReferralDocument, from_json
from sooner.errors import NotFound
from sooner.intake.commands.resolve import external_id_of, sought_for
from sooner.intake.models import Document, Part, Party, Referral, Version
from sooner.people.matching import Sought
from sooner.people.models import Record

PAGE = 25
PREVIEW_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list, and the cursor of what follows (None at the end)."""

    rows: Sequence[Document | Referral]
    after: int | None
    before: int | None = None


def referral_for(user: User, pk: int) -> Referral:
    """The referral, if the reader may see it. Raises NotFound."""
    found = visible(Referral.objects.filter(pk=pk), user).first()
    if found is None:
        raise NotFound("There is no such referral, or you do not need to know it.")
    return found


def referrals(
    user: User, *, after: int | None = None, search: str = "", urgent: bool = False, state: str = "open"
) -> Slice:
    """Referrals, newest first; `search` is a reference, the sender's number, or the beginning of one."""
    rows: QuerySet[Referral] = visible(Referral.objects.order_by("-pk"), user)
    if search.upper().startswith("R-") and search[2:].isdigit():
        rows = rows.filter(pk=int(search[2:][:18]))
    elif search:
        rows = rows.filter(number__startswith=search)
    if urgent:
        rows = rows.filter(urgent=True)
    if state in {"open", "closed"}:
        rows = rows.filter(closed_at__isnull=state == "open")
    return _slice(rows, after)


def documents(user: User, *, after: int | None = None, state: str = "") -> Slice:
    """Documents, newest first; `state` narrows, for instance to `unreadable`."""
    rows: QuerySet[Document] = visible(Document.objects.order_by("-pk"), user)
    return _slice(rows.filter(state=state) if state else rows, after)


def _slice(rows: QuerySet[Any], after: int | None) -> Slice:
    page = list((rows.filter(pk__lt=after) if after else rows)[: PAGE + 1])
    return Slice(page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None)


def document_for(user: User, pk: int) -> Document:
    """The document, if the reader may see it. Raises NotFound."""
    found = visible(Document.objects.filter(pk=pk), user).first()
    if found is None:
        raise NotFound("There is no such document, or you do not need to know it.")
    return found


def preview(document: Document) -> str:
    """The beginning of the stored bytes as text, for a person to read what the software could not."""
    first = Part.objects.filter(document=document, place=0).values_list("data", flat=True).first()
    return bytes(first)[:PREVIEW_BYTES].decode("utf-8", "replace") if first else ""


def referrals_of(document: Document) -> list[Referral]:
    """The referrals read from a document."""
    return list(Referral.objects.filter(versions__document=document).distinct())


def reading_of(referral: Referral, number: int | None = None) -> tuple[Version, ReferralDocument]:
    """A version (the latest unless `number` says) and its whole reading. Raises NotFound."""
    version = (
        Version.objects.filter(referral=referral, number=number or referral.version)
        .select_related("document")
        .first()
    )
    if version is None:
        raise NotFound(f"{referral.reference} has no version {number}.")
    return version, from_json(version.content)


def versions_of(referral: Referral) -> list[Version]:
    """All versions, newest first, without their contents."""
    return list(
        Version.objects.filter(referral=referral)
        .defer("content")
        .select_related("document")
        .order_by("-number")
    )


def parties_of(referral: Referral) -> list[Party]:
    """Who the referral speaks of now, with the persons they were resolved to."""
    return list(
        Party.objects.filter(referral=referral, current=True).select_related("person").order_by("place")
    )


def unit_referral_counts(user: User) -> int:
    """How many open referrals the reader sees, counted to at most 1,000."""
    return visible(Referral.objects.filter(closed_at=None), user)[:1000].count()


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party as its document describes it, and the persons it was resolved to."""

    party: Party
    described: object
    role: str
    matches: list[dict[str, str]]


ROLE_TITLES = {
    "suspect": "Suspect",
    "victim": "Victim",
    "child": "Child",
    "intended-recipient": "Intended recipient",
    "guardian": "Parent or guardian",
    "associate": "Associated person",
    "reporter": "Reporter",
}


def party_rows(referral: Referral, content: ReferralDocument) -> list[PartyRow]:
    """Each party beside what the reading says of it."""
    described = dict(enumerate(content.parties))
    return [
        PartyRow(
            party, described.get(party.place), ROLE_TITLES.get(party.role, party.role), party.how_matched
        )
        for party in parties_of(referral)
    ]


def received_documents(user: User, ids: Sequence[int]) -> list[tuple[Document, list[Referral]]]:
    """Documents by number with the referrals read from them, as far as the reader may see."""
    found = visible(Document.objects.filter(pk__in=ids).order_by("pk"), user)
    return [(document, [r for r in referrals_of(document) if may_see(user, r)]) for document in found]


def may_see(user: User, referral: Referral) -> bool:
    """Whether the reader may see this referral."""
    return visible(Referral.objects.filter(pk=referral.pk), user).exists()


def may_read_text(user: User) -> bool:
    """Whether the reader's role needs the messages and chats that a report quotes."""
    return may(user, "free-text.view")


class _Parts(io.RawIOBase):
    """A document's stored parts as one stream, a part in memory at a time."""

    def __init__(self, document: Document) -> None:
        self._parts = (
            Part.objects.filter(document=document)
            .order_by("place")
            .values_list("data", flat=True)
            .iterator(1)
        )
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # the buffer protocol's own type
        if not self._held:
            self._held = bytes(next(self._parts, b""))
        taken = self._held[: len(buffer)]
        buffer[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)


def open_bytes(document: Document) -> io.BufferedReader:
    """The received bytes as a stream. Raises NotFound when none were kept (an attachment, a refused member)."""
    if not Part.objects.filter(document=document).exists():
        raise NotFound("The bytes of this document were not kept: only its fingerprint is.")
    return io.BufferedReader(_Parts(document))


def new_version_waits(referral: Referral) -> bool:
    """Whether a new version opened the referral again and nobody has said yet that it was read."""
    waiting = Duty.objects.filter(
        OPEN, subject_kind="referral", subject_id=referral.pk, key="read-new-version"
    )
    return waiting.exists()


def described(referral: Referral, place: int) -> tuple[Party, Sought]:
    """A person of the report and how the latest version describes them. Raises NotFound."""
    party = referral.parties.filter(current=True, place=place).select_related("person").first()
    latest = Version.objects.filter(referral=referral, number=referral.version).first()
    content = from_json(latest.content) if latest else None
    if party is None or content is None or place >= len(content.parties):
        raise NotFound("There is no such person in the report.")
    return party, sought_for(referral, place, content.parties[place])


def record_of(referral: Referral, place: int) -> int | None:
    """The record that keeps the report's own description, which is no evidence for itself."""
    rows = Record.objects.filter(source__key=f"referral:{referral.pk}", external_id=external_id_of(place))
    return rows.values_list("pk", flat=True).first()
