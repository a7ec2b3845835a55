"""Reads any document that is read here, told by its content and never by its name.

``read_documents`` is the one door: it returns neutral documents or raises FormatError, and nothing else.
"""

import re
from enum import StrEnum

from sooner.engines.formats import referral_csv
from sooner.engines.formats import text as texts
from sooner.engines.formats.cybertip import document as mapping
from sooner.engines.formats.cybertip.json import read_json
from sooner.engines.formats.cybertip.model import CyberTip, FileReport
from sooner.engines.formats.cybertip.xml import read_xml
from sooner.engines.formats.document import ReferralDocument
from sooner.engines.formats.errors import EmptyDocument, NotAReferral, TooLarge, WrongEncoding

MAX_BYTES = 64 * 1024 * 1024
SNIFFED = 4096
_EBCDIC_XML = b"\x4c\x6f\xa7\x94\x93"


class Kind(StrEnum):
    """What a document looks like from its first bytes."""

    EMPTY = "empty"
    XML = "xml"
    JSON = "json"
    CSV = "csv"
    ZIP = "zip"
    TEXT = "text"
    PAGE = "page"
    BINARY = "binary"


_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_BINARY = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"%PDF",
    b"RIFF",
    b"BM",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\0\0\0",
)


_MEDIA = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0",
    b"\x1aE\xdf\xa3",
    b"OggS",
    b"ID3",
    b"fLaC",
    b"0&\xb2u",
)


def is_media(data: bytes) -> bool:
    """Whether its first bytes are those of a picture, a film or a sound: such a file says nothing that could be read."""
    return data.startswith(_MEDIA) and not data.startswith(b"\0\0\0<")


# Web pages and drawings can hold pictures, so they are never taken for documents.
_PAGES = frozenset({"html", "svg", "!doctype html", "!doctype svg"})
_FIRST_ELEMENT = re.compile(r"<(!doctype\s+(?:html|svg)|[A-Za-z_][^\s>/]*)", re.IGNORECASE)


def sniff(data: bytes) -> Kind:
    """What the document is, from its first bytes (SNIFFED of them are enough)."""
    head = data[:SNIFFED]
    if not head.strip(b" \t\r\n\0"):
        return Kind.EMPTY
    if head.startswith(_ZIPS):
        return Kind.ZIP
    if head.startswith(_BINARY) and not head.startswith(b"\0\0\0<"):
        return Kind.BINARY
    text = texts.decode(head).text
    return _kind_of_text(text.lstrip("\ufeff \t\r\n\x00"), text)


def _is_binary(text: str) -> bool:
    """More than one character in ten that no text has."""
    odd = sum(1 for character in text if character in _ODD)
    return odd * 10 > len(text)


_ODD = frozenset(map(chr, (*range(9), *range(14, 32)))) | {"\ufffd", "\x7f", *map(chr, range(0x80, 0xA0))}


def _kind_of_text(start: str, text: str) -> Kind:
    """A report with damage within it is still a report: how it starts comes before what else it holds."""
    if start.startswith("<"):
        element = _FIRST_ELEMENT.search(start)
        return Kind.PAGE if element is not None and element[1].lower() in _PAGES else Kind.XML
    if start.startswith(("{", "[")):
        return Kind.JSON
    if _is_binary(text):
        return Kind.BINARY
    return Kind.CSV if referral_csv.looks_like(start) else Kind.TEXT


def read_documents(data: bytes, *, max_bytes: int = MAX_BYTES) -> tuple[ReferralDocument, ...]:
    """The referrals in the document, at least one. Raises FormatError and nothing else.

    File documents that stand beside the report they belong to, in the same document, are joined to it.
    """
    if len(data) > max_bytes:
        raise TooLarge(
            f"The document is larger than {max_bytes // (1024 * 1024)} MiB, the most that is read."
        )
    kind = sniff(data)
    if kind is Kind.XML:
        return _mapped(read_xml(data, max_bytes=max_bytes))
    if kind is Kind.JSON:
        return _mapped(list(read_json(data, max_bytes=max_bytes)))
    if kind is Kind.CSV:
        return tuple(referral_csv.read_csv(data, max_bytes=max_bytes))
    if kind is Kind.EMPTY:
        raise EmptyDocument("The document is empty; ask the sender to send it again.")
    if data.startswith(_EBCDIC_XML):
        raise WrongEncoding(
            "The document is in a mainframe's encoding (EBCDIC); ask the sender for it in UTF-8."
        )
    raise NotAReferral(_WHAT_IT_IS[kind])


_WHAT_IT_IS = {
    Kind.ZIP: "The document is a ZIP file; its members are read one by one.",
    Kind.TEXT: "The document is plain text, not a report or the referral template.",
    Kind.PAGE: "The document is a web page or a drawing, not a referral.",
    Kind.BINARY: "The document is not a report: it holds data, such as a picture or a program.",
}


def _mapped(found: list[CyberTip | FileReport]) -> tuple[ReferralDocument, ...]:
    tips = [one for one in found if isinstance(one, CyberTip)]
    files = [one for one in found if isinstance(one, FileReport)]
    if tips and files:
        tips, files = mapping.joined(tips, files)
    return (*map(mapping.to_document, tips), *map(mapping.file_to_document, files))


def read_document(
    data: bytes, name: str = "", *, max_bytes: int = MAX_BYTES
) -> ReferralDocument | list[ReferralDocument]:
    """As ``read_documents``: the referral itself when there is one, else a list. The name decides nothing."""
    del name  # kept beside the bytes by callers; what a sender calls a file says nothing about what it is
    documents = read_documents(data, max_bytes=max_bytes)
    return documents[0] if len(documents) == 1 else list(documents)
