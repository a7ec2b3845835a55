"""Parses XML that strangers sent. Never resolves an entity, reads a DTD, opens another file or touches the
network.

A document type is refused outright, so nothing in a document can grow: what is parsed is never larger than
what was received, and that is bounded by the caller. Wrong and mis-declared encodings are read with a
warning.
"""

import codecs
import re

import msgspec
from lxml import etree

from sooner.engines.formats import text as texts
from sooner.engines.formats.errors import Damaged, Dangerous, EmptyDocument, NotAReferral, TooLarge, Truncated

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200

_DECLARATION = re.compile(
    rb"\A<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:\-]{1,40})[\"'][^>]{0,100}>"
)
# Encodings that are plain text; others that Python knows (zip, rot13, escapes) are never used on received
# bytes.
_SAFE_ENCODING = re.compile(
    r"(utf-?(8|16|32)|ascii|latin|iso-?8859|cp\d|windows-|koi8|mac|gb|big5|shift|euc|us-)", re.I
)
_WIDE = re.compile(r"utf-?(16|32)", re.I)
_STRAY_CONTROL_REFERENCE = re.compile(r"&#(x0*([0-8bce-f]|1[0-9a-f])|0*([0-8]|1[124-9]|2\d|3[01]));", re.I)

_DOCUMENT_TYPE = (
    "The document has a document type (DTD), which a referral never needs and which can be used to attack "
    "the reader. It was not read. Ask the sender for the plain report."
)
_TOO_DEEP = "The document is nested too deeply to be a referral, and was not read."


class Parsed(msgspec.Struct, frozen=True):
    """The root element and warnings about how it had to be read."""

    root: etree._Element
    warnings: tuple[str, ...] = ()


def _parser(*, huge: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=huge,
        remove_comments=False,
        strip_cdata=True,
    )


_PARSER = _parser(huge=False)


def parse(data: bytes, *, max_bytes: int = MAX_BYTES) -> Parsed:
    """The document's root element. Raises EmptyDocument, TooLarge, Dangerous, Damaged, Truncated."""
    if len(data) > max_bytes:
        raise TooLarge(
            f"The document is larger than {max_bytes // (1024 * 1024)} MiB, the most that is read."
        )
    if not data or data.isspace():
        raise EmptyDocument("The document is empty; ask the sender to send it again.")
    clean, warnings = _as_utf8(data)
    _refuse_document_type(clean)
    root, more = _root(clean)
    return Parsed(root, (*warnings, *more))


def _as_utf8(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The document as UTF-8 without a mark; nothing is copied when it is that already."""
    declared = _declared(data)
    if declared in ("", "utf-8") and data[:1] == b"<" and data[1:2] != b"\0":
        try:
            data.decode("utf-8")
            return data, ()
        except UnicodeDecodeError:
            pass
    decoded = _decoded(data, declared)
    return decoded.text.encode("utf-8", "replace"), decoded.warnings


def _declared(data: bytes) -> str:
    match = _DECLARATION.match(data)
    return match[1].decode("ascii").lower().replace("utf8", "utf-8") if match else ""


def _decoded(data: bytes, declared: str) -> texts.Decoded:
    plain = texts.decode(data)
    if declared in ("", "utf-8") or data[:1] != b"<" or data.isascii():
        return plain
    if plain.encoding == "utf-8":
        said = f"The document says it is in {declared} but is in UTF-8, and was read as UTF-8."
        return texts.Decoded(plain.text, "utf-8", (said,))
    return _in_declared(data, declared)


def _in_declared(data: bytes, declared: str) -> texts.Decoded:
    fallback = texts.read_as(data, encoding="utf-8")
    if not _SAFE_ENCODING.match(declared) or _WIDE.match(declared):
        return fallback
    try:
        codecs.lookup(declared)
        return texts.Decoded(data.decode(declared), declared)
    except (LookupError, ValueError):
        return fallback


def _refuse_document_type(clean: bytes) -> None:
    start = _after_prolog(clean)
    head = clean[start : start + 40].upper()
    if head.startswith(b"<!DOCTYPE") and head[9:].split(b">")[0].strip().startswith(b"HTML"):
        raise NotAReferral("The document is a web page, not a referral.")
    if head.startswith((b"<!DOCTYPE", b"<!ENTITY")):
        raise Dangerous(_DOCUMENT_TYPE)


def _after_prolog(clean: bytes) -> int:
    """Where the document type or the first element starts: after blank space, comments and instructions."""
    at, end = 0, len(clean)
    while at < end:
        if clean[at] in b" \t\r\n":
            at += 1
        elif clean.startswith(b"<?", at):
            at = _past(clean, b"?>", at)
        elif clean.startswith(b"<!--", at):
            at = _past(clean, b"-->", at)
        else:
            break
    return at


def _past(clean: bytes, mark: bytes, start: int) -> int:
    found = clean.find(mark, start)
    return len(clean) if found < 0 else found + len(mark)


def _root(clean: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    try:
        return _checked(etree.fromstring(clean, _PARSER)), ()
    except etree.XMLSyntaxError as error:
        first = error
    try:
        return _second_try(clean)
    except etree.XMLSyntaxError:
        raise _damaged(clean, first) from None


def _second_try(clean: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """Once more with control characters shown as symbols, and with texts over 10 MB let through.

    The size is bounded and no entity exists, so the parser's own bounds protect nothing more here.
    """
    raw = clean.decode("utf-8", "replace").lstrip()
    shown = _STRAY_CONTROL_REFERENCE.sub(_shown_reference, texts.show_controls(raw))
    warnings = (texts.CONTROLS,) if shown != raw else ()
    root = _checked(etree.fromstring(shown.encode("utf-8", "replace"), _parser(huge=True)))
    _refuse_depth(root)
    return root, warnings


def _shown_reference(match: re.Match[str]) -> str:
    digits = match[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return chr(0x2400 + code)


def _checked(root: etree._Element) -> etree._Element:
    if root.getroottree().docinfo.internalDTD is not None:
        raise Dangerous(_DOCUMENT_TYPE)
    return root


def _damaged(clean: bytes, error: etree.XMLSyntaxError) -> Damaged | Dangerous:
    line = error.lineno or 0
    if "depth" in str(error).lower():
        return Dangerous(_TOO_DEEP)
    if _is_cut_short(clean):
        line = clean.rstrip().count(b"\n") + 1
        return Truncated(
            f"The document stops at line {line} before its end: it was cut short. Ask for it again.",
            line=line,
        )
    return Damaged(f"The document is damaged at line {line}. Ask the sender to send it again.", line=line)


def _is_cut_short(clean: bytes) -> bool:
    """True when the document is well formed as far as it goes: only its end is missing."""
    parser = _parser(huge=True)
    try:
        parser.feed(clean.rstrip())
    except etree.XMLSyntaxError:
        return False
    try:
        parser.close()
    except etree.XMLSyntaxError:
        return True
    return False


def _refuse_depth(root: etree._Element) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise Dangerous(_TOO_DEEP)
