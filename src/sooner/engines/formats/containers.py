"""Walks the documents in a ZIP (and the ZIPs in it), a folder, or a JSON list, without trusting any of them.

Nothing is written to disk and no picture is kept: a member that is not text is fingerprinted in chunks and
dropped. Nothing is lost: what cannot be handed over is yielded as ``Refused`` with a plain reason. Memory is
bounded by the limits, whatever an archive says of itself.
"""

import hashlib
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from sooner.engines.formats.reader import SNIFFED, Kind, is_media, sniff

_CHUNK = 1024 * 1024
_MIB = 1024 * 1024
_DRIVE = re.compile(r"\A[A-Za-z]:")
# LZMA is left out: its header may ask the reader for gigabytes of memory.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on what is opened. Sizes are in bytes; ``max_ratio`` is expanded size to packed size of one
    member.

    ``max_document`` bounds a member that is held in memory, ``max_expanded`` all members of one container
    together, ``depth`` how many ZIPs may stand in one another (2: a ZIP in a ZIP).
    """

    max_members: int = 10_000
    max_document: int = 64 * _MIB
    max_expanded: int = 4 * 1024 * _MIB
    max_ratio: int = 200
    depth: int = 2


DEFAULTS = Limits()


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be read: its bytes as received. ``name`` is its path in the container, for people
    only.
    """

    name: str
    data: bytes
    size: int
    sha256: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A member that is not a document: fingerprints and size, never the bytes. Digests are lower-case hex."""

    name: str
    size: int
    md5: str
    sha1: str
    sha256: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A member that was not handed over, and why, in a sentence.

    ``sha256`` is of its expanded bytes where these could be read within the limits, else empty; ``size`` is
    what was read of it, or what the container says of it.
    """

    name: str
    reason: str
    sha256: str = ""
    size: int = 0


Found = Member | Attachment | Refused


class _Budget:
    """What is left of the limits for the container as a whole."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.members = limits.max_members
        self.expanded = limits.max_expanded
        self.names: dict[str, int] = {}

    def take_member(self) -> bool:
        self.members -= 1
        return self.members >= 0

    def distinct(self, name: str) -> str:
        """The name, with a number when a member of that name came before."""
        count = self.names[name] = self.names.get(name, 0) + 1
        return name if count == 1 else f"{name} ({count})"


class _OverLimitError(Exception):
    """Reading was stopped; the message is the reason."""


def members(
    source: str | Path | bytes | IO[bytes], name: str = "", *, limits: Limits = DEFAULTS
) -> Iterator[Found]:
    """Everything in the source: a path of a file or folder, bytes, or an open seekable binary file.

    A single document yields itself. A JSON list yields each of its items, bytes as they stand. Never raises
    for what is in the source; OSError when a path cannot be opened at all.
    """
    budget = _Budget(limits)
    if isinstance(source, bytes):
        yield from _opened(io.BytesIO(source), name, budget, 0)
    elif isinstance(source, str | Path):
        yield from _path(Path(source), name, budget)
    else:
        yield from _opened(source, name, budget, 0)


def _path(path: Path, name: str, budget: _Budget) -> Iterator[Found]:
    if not path.is_dir():
        with path.open("rb") as file:
            yield from _opened(file, name or path.name, budget, 0)
        return
    for folder, folders, files in os.walk(path, followlinks=False):
        folders.sort()
        linked = [each for each in folders if Path(folder, each).is_symlink()]
        for each in sorted([*files, *linked]):
            yield from _in_folder(Path(folder, each), str(Path(folder, each).relative_to(path)), budget)


def _in_folder(path: Path, name: str, budget: _Budget) -> Iterator[Found]:
    name = _showable(name)
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield Refused(name=name, reason="It is a link to another place, which is not followed.")
        elif not stat.S_ISREG(mode):
            yield Refused(name=name, reason="It is not an ordinary file.")
        elif not budget.take_member():
            yield Refused(name=name, reason=_too_many(budget), size=path.stat().st_size)
        else:
            with path.open("rb") as file:
                yield from _opened(file, name, budget, 0)
    except OSError:
        yield Refused(
            name=name, reason="It could not be opened; check that it is still there and may be read."
        )


def _opened(file: IO[bytes], name: str, budget: _Budget, depth: int) -> Iterator[Found]:
    """What is in a file that can be sought in: a ZIP's members, or the file itself."""
    head = file.read(SNIFFED)
    file.seek(0)
    if sniff(head) is Kind.ZIP:
        yield from _archive(file, name, budget, depth)
    else:
        yield from _stream(file, name, head, budget)


