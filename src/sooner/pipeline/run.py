"""Running the steps: claims tasks, runs each step's command on a batch in one unit of work, and takes up where a crash left.

The task is deleted in the transaction of the step it calls for: a step is done and recorded as done, or neither.
"""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import connection

from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, Recorded, Subject, unit_of_work
from sooner.pipeline.models import Task
from sooner.pipeline.wiring import STEPS, WIRES, Step
from sooner.policy.loader import get_policy

log = logging.getLogger("sooner.pipeline")
BATCH = 100
TRIES_BEFORE_A_PERSON = 3
PATIENCE = 3
_by_key = {step.key: (rank, step) for rank, step in enumerate(STEPS)}
_by_event: dict[str, list[tuple[int, Step]]] = {}
for _wire in WIRES:
    _by_event.setdefault(_wire.event, []).append(_by_key[_wire.step])


def write_tasks(entries: list[Recorded]) -> Callable[[], None]:
    """The ledger's subscriber: one task per step that an event calls for, in the event's own transaction."""
    now = clock.now()
    tasks = {
        (step.key, subject): Task(
            step=step.key, rank=rank, subject_id=subject, thread=entry.thread, created_at=now, run_at=now
        )
        for entry in entries
        for rank, step in _by_event.get(entry.event, ())
        for subject in entry.ids_of(step.subject)
    }
    if not tasks:
        return lambda: None
    return lambda: _store(list(tasks.values()))


def _store(tasks: list[Task]) -> None:
    Task.objects.bulk_create(
        tasks,
        update_conflicts=True,
        unique_fields=["step", "subject_id"],
        update_fields=["run_at", "attempts"],
    )


def run_pending(*, seconds: float | None = None) -> int:
    """Run what is due, earliest step first, until nothing is left or the time is up. Returns how many tasks ended.

    What other processes hold is theirs to end; after a few looks at nothing else, this one leaves it to them.
    """
    until = None if seconds is None else time.monotonic() + seconds
    done = misses = 0
    while misses < PATIENCE and (until is None or time.monotonic() < until):
        step, tasks = _next()
        if step is None:
            break
        ended = _run_batch(step, tasks)
        done += ended
        misses = 0 if ended else misses + 1
    return done


def _run_batch(step: Step, tasks: list[tuple[int, int]]) -> int:
    try:
        return _run(step, [pk for pk, _ in tasks])
    except Exception:
        if len(tasks) == 1:
            return _fail(step, tasks[0])
        log.warning(
            "the step %s failed for a batch of %d; each is tried alone", step.key, len(tasks), exc_info=True
        )
        return sum(_run_alone(step, task) for task in tasks)


def _next() -> tuple[Step | None, list[tuple[int, int]]]:
    due = Task.objects.filter(run_at__lte=clock.now()).order_by("rank", "id")
    first = due.values_list("step", flat=True).first()
    if first is None:
        return None, []
    return _by_key[first][1], list(due.filter(step=first).values_list("pk", "subject_id")[:BATCH])


def _run(step: Step, task_ids: Sequence[int]) -> int:
    """One unit of work for a batch. Tasks that another process holds or has ended are left out."""
    with unit_of_work(SYSTEM) as work:
        held = Task.objects.filter(pk__in=task_ids)
        if connection.features.has_select_for_update_skip_locked:
            held = held.select_for_update(skip_locked=True)
        tasks = list(held)
        if not tasks:
            return 0
        Task.objects.filter(pk__in=[task.pk for task in tasks]).delete()
        step.run(work, sorted(task.subject_id for task in tasks))
        for task in tasks:
            if task.error:
                work.record(
                    "step.recovered", subject=Subject("task", task.pk), thread=task.thread, step=step.key
                )
    return len(tasks)


def _run_alone(step: Step, task: tuple[int, int]) -> int:
    try:
        return _run(step, [task[0]])
    except Exception:
        return _fail(step, task)


def _fail(step: Step, task: tuple[int, int]) -> int:
    """Keep the failed task with its error, later and later; after a few tries it is a duty before a person."""
    log.exception("the step %s failed for %s %d", step.key, step.subject, task[1])
    with unit_of_work(SYSTEM) as work:
        held = Task.objects.select_for_update().filter(pk=task[0]).first()
        if held is None:
            return 1
        held.attempts += 1
        held.error = _last_error()
        held.run_at = clock.now() + timedelta(seconds=min(2 ** min(held.attempts, 12), 3600))
        held.save(update_fields=["attempts", "error", "run_at"])
        if held.attempts == TRIES_BEFORE_A_PERSON:
            work.record(
                "step.failed",
                subject=Subject("task", held.pk),
                thread=held.thread,
                step=step.key,
                tries=held.attempts,
            )
    return 1


def _last_error() -> str:
    error = sys.exception()
    return f"{type(error).__name__}: {error}"[:2000]


def first_pass() -> None:
    """What the process that received runs at once, for a bounded time; the worker takes up the rest."""
    run_pending(seconds=get_policy().force.first_pass_seconds)
