"""What reading a report collects beside the typed parts, and how one text becomes one value.

Shared by the XML and the JSON readers, so that both keep the same things.
"""

from typing import Any

from sooner.engines.formats.cybertip.shape import Slot
from sooner.engines.formats.fields import Field, Unrecognised


class Notes:
    """Everything written, the free text, what was not understood, and warnings."""

    __slots__ = ("free_text", "unrecognised", "warnings", "written")

    def __init__(self, warnings: tuple[str, ...] = ()) -> None:
        self.written: list[Field] = []
        self.free_text: list[Field] = []
        self.unrecognised: list[Unrecognised] = []
        self.warnings = list(warnings)

    def collected(self) -> dict[str, Any]:
        """As keyword arguments of a ``Reading``."""
        return {
            "written": tuple(self.written),
            "free_text": tuple(self.free_text),
            "unrecognised": tuple(self.unrecognised),
            "warnings": tuple(self.warnings),
        }

    def unplaced(self, path: str, text: str, why: str) -> None:
        """A value that no typed place exists for."""
        self.written.append(Field(path, text))
        self.unrecognised.append(Unrecognised(path, text, why))

    def repeated(self, path: str, raw: str) -> None:
        """A second value where one belongs."""
        self.unrecognised.append(Unrecognised(path, raw, "repeated"))
        self.warnings.append(
            f"The document gives more than one value where one belongs: {path}. The first is used."
        )

    def value(self, slot: Slot, text: str, path: str) -> Any:
        """The text written at ``path`` as the typed value of that slot; None when it cannot be that."""
        written = Field(path, text)
        self.written.append(written)
        if slot.free:
            self.free_text.append(written)
        text = text.strip()
        if slot.parse is not None:
            return self._flag(text, path) if slot.flag else self._converted(slot, text, path)
        if slot.known is not None and text not in slot.known and text:
            return self._enumerated(slot.known, text, path)
        return text

    def _flag(self, text: str, path: str) -> bool:
        said = text.lower()
        if said not in ("", "true", "false", "1", "0"):
            self.unrecognised.append(Unrecognised(path, text, "value"))
        return said not in ("false", "0")

    def _converted(self, slot: Slot, text: str, path: str) -> Any:
        if not text:
            return None
        try:
            return slot.parse(text) if slot.parse else text
        except ValueError:
            self.unrecognised.append(Unrecognised(path, text, "value"))
            self.warnings.append(f"A value could not be understood and was kept as it is: {path}.")
            return None

    def _enumerated(self, known: dict[str, str], text: str, path: str) -> str:
        """The listed value that differs in case only (downloads write ``UPLOAD``), else the text, noted."""
        same = known.get(text.casefold())
        if same is None:
            self.unrecognised.append(Unrecognised(path, text, "value"))
        return same or text