def _stream(file: IO[bytes], name: str, head: bytes, budget: _Budget) -> Iterator[Found]:
    """A file that is not an archive: a document is kept, anything else only fingerprinted."""
    kind = sniff(head)
    if kind in (Kind.BINARY, Kind.PAGE):
        yield _fingerprinted(file, name, head, budget, None)
        return
    found = _document(file, name, budget, None)
    if isinstance(found, Member) and kind is Kind.JSON:
        yield from _listed(found, budget)
    else:
        yield found


def _listed(found: Member, budget: _Budget) -> Iterator[Found]:
    """The items of a JSON list, each as its bytes stand in it. Anything else is the document itself."""
    if not found.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        yield found
        return
    try:
        items = msgspec.json.decode(found.data.removeprefix(b"\xef\xbb\xbf"), type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        items = []
    if not items:
        yield found
        return
    for number, item in enumerate(items, 1):
        data = bytes(item).strip()
        digest, name = hashlib.sha256(data).hexdigest(), f"{found.name}[{number}]"
        if budget.take_member():
            yield Member(name=name, data=data, size=len(data), sha256=digest)
        else:
            yield Refused(name=name, reason=_too_many(budget), sha256=digest, size=len(data))


def _archive(file: IO[bytes], name: str, budget: _Budget, depth: int) -> Iterator[Found]:
    if depth >= budget.limits.depth:
        yield _digested(
            file, name, "It is a ZIP within a ZIP within a ZIP; unpack it and send what is in it.", budget
        )
        return
    try:
        archive = zipfile.ZipFile(file)
    except _FAULTS:
        yield _digested(file, name, "The ZIP is damaged or cut short; ask for it to be sent again.", budget)
        return
    with archive:
        for info in archive.infolist():
            if not info.is_dir() or info.file_size:
                yield from _member(archive, info, name, budget, depth)


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, outer: str, budget: _Budget, depth: int
) -> Iterator[Found]:
    inner = _showable(info.orig_filename)
    name = budget.distinct(f"{outer}/{inner}" if outer else inner)
    reason = _refusal(info, budget)
    if reason is not None:
        yield Refused(name=name, reason=reason, size=info.file_size)
        return
    try:
        yield from _unpacked(archive, info, name, budget, depth)
    except _OverLimitError as error:
        yield Refused(name=name, reason=str(error), size=info.file_size)
    except _FAULTS:
        yield Refused(
            name=name, reason="It is damaged in the ZIP; ask for it to be sent again.", size=info.file_size
        )


def _refusal(info: zipfile.ZipInfo, budget: _Budget) -> str | None:
    """Why a member is not opened, from what the archive says of it."""
    if not budget.take_member():
        return _too_many(budget)
    if _is_tricky(info.orig_filename):
        return "Its name leads out of the ZIP (a path trick); ask the sender for a plain ZIP."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link to another place, which is not followed."
    if info.flag_bits & 0x1:
        return "It is encrypted: open it with the sender's password, and send what is in it."
    if info.compress_type not in _METHODS:
        return "It is packed in a way that is not read here; ask the sender for an ordinary ZIP."
    if info.file_size > _MIB and info.file_size > budget.limits.max_ratio * max(info.compress_size, 1):
        return _BOMB
    return _over(budget) if info.file_size > budget.expanded else None


_BOMB = "It expands to far more than was sent (a ZIP bomb), and was not opened."


def _is_tricky(name: str) -> bool:
    plain = name.replace("\\", "/")
    return (
        "\0" in name
        or plain.startswith("/")
        or ".." in plain.split("/")
        or _DRIVE.match(plain) is not None
        or not plain
    )


def _unpacked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, budget: _Budget, depth: int
) -> Iterator[Found]:
    with archive.open(info) as file:
        head = file.read(SNIFFED)
    kind = sniff(head)
    with archive.open(info) as file:
        if kind is Kind.ZIP and not _is_office(archive, info):
            held = _document(file, name, budget, info)
        elif kind in (Kind.BINARY, Kind.PAGE, Kind.ZIP):
            yield _fingerprinted(file, name, head, budget, info)
            return
        else:
            held = _document(file, name, budget, info)
    if not isinstance(held, Member) or kind not in (Kind.ZIP, Kind.JSON):
        yield held
    elif kind is Kind.JSON:
        yield from _listed(held, budget)
    else:
        yield from _archive(io.BytesIO(held.data), name, budget, depth + 1)


