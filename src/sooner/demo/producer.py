"""Loads `ncmec_cybertip`, an independent producer of CyberTipline XML, so that demonstrations read what we did not write.

Its package module needs Python 3.13; its parts do not. A bare package of that name lets them be imported.
"""

import importlib
import importlib.util
import sys
import types
from typing import Any

from sooner.errors import SetupError

PACKAGE = "ncmec_cybertip"


def part(name: str) -> Any:
    """The producer's module of that name: `report`, `files`, `common` or `enums`. Raises SetupError when it is not installed."""
    if PACKAGE not in sys.modules:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.submodule_search_locations is None:
            raise SetupError(
                "The demonstration needs the ncmec-cybertip package: run 'make run', which installs it."
            )
        package = types.ModuleType(PACKAGE)
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{name}")
