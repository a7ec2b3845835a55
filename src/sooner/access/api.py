"""What every endpoint shares: the problem it answers with, and strict types for what it takes in."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
"""PostgreSQL stores no NUL, and no control character belongs in what people write."""

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_CONTROLS)]
OptionalLine = Annotated[str, Field(max_length=200, pattern=NO_CONTROLS)]
Words = Annotated[str, Field(min_length=1, max_length=4000, pattern=NO_CONTROLS)]
OptionalWords = Annotated[str, Field(max_length=4000, pattern=NO_CONTROLS)]
Moment = AwareDatetime


class Problem(Schema):
    """What went wrong, in one line that says what to do."""

    problem: str


class In(Schema):
    """The base of what operations take: an unknown field is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


def responses(out: Any, *, status: int = 200) -> dict[int, Any]:
    """The declared answers of an operation: `out` when it was done, a `Problem` otherwise."""
    return {status: out} | dict.fromkeys((400, 401, 403, 404, 405, 409, 413, 415, 422, 429), Problem)
