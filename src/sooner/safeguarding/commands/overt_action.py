"""The overt action: taken by the agreed time, or decided again by police and social care together. Never silently extended."""

from sooner.access.decide import actor_for, require, visible
from sooner.access.models import User
from sooner.errors import AlreadyDone, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, unit_of_work
from sooner.safeguarding.commands.strategy import record_plan
from sooner.safeguarding.models import OvertAction


def record_taken(user: User, *, plan: OvertAction, what_happened: str) -> None:
    """The overt action was taken: what happened."""
    require(user, "overt-action.plan")
    if not what_happened.strip():
        raise Refused("Say what happened.")
    with unit_of_work(actor_for(user)) as work:
        if not visible(OvertAction.objects.filter(pk=plan.pk), user).exists():
            raise NotFound("There is no such plan, or you do not need to know of it.")
        held = (
            OvertAction.objects.select_for_update(of=("self",))
            .select_related("referral", "discussion")
            .get(pk=plan.pk)
        )
        if held.state != "planned":
            raise AlreadyDone("This plan was taken or replaced already. Nothing changed.")
        held.state, held.taken_at = "taken", clock.now()
        held.save(update_fields=["state", "taken_at"])
        record_plan(work, "overt-action.taken", held, reason=what_happened.strip())


def note_slipped() -> int:
    """Note every plan whose time has passed: the duty to decide it again opens. Returns how many."""
    now = clock.now()
    if not OvertAction.objects.filter(state="planned", slipped_at=None, not_later_than__lt=now).exists():
        return 0
    with unit_of_work(SYSTEM) as work:
        late = list(
            OvertAction.objects.select_for_update(of=("self",))
            .filter(state="planned", slipped_at=None, not_later_than__lt=now)
            .select_related("referral", "discussion")
        )
        for plan in late:
            plan.slipped_at = now
            plan.save(update_fields=["slipped_at"])
            record_plan(work, "overt-action.slipped", plan)
    return len(late)
