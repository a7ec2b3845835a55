"""A policy changed for a test, as a force changes it: a file of its own beside the packaged ones."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from sooner.people import purpose
from sooner.policy.loader import get_policy


def packaged(name: str) -> str:
    """A packaged file of the policy."""
    return files("sooner.policy").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")


def extract_row(key: str) -> str:
    """The packaged row of an extract, as it stands in its file."""
    return "[[extract]]" + next(
        row for row in packaged("extracts").split("[[extract]]") if f'key = "{key}"' in row
    )


def extract_with(key: str, *changes: tuple[str, str]) -> str:
    """extracts.toml with changes to one extract; each must be there to be changed."""
    row = changed = extract_row(key)
    for before, after in changes:
        assert before in changed, before
        changed = changed.replace(before, after, 1)
    return packaged("extracts").replace(row, changed)


@contextmanager
def policy_of(**texts: str) -> Iterator[None]:
    """Within the block, these files stand in place of the packaged ones."""
    before = os.environ.pop("SOONER_POLICY_DIR", None)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, f"{name}.toml").write_text(text, encoding="utf-8")
        os.environ["SOONER_POLICY_DIR"] = folder
        _forget()
        try:
            yield
        finally:
            os.environ.pop("SOONER_POLICY_DIR")
            if before is not None:
                os.environ["SOONER_POLICY_DIR"] = before
            _forget()


def _forget() -> None:
    get_policy.cache_clear()
    purpose._nameless.cache_clear()


def census_for_statistics() -> dict[str, str]:
    """The school census may be used for counting pupils, and for nothing else."""
    purpose_row = (
        '\n[[purpose]]\nkey = "statistics"\ntitle = "Counting pupils"\nsource = "(design)"\n'
        'needs = ["upn", "given_names", "family_name", "middle_names", "dob", "sex", "line1", "line2", "postcode",'
        ' "school", "authority"]\nrelatives = ["name", "relationship", "phone", "email"]\n'
    )
    return {
        "lawfulness": packaged("lawfulness") + purpose_row,
        "extracts": extract_with(
            "school-census", ('purposes = ["finding-children-at-risk"]', 'purposes = ["statistics"]')
        ),
    }
