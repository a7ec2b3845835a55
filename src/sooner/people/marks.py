"""What a person is in the reader's cases: suspect, child at risk. Rooms on higher floors say so, once, at start."""

from collections.abc import Callable, Iterable

from sooner.access.models import User

Marks = Callable[[Iterable[int], User], dict[int, str]]
_marks: list[Marks] = []


def register_marks(marks: Marks) -> None:
    """Add a room's word on persons: number to `suspect` or `at-risk`, as far as the reader may see."""
    if marks not in _marks:
        _marks.append(marks)


def marks_of(ids: Iterable[int], user: User) -> dict[int, str]:
    """What is known of each; a child at risk is said before anything else."""
    numbers = list(ids)
    found: dict[int, str] = {}
    for marks in _marks:
        for pk, kind in marks(numbers, user).items():
            if found.get(pk) != "at-risk":
                found[pk] = kind
    return found
