"""Loads `ncmec_cybertip`, an independent producer of CyberTipline XML: demonstrations read what we did not shape.

Its package module needs Python 3.13; its parts do not. A bare package of that name lets them be imported.
"""

import importlib
import importlib.util
import sys
import types
from typing import Any

from sooner.errors import SetupError

PACKAGE = "ncmec_cybertip"
_MISSING = (
    "The demonstration needs the ncmec-cybertip package, which is not installed: run 'make run', which installs it, "
    "or 'pip install --no-deps --ignore-requires-python ncmec-cybertip' with the extra sooner[demo]."
)


def part(name: str) -> Any:
    """The producer's module of that name: `report`, `files`, `common` or `enums`. Raises SetupError without it."""
    if PACKAGE not in sys.modules:
        sys.modules[PACKAGE] = _bare_package()
    try:
        return importlib.import_module(f"{PACKAGE}.{name}")
    except ModuleNotFoundError as error:
        raise SetupError(_MISSING) from error


def _bare_package() -> types.ModuleType:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise SetupError(_MISSING)
    package = types.ModuleType(PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    return package
