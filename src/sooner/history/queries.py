"""Reading the ledger as far as the reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sooner.access.decide import visible
from sooner.access.models import User
from sooner.errors import NotFound
from sooner.ledger.models import Checkpoint, Entry

PAGE = 50


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of entries, newest first; `after` is the cursor of what follows."""

    rows: Sequence[Entry] | Sequence[Checkpoint]
    after: int | None
    before: int | None = None


def entries(
    user: User, *, after: int | None = None, event: str = "", thread: str = "", subject: str = ""
) -> EntryPage:
    """Entries the reader may see, newest first."""
    rows = visible(Entry.objects.order_by("-pk"), user)
    if event:
        rows = rows.filter(event=event)
    if thread:
        rows = rows.filter(thread=thread)
    if subject:
        kind, _, number = subject.partition(":")
        rows = rows.filter(subject_kind=kind, subject_id=int(number) if number.isdigit() else None)
    page = list((rows.filter(pk__lt=after) if after else rows)[: PAGE + 1])
    return EntryPage(page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None)


def entry_for(user: User, pk: int) -> Entry:
    """The entry, if the reader may see it. Raises NotFound."""
    found = visible(Entry.objects.filter(pk=pk), user).first()
    if found is None:
        raise NotFound("There is no such ledger entry, or you do not need to know it.")
    return found


def checkpoints(*, after: int | None = None) -> EntryPage:
    """Signed checkpoints, newest first."""
    rows = Checkpoint.objects.order_by("-size")
    page = list((rows.filter(size__lt=after) if after else rows)[: PAGE + 1])
    return EntryPage(page[:PAGE], page[PAGE - 1].size if len(page) > PAGE else None)