def _is_office(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Word, Excel and OpenDocument files are ZIPs by nature, and attachments here."""
    with archive.open(info) as file:
        head = file.read(SNIFFED)
    return b"[Content_Types].xml" in head or b"mimetypeapplication/" in head


def _chunks(file: IO[bytes], budget: _Budget, info: zipfile.ZipInfo | None) -> Iterator[bytes]:
    """The bytes in turn; raises when they come to more than the limits allow, whatever the headers said."""
    size = 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        if info is not None:
            budget.expanded -= len(chunk)
            if size > _MIB and size > budget.limits.max_ratio * max(info.compress_size, 1):
                raise _OverLimitError(_BOMB)
            if budget.expanded < 0:
                raise _OverLimitError(_over(budget))
        yield chunk


def _document(file: IO[bytes], name: str, budget: _Budget, info: zipfile.ZipInfo | None) -> Found:
    """The bytes, or a refusal with their digest when they are over the limit: no more than the limit is
    held.
    """
    digest, held, size = hashlib.sha256(), bytearray(), 0
    for chunk in _chunks(file, budget, info):
        digest.update(chunk)
        size += len(chunk)
        if size <= budget.limits.max_document:
            held += chunk
        else:
            held.clear()
    if size > budget.limits.max_document:
        reason = f"It is larger than {budget.limits.max_document / _MIB:,.0f} MiB, the most that is read."
        return Refused(name=name, reason=reason, sha256=digest.hexdigest(), size=size)
    return Member(name=name, data=bytes(held), size=size, sha256=digest.hexdigest())


def _attachment(file: IO[bytes], name: str, budget: _Budget, info: zipfile.ZipInfo | None) -> Attachment:
    md5, sha1 = hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False)
    sha256, size = hashlib.sha256(), 0
    for chunk in _chunks(file, budget, info):
        size += len(chunk)
        for digest in (md5, sha1, sha256):
            digest.update(chunk)
    return Attachment(
        name=name, size=size, md5=md5.hexdigest(), sha1=sha1.hexdigest(), sha256=sha256.hexdigest()
    )


def _fingerprinted(
    file: IO[bytes], name: str, head: bytes, budget: _Budget, info: zipfile.ZipInfo | None
) -> Attachment | Refused:
    """A picture, film or sound is an attachment. Anything else may be a letter, and goes before a person."""
    found = _attachment(file, name, budget, info)
    if is_media(head):
        return found
    return Refused(name=name, reason=unread(head), sha256=found.sha256, size=found.size)


def unread(head: bytes) -> str:
    """Why a file that is not an ordinary document goes before a person, and what to do."""
    return (
        f"It is {_what(head)}, which is not read here. Its fingerprint is kept and its bytes are not, because it may hold"
        " pictures. Ask the sender for a report as XML, JSON or the CSV template, or enter what it says as a referral."
    )


def _what(head: bytes) -> str:
    if is_media(head):
        return "a picture, film or sound by itself"
    if head.startswith(b"%PDF"):
        return "a PDF"
    if head.startswith((b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
        return "a packed file of a kind other than ZIP"
    if sniff(head) is Kind.ZIP:
        return "a document of a word processor or spreadsheet"
    return "a web page or drawing" if sniff(head) is Kind.PAGE else "a file of a kind that is not known"


def _digested(file: IO[bytes], name: str, reason: str, budget: _Budget) -> Refused:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(file, budget, None):
        digest.update(chunk)
        size += len(chunk)
    return Refused(name=name, reason=reason, sha256=digest.hexdigest(), size=size)


def _showable(name: str) -> str:
    """The name as text that can be stored and shown: an archive may hold any bytes for a name."""
    clean = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in clean)


def _too_many(budget: _Budget) -> str:
    return f"The container holds more than {budget.limits.max_members:,} members; send it in parts."


def _over(budget: _Budget) -> str:
    return (
        f"The container expands to more than {budget.limits.max_expanded / _MIB:,.0f} MiB; send it in parts."
    )
