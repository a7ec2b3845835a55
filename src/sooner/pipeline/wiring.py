"""What follows what: the main job in one readable place.

A document is received -> read into referrals -> its people resolved -> the children around the suspect found -> social care
told -> an investigation opened. Each step is a command in a transaction of its own, safe to run twice. The steps run in the
order of `STEPS`, so that telling social care comes before everything that serves the investigation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sooner.intake.commands.look_again import look_again, look_again_after_linkage, look_again_at
from sooner.intake.commands.read import read
from sooner.intake.commands.resolve import resolve_people
from sooner.investigations.commands.open import open_for, reprioritise_for
from sooner.ledger.work import UnitOfWork
from sooner.safeguarding.commands.identify import identify
from sooner.safeguarding.commands.refer import refer, refer_designated_officer

Run = Callable[[UnitOfWork, Sequence[int]], None]


@dataclass(frozen=True, slots=True)
class Step:
    """A command run for a batch of records of one kind."""

    key: str
    subject: str
    run: Run


@dataclass(frozen=True, slots=True)
class Wire:
    """When `event` is recorded, `step` is to be done for the record of the step's kind that the event speaks of."""

    event: str
    step: str


STEPS = (
    Step("read", "document", read),
    Step("resolve", "referral", resolve_people),
    Step("identify", "referral", identify),
    Step("refer", "child", refer),
    Step("refer-designated-officer", "referral", refer_designated_officer),
    Step("open", "referral", open_for),
    Step("reprioritise", "referral", reprioritise_for),
    Step("look-again", "extract", look_again),
    Step("look-again-after-linkage", "linkage-run", look_again_after_linkage),
    Step("look-again-at", "person", look_again_at),
)

WIRES = (
    Wire("document.received", "read"),
    Wire("referral.read", "resolve"),
    Wire("referral.updated", "resolve"),
    Wire("referral.reopened", "resolve"),
    Wire("referral.look-again", "resolve"),
    Wire("referral.resolved", "identify"),
    Wire("child.identified", "refer"),
    Wire("child.reinstated", "refer"),
    Wire("child.home-learnt", "refer"),
    Wire("authority.chosen", "refer"),
    Wire("position-of-trust.identified", "refer-designated-officer"),
    Wire("children.searched", "open"),
    Wire("child.added", "reprioritise"),
    Wire("child.confirmed", "reprioritise"),
    Wire("child.ruled-out", "reprioritise"),
    Wire("child.reinstated", "reprioritise"),
    Wire("kirat.recorded", "reprioritise"),
    Wire("extract.loaded", "look-again"),
    Wire("linkage.run", "look-again-after-linkage"),
    Wire("link.confirmed", "look-again-at"),
    Wire("link.rejected", "look-again-at"),
)
