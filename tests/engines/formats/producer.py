"""Loads ``ncmec_cybertip``, an independent producer of CyberTipline XML: tests read what we did not write.

Its package module needs Python 3.13; its parts do not. A bare package of that name lets them be imported.
"""

import importlib
import importlib.util
import sys
import types
from typing import Any

_PACKAGE = "ncmec_cybertip"


def part(name: str) -> Any:
    """The producer's module of that name: ``report``, ``files``, ``common`` or ``enums``."""
    if _PACKAGE not in sys.modules:
        spec = importlib.util.find_spec(_PACKAGE)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        package = types.ModuleType(_PACKAGE)
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[_PACKAGE] = package
    return importlib.import_module(f"{_PACKAGE}.{name}")
