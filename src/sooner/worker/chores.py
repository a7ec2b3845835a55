"""Which chores the worker does, in the order of what harms a child soonest."""

from pathlib import Path

from sooner.duties.commands import tick
from sooner.intake.commands.watch import receive_from_folder
from sooner.ledger.checkpoints import sign_due
from sooner.ledger.sealing import seal
from sooner.people.commands.expire import expire_due
from sooner.pipeline.run import run_pending
from sooner.safeguarding.commands.deliver import deliver_due
from sooner.safeguarding.commands.overt_action import note_slipped
from sooner.worker.loop import Chore


def chores(*, watched: Path | None = None) -> list[Chore]:
    """The chores of one worker; `watched` is the folder whose new files are received."""
    work = [
        Chore("the steps of the main job", 0.2, lambda: run_pending(seconds=5)),
        Chore("delivering to social care", 0.5, lambda: deliver_due(limit=50)),
        Chore("watching the clocks", 2, lambda: tick(limit=1000).total),
        Chore("joint plans that slipped", 5, note_slipped),
        Chore("sealing the ledger", 1, lambda: seal(limit=5000)),
        Chore("deleting what may be kept no longer", 86_400, expire_due),
        Chore("signing checkpoints", 60, lambda: int(sign_due() is not None)),
    ]
    if watched is not None:
        work.insert(1, Chore("the watched folder", 2, lambda: receive_from_folder(watched)))
    return work
