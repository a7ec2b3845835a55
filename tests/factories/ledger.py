"""Histories of any length, sealed and signed."""

from sooner.ledger.checkpoints import sign_now
from sooner.ledger.models import Checkpoint
from sooner.ledger.sealing import seal
from sooner.ledger.work import SYSTEM, Subject, unit_of_work


def a_history(length: int) -> None:
    """`length` further entries, each with words of its own."""
    with unit_of_work(SYSTEM) as work:
        for number in range(length):
            work.record(
                "child.confirmed",
                subject=Subject("child", number + 1),
                thread=f"referral:{number + 1}",
                reason=f"Seen at home, visit {number}: “safe”",
            )


def seal_all(*, limit: int = 10_000) -> int:
    """Seal everything that waits."""
    sealed = 0
    while done := seal(limit=limit):
        sealed += done
    return sealed


def a_checkpoint(length: int = 5) -> Checkpoint:
    """A signed checkpoint over a history that is `length` entries longer than before."""
    a_history(length)
    seal_all()
    made = sign_now()
    assert made is not None
    return made
