"""Reading the ledger as far as the reader may see, in plain English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sooner.access.decide import WITHHELD, Reader, visible
from sooner.access.models import User
from sooner.access.threads import KINDS, REFERENCE
from sooner.errors import NotFound
from sooner.ledger.models import Checkpoint, Entry
from sooner.ledger.queries import OWN_WORDS, detail_of, title_of
from sooner.policy.loader import get_policy

PAGE = 50
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a list shows it."""

    entry: Entry
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of entries, newest first; `after` is the cursor of what follows."""

    rows: Sequence[Line]
    after: int | None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class CheckpointPage:
    """A page of checkpoints, newest first; `after` is the size behind which it goes on."""

    rows: Sequence[Checkpoint]
    after: int | None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A duty that an entry opened or discharged."""

    title: str
    about: str
    discharged: bool
    due: datetime | None


def entries(
    user: User, *, after: int | None = None, event: str = "", thread: str = "", subject: str = ""
) -> EntryPage:
    """Entries the reader may see, newest first. `thread` as `referral:12` or `R-000012`; `subject` as `child:5`."""
    rows = visible(Entry.objects.order_by("-pk"), user)
    if event:
        rows = rows.filter(event=event)
    if thread:
        rows = rows.filter(thread=thread_of(thread))
    if subject:
        kind, _, number = subject.partition(":")
        rows = rows.filter(subject_kind=kind, subject_id=int(number))
    page = list((rows.filter(pk__lt=min(after, LARGEST)) if after else rows)[: PAGE + 1])
    withheld = withheld_from(user)
    lines = [Line(entry, title_of(entry.event), detail_of(entry, withheld=withheld)) for entry in page[:PAGE]]
    return EntryPage(lines, page[PAGE - 1].pk if len(page) > PAGE else None)


def thread_of(said: str) -> str:
    """The thread behind a reference, whether or not there is such a record; a thread as it stands."""
    found = REFERENCE.fullmatch(said.strip().upper())
    return f"{KINDS[found[1]][0]}:{int(found[2])}" if found and found[1] in KINDS else said.strip()


def entry_for(user: User, pk: int) -> Entry:
    """The entry, if the reader may see it. Raises NotFound."""
    found = visible(Entry.objects.filter(pk=pk), user).first()
    if found is None:
        raise NotFound("There is no such ledger entry, or you do not need to know it.")
    return found


def effects_of(entry: Entry) -> list[Effect]:
    """What the entry opened and discharged, in words."""
    known = get_policy().duties
    return [
        Effect(
            known[said["duty"]].title if said["duty"] in known else said["duty"],
            f"{said['kind'].replace('-', ' ')} {said['id']}",
            bool(said.get("discharged")),
            datetime.fromisoformat(said["due"]) if said.get("due") else None,
        )
        for said in entry.effects
    ]


def withheld_from(user: User) -> str:
    """What stands in place of people's own words for this reader; empty for one who sees names."""
    return WITHHELD if Reader(user).names_masked else ""


def facts_of(user: User, entry: Entry) -> list[tuple[str, str]]:
    """The facts as name and words."""
    return [(name.replace("_", " "), _words(value)) for name, value in seen_facts(user, entry).items()]


def leaf_withheld(user: User, entry: Entry) -> str:
    """What stands in place of the text that is hashed: nothing, unless people's own words are in it and withheld. Its hash, which
    the proof needs, is told in either case."""
    return withheld_from(user) if OWN_WORDS & entry.facts.keys() else ""


def seen_facts(user: User, entry: Entry) -> dict[str, Any]:
    """The facts, people's own words withheld from a reader who sees no names."""
    withheld = withheld_from(user)
    return {
        name: withheld if withheld and name in OWN_WORDS else value for name, value in entry.facts.items()
    }


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_words(one)}" for name, one in value.items())
    return str(value)


def checkpoints(*, after: int | None = None) -> CheckpointPage:
    """Signed checkpoints, newest first."""
    rows = Checkpoint.objects.order_by("-size")
    page = list((rows.filter(size__lt=min(after, LARGEST)) if after else rows)[: PAGE + 1])
    return CheckpointPage(page[:PAGE], page[PAGE - 1].size if len(page) > PAGE else None)
