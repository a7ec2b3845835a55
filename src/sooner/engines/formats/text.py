"""Turns received bytes into text, whatever encoding they are in or say they are in. Loses nothing.

Every byte has a reading: UTF with or without a byte order mark; bytes that are not UTF-8 are Windows-1252,
and the five that Windows-1252 leaves undefined are Latin-1. A guess is always said in a warning.
"""

import codecs
import re

import msgspec

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GUESSED = (
    "Some characters are not in the encoding they should be in; they were read as Windows-1252 (Western "
    "European). Check accented letters and names."
)
BROKEN = "Some characters of the file are broken or cut in half; each is shown as \ufffd."
CONTROLS = "The file holds control characters that cannot be shown; each is shown as a symbol instead."

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOTHING = frozenset({"", "n/a", "none", "unknown", "not provided", "-"})
_BYTE_TO_CHARACTER = [bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256)]


class Decoded(msgspec.Struct, frozen=True):
    """Text, the encoding it was read with, and warnings for an officer."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(_BYTE_TO_CHARACTER[byte] for byte in bad), error.end


codecs.register_error("sooner.windows-1252", _as_windows_1252)


def decode(data: bytes) -> Decoded:
    """The bytes as text, by their mark, else by what they look like. Never raises."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return read_as(data[len(mark) :], encoding=encoding)
    return read_as(data, encoding=_unmarked(data))


def read_as(data: bytes, *, encoding: str) -> Decoded:
    """The bytes as text in ``encoding``; what does not fit is kept as well as can be, with a warning."""
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8":
            return Decoded(data.decode("utf-8", "sooner.windows-1252"), "windows-1252", (GUESSED,))
        return Decoded(data.decode(encoding, "replace"), encoding, (BROKEN,))


def _unmarked(data: bytes) -> str:
    """UTF-16 and UTF-32 without a mark show in the zeros of their first characters."""
    zeros = tuple(byte == 0 for byte in data[:4])
    wide: dict[tuple[bool, ...], str] = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    return wide.get(zeros, "utf-8")


def has_controls(text: str) -> bool:
    """True when the text holds characters that neither XML, a database nor a page takes."""
    return _CONTROL.search(text) is not None


def show_controls(text: str) -> str:
    """Control characters as their Unicode pictures (a NUL becomes \u2400); lone surrogates as \ufffd."""
    return _CONTROL.sub(lambda match: _picture(ord(match[0])), text)


def _picture(code: int) -> str:
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def said(text: str | None) -> str:
    """The text without blank space around it; empty for nothing and for the words senders write for
    nothing.
    """
    if not text:
        return ""
    text = text.strip()
    return "" if text.lower() in _NOTHING else text
