"""What reading the ledger itself leaves on the record: who took which checkpoint."""

from sooner.ledger.models import Checkpoint
from sooner.ledger.work import Actor, Subject, unit_of_work


def note_download(actor: Actor, *, checkpoint: Checkpoint) -> None:
    """Put on the record that somebody took a checkpoint to keep: it tells who could show that history was rewritten."""
    with unit_of_work(actor) as work:
        work.record(
            "checkpoint.downloaded",
            subject=Subject("checkpoint", checkpoint.pk),
            thread="force",
            size=checkpoint.size,
        )
