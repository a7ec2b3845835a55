"""Parses JSON that strangers sent, losing nothing: repeated keys are kept apart, broken characters shown as
symbols.

The size is bounded by the caller and nesting by the parser.
"""

import json
import re
from typing import Any

import msgspec

from sooner.engines.formats import text as texts
from sooner.engines.formats.errors import Damaged, Dangerous, EmptyDocument, FormatError, TooLarge, Truncated

MAX_BYTES = 64 * 1024 * 1024
_MAX_DEPTH = 200
_ODD_ESCAPE = re.compile(r"\\u(00[01][0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])", re.IGNORECASE)


class Parsed(msgspec.Struct, frozen=True):
    """The value that the JSON stands for (dict, list, str, int, float, bool or None) and warnings."""

    value: Any
    warnings: tuple[str, ...] = ()


def parse(data: bytes, *, max_bytes: int = MAX_BYTES) -> Parsed:
    """The value. Raises EmptyDocument, TooLarge, Dangerous, Damaged or Truncated."""
    if len(data) > max_bytes:
        raise TooLarge(
            f"The document is larger than {max_bytes // (1024 * 1024)} MiB, the most that is read."
        )
    decoded = texts.decode(data)
    if not decoded.text.strip("\ufeff \t\r\n\x00"):
        raise EmptyDocument("The document is empty; ask the sender to send it again.")
    return _shown(decoded, _load(decoded.text))


def _load(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_keep_repeats, strict=False, parse_constant=str)
    except json.JSONDecodeError as error:
        raise _damaged(text, error) from None
    except RecursionError:
        raise Dangerous("The document is nested too deeply to be a referral, and was not read.") from None
    except ValueError:
        raise Damaged("The document holds a number that is too long to be read.") from None


def _keep_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary; a key that comes twice is kept as ``key (repeated 2)`` so that nothing hides behind
    it.
    """
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for key, value in pairs:
        name, count = key, 1
        while name in found:
            count += 1
            name = f"{key} (repeated {count})"
        found[name] = value
    return found


def _damaged(text: str, error: json.JSONDecodeError) -> FormatError:
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        message = f"The document stops at line {error.lineno} before its end: it was cut short."
        return Truncated(f"{message} Ask for it to be sent again.", line=error.lineno)
    return Damaged(
        f"The document is damaged at line {error.lineno}. Ask the sender to send it again.", line=error.lineno
    )


def _shown(decoded: texts.Decoded, value: Any) -> Parsed:
    """Control characters and broken surrogates, raw or escaped, become symbols: no store or page takes
    them.
    """
    if not _ODD_ESCAPE.search(decoded.text) and not texts.has_controls(decoded.text):
        return Parsed(value, decoded.warnings)
    clean = _clean(value, 0)
    warnings = (texts.CONTROLS,) if clean != value else ()
    return Parsed(clean, (*decoded.warnings, *warnings))


def _clean(value: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise Dangerous("The document is nested too deeply to be a referral, and was not read.")
    if isinstance(value, str):
        return texts.show_controls(value)
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {texts.show_controls(key): _clean(item, depth + 1) for key, item in value.items()}
    return value
