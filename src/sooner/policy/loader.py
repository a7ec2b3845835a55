"""Loading the policy: packaged TOML, overlaid file by file from `SOONER_POLICY_DIR`, checked, and typed.

Every problem is found in one pass and said with file, row and field; a policy with a problem is never used in part.
"""

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sooner.policy.check import problems_of
from sooner.policy.model import Policy
from sooner.policy.rows import Rows

FILES = (
    "force", "events", "duties", "jurisdictions", "units", "authorities", "postcodes", "indicators", "skills", "access",
    "handling", "lawfulness", "extracts", "retention", "limits", "linkage",
)  # fmt: skip


class PolicyError(Exception):
    """The policy cannot be used. `problems` says each: file, row, field, what is wrong, what to do."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        more = f" (and {len(problems) - 1} more: run 'sooner policy check')" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)


@cache
def get_policy() -> Policy:
    """The policy in force, loaded once in a process."""
    folder = os.environ.get("SOONER_POLICY_DIR", "")
    return load(Path(folder) if folder else None)


def load(directory: Path | None = None) -> Policy:
    """Load and check the policy. A file in `directory` replaces the packaged one of the same name. Raises PolicyError."""
    problems: list[str] = []
    if directory is not None and not directory.is_dir():
        raise PolicyError(
            [f"SOONER_POLICY_DIR: {directory} is not a folder: create it or unset the variable"]
        )
    tables = {name: _table(name, directory, problems) for name in FILES}
    rows = Rows(tables, problems)
    policy = rows.policy()
    if policy is not None and not problems:
        problems += problems_of(policy)
    if problems or policy is None:
        raise PolicyError(problems)
    return policy


def _table(name: str, directory: Path | None, problems: list[str]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_text(name, directory))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{name}.toml: not valid TOML: {error}; mend the file")
    except OSError as error:
        problems.append(f"{name}.toml: cannot be read: {error.strerror}")
    return {}


def _text(name: str, directory: Path | None) -> str:
    replaced = directory / f"{name}.toml" if directory else None
    if replaced is not None and replaced.exists():
        return replaced.read_text(encoding="utf-8")
    return files("sooner.policy").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
