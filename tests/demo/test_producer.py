"""The independent producer is loaded without its package module, and its absence is told in one line."""

import importlib.util
import sys

import pytest

from sooner.demo import producer
from sooner.errors import SetupError


def test_its_parts_are_loaded() -> None:
    assert producer.part("report").Report.__name__ == "Report"
    assert producer.part("files").FileDetails.__name__ == "FileDetails"


def test_its_absence_is_one_line_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == producer.PACKAGE]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match="ncmec-cybertip") as told:
        producer.part("report")
    assert "\n" not in str(told.value)
    assert producer.PACKAGE not in sys.modules
