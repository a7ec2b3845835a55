"""The plain spreadsheet for referrals from elsewhere: a call from the public, a school, another force.

One row for each child (or one row when no child is named); rows with the same reference are one referral. A
spreadsheet saved as CSV by any common program is read: commas, semicolons or tabs, UTF-8 or Windows-1252.
Dates are read as day, month, year or as ISO dates; never as month first. Columns that are not known are kept
and shown.
"""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from sooner.engines.formats import text as texts
from sooner.engines.formats.completeness import about_parties
from sooner.engines.formats.document import (
    Account,
    Address,
    Email,
    Name,
    Party,
    Phone,
    ReferralDocument,
    Role,
)
from sooner.engines.formats.errors import Damaged, EmptyDocument, NotAReferral, TooLarge
from sooner.engines.formats.fields import Field, Unrecognised
from sooner.engines.formats.text import said

FORMAT = "referral-csv"
MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 100_000

# Column and what stands in the template's example row. The order is the template's.
COLUMNS: dict[str, str] = {
    "reference": "EX-2026-001",
    "source_type": "school",
    "date_received": "03/03/2026",
    "reporter_name": "Pat Example",
    "reporter_organisation": "Example Primary School",
    "reporter_phone": "020 7946 0000",
    "reporter_email": "pat@example.org",
    "date_of_incident": "01/03/2026",
    "priority": "2",
    "summary": "What was reported, in your own words. Do not attach or paste images.",
    "suspect_name": "Alex Example",
    "suspect_date_of_birth": "06/05/1991",
    "suspect_phone": "07700 900123",
    "suspect_email": "alex@example.com",
    "suspect_address_line_1": "1 Example Street",
    "suspect_address_line_2": "",
    "suspect_town": "London",
    "suspect_postcode": "E1 6AN",
    "suspect_account": "Example Chat: alex_example",
    "suspect_occupation": "Football coach",
    "works_with_children": "yes",
    "role_with_children": "Coaches an under-11 team on Saturdays",
    "child_name": "Sam Example",
    "child_date_of_birth": "14/02/2014",
    "child_relationship_to_suspect": "son",
    "child_address": "1 Example Street, London",
    "child_postcode": "E1 6AN",
    "child_school": "Example Primary School",
    "notes": "",
}
SOURCE_TYPES = frozenset(
    {"public", "school", "police", "social care", "health", "charity", "provider", "other"}
)
_NEEDED = frozenset({"summary", "suspect_name", "child_name"})
_ANSWERS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
_DAY_FIRST = re.compile(r"\A(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})(?:[ T].*)?\Z")
_FREE = ("summary", "notes")
_SUSPECT = (
    *(name for name in COLUMNS if name.startswith("suspect_")),
    "works_with_children",
    "role_with_children",
)


class _Row(msgspec.Struct, frozen=True):
    """A row: its line in the file, its known cells without blank space, and everything in it as fields."""

    line: int
    cells: dict[str, str]
    fields: tuple[Field, ...]
    unrecognised: tuple[Unrecognised, ...]

    def get(self, column: str) -> str:
        return said(self.cells.get(column, ""))


def write_template() -> bytes:
    """The empty template: the header and one invented example row, as UTF-8 with a mark, which spreadsheets
    expect.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow(COLUMNS.values())
    return out.getvalue().encode("utf-8-sig")


def looks_like(text: str) -> bool:
    """True when the first line is a header with the columns that a referral cannot do without."""
    head = text.lstrip("\ufeff\r\n ").split("\n", 1)[0]
    return len(_NEEDED & {_column(cell) for cell in re.split("[,;\t]", head)}) >= 2


def read_csv(data: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> list[ReferralDocument]:
    """The referrals in the file, in its order. Raises EmptyDocument, TooLarge, Damaged or NotAReferral."""
    if len(data) > max_bytes:
        raise TooLarge(f"The file is larger than {max_bytes // (1024 * 1024)} MiB, the most that is read.")
    decoded = texts.decode(data)
    shown = texts.show_controls(decoded.text)
    if not shown.strip("\u2400 \t\r\n"):
        raise EmptyDocument("The file is empty; ask the sender to send it again.")
    if not looks_like(shown):
        raise NotAReferral("The file does not have the referral template's header row; use the template.")
    warnings = decoded.warnings if shown == decoded.text else (*decoded.warnings, texts.CONTROLS)
    rows = _rows(shown.lstrip("\ufeff\r\n "), max_rows)
    if not rows:
        raise EmptyDocument("The file has a header but no referral in it.")
    return [_document(group, warnings) for group in _grouped(rows)]


def _column(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.strip().strip('"').lower()).strip("_")


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(",;\t", key=head.count)


def _rows(text: str, max_rows: int) -> list[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    rows: list[_Row] = []
    try:
        headings = next(reader)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(headings, cells, reader.line_num))
            if len(rows) > max_rows:
                raise TooLarge(
                    f"The file has more than {max_rows} rows, the most that are read; send it in parts."
                )
    except csv.Error as error:
        line = reader.line_num
        raise Damaged(
            f"The file is damaged at line {line}: a cell is not closed or is too long.", line=line
        ) from error
    return rows


def _row(headings: list[str], cells: list[str], line: int) -> _Row:
    known: dict[str, str] = {}
    fields: list[Field] = []
    unrecognised: list[Unrecognised] = []
    for number, cell in enumerate(cells):
        heading = headings[number] if number < len(headings) else ""
        column = _column(heading)
        field = Field(f"referral/row[{line}]/{column or f'column {number + 1}'}", cell)
        if cell.strip():
            fields.append(field)
        if column in COLUMNS and column not in known:
            known[column] = cell.strip()
        elif cell.strip():
            unrecognised.append(Unrecognised(field.path, cell, "column"))
    return _Row(line, known, tuple(fields), tuple(unrecognised))


def _grouped(rows: list[_Row]) -> Iterable[list[_Row]]:
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row.get("reference") or f"line {row.line}", []).append(row)
    return groups.values()


def _document(rows: list[_Row], warnings: tuple[str, ...]) -> ReferralDocument:
    notes = list(warnings)
    parties = _parties(rows, notes)
    if any(list(row.cells.values()) == list(COLUMNS.values()) for row in rows):
        notes.append("This is the example row of the template: delete it from the file before sending it.")
    return ReferralDocument(
        format=FORMAT,
        report_number=_first(rows, "reference"),
        sender=_first(rows, "reporter_organisation") or _first(rows, "reporter_name"),
        source_type=_source_type(rows, notes),
        received_at=_moment(rows, "date_received", notes),
        incident_at=_moment(rows, "date_of_incident", notes),
        priority=_priority(rows, notes),
        summary="\n\n".join(_distinct(rows, "summary")),
        parties=parties,
        free_text=tuple(f for row in rows for f in row.fields if f.path.rpartition("/")[2] in _FREE),
        fields=tuple(field for row in rows for field in row.fields),
        unrecognised=tuple(item for row in rows for item in row.unrecognised),
        warnings=tuple(dict.fromkeys((*notes, *about_parties(parties)))),
    )


def _distinct(rows: list[_Row], column: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (row.get(column) for row in rows))))


def _first(rows: list[_Row], column: str) -> str:
    return next(iter(_distinct(rows, column)), "")


def _source_type(rows: list[_Row], notes: list[str]) -> str:
    found = _first(rows, "source_type").lower()
    if found and found not in SOURCE_TYPES:
        notes.append("The source type is not one of the template's.")
    return found


def _priority(rows: list[_Row], notes: list[str]) -> str:
    found = _first(rows, "priority").upper()
    if found in ("", "E", "1", "2", "3"):
        return found
    notes.append("The priority is not E, 1, 2 or 3, and was left out.")
    return ""


def _parties(rows: list[_Row], notes: list[str]) -> tuple[Party, ...]:
    suspects = _suspects(rows)
    parties = [_suspect(row, notes) for row in suspects]
    for row in rows:
        if any(
            row.get(column)
            for column in ("child_name", "child_date_of_birth", "child_school", "child_address")
        ):
            parties.append(_child(row, _suspect_of(row, suspects), notes))
    reporters = {(row.get("reporter_name"), row.get("reporter_organisation")): row for row in reversed(rows)}
    parties.extend(_reporter(row) for who, row in reporters.items() if any(who) or row.get("reporter_phone"))
    return tuple(parties)


def _suspects(rows: list[_Row]) -> list[_Row]:
    """One row for each suspect: rows that agree wherever both say something are about the same one."""
    found: list[_Row] = []
    for row in rows:
        if not any(row.get(column) for column in _SUSPECT):
            continue
        place = _suspect_of(row, found) if found else None
        if place is None:
            found.append(row)
        else:
            found[place] = _together(found[place], row)
    return found


def _suspect_of(row: _Row, suspects: list[_Row]) -> int | None:
    """The place of the suspect that the row is about; None when it could be about several, or none."""
    places = [place for place, suspect in enumerate(suspects) if _agree(row, suspect)]
    return places[0] if len(places) == 1 else None


def _agree(one: _Row, other: _Row) -> bool:
    pairs = ((one.get(column).casefold(), other.get(column).casefold()) for column in _SUSPECT)
    return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)


def _together(one: _Row, other: _Row) -> _Row:
    cells = one.cells | {column: other.get(column) for column in _SUSPECT if not one.get(column)}
    return msgspec.structs.replace(one, cells=cells)


def _suspect(row: _Row, notes: list[str]) -> Party:
    works = _ANSWERS.get(row.get("works_with_children").lower())
    role = row.get("role_with_children")
    if (
        row.get("works_with_children")
        and works is None
        and row.get("works_with_children").lower() != "not known"
    ):
        notes.append("'Works with children' is neither yes nor no: read the referral for what it says.")
    return Party(
        role=Role.SUSPECT,
        path=f"referral/row[{row.line}]",
        names=_names(row.get("suspect_name")),
        date_of_birth=_day(row, "suspect_date_of_birth", notes),
        phones=tuple(Phone(number=one) for one in _several(row.get("suspect_phone"))),
        emails=tuple(Email(address=one) for one in _several(row.get("suspect_email"))),
        addresses=_suspect_address(row),
        accounts=tuple(_account(one) for one in _several(row.get("suspect_account"))),
        occupation=row.get("suspect_occupation"),
        trust=role,
        works_with_children=True if works is None and role else works,
    )


def _suspect_address(row: _Row) -> tuple[Address, ...]:
    address = Address(
        lines=tuple(filter(None, (row.get("suspect_address_line_1"), row.get("suspect_address_line_2")))),
        city=row.get("suspect_town"),
        postcode=row.get("suspect_postcode"),
    )
    return (address,) if address != Address() else ()


def _child(row: _Row, of: int | None, notes: list[str]) -> Party:
    lines = tuple(part.strip() for part in re.split(r"[,\n]", row.get("child_address")) if part.strip())
    address = Address(lines=lines, postcode=row.get("child_postcode"))
    return Party(
        role=Role.CHILD,
        path=f"referral/row[{row.line}]",
        of=of,
        names=_names(row.get("child_name")),
        date_of_birth=_day(row, "child_date_of_birth", notes),
        addresses=(address,) if address != Address() else (),
        school=row.get("child_school"),
        relationship_to_suspect=row.get("child_relationship_to_suspect"),
    )


def _reporter(row: _Row) -> Party:
    return Party(
        role=Role.REPORTER,
        path=f"referral/row[{row.line}]",
        names=_names(row.get("reporter_name")),
        phones=tuple(Phone(number=one) for one in _several(row.get("reporter_phone"))),
        emails=tuple(Email(address=one) for one in _several(row.get("reporter_email"))),
        organisation=row.get("reporter_organisation"),
    )


def _names(full: str) -> tuple[Name, ...]:
    """``Surname, First`` and ``First Middle Surname`` are split; one word is kept whole only."""
    if not full:
        return ()
    if full.count(",") == 1:
        last, first = (part.strip() for part in full.split(","))
        return (Name(full=f"{first} {last}".strip(), first=first, last=last),)
    words = full.split()
    if len(words) == 1:
        return (Name(full=full),)
    return (Name(full=" ".join(words), first=words[0], middle=" ".join(words[1:-1]), last=words[-1]),)


def _several(text: str) -> list[str]:
    """Several values in one cell are put apart by a semicolon, a bar or a line break."""
    return [part.strip() for part in re.split(r"[;|\n]", text) if part.strip()]


def _account(text: str) -> Account:
    """``Service: name`` or a name alone; a web address is a profile."""
    if "://" in text:
        return Account(profile_urls=(text,))
    service, mark, name = text.partition(":")
    return Account(service=service.strip(), screen_name=name.strip()) if mark else Account(screen_name=text)


def _day(row: _Row, column: str, notes: list[str]) -> date | None:
    text = row.get(column)
    if not text:
        return None
    try:
        return _to_day(text)
    except ValueError:
        what = column.replace("_", " ")
        notes.append(f"The {what} on line {row.line} is not a date (day/month/year), and was left out.")
        return None


def _to_day(text: str) -> date:
    found = _DAY_FIRST.match(text)
    if found:
        return date(int(found[3]), int(found[2]), int(found[1]))
    return datetime.fromisoformat(text).date()


def _moment(rows: list[_Row], column: str, notes: list[str]) -> datetime | None:
    """The time in UTC; a day alone, or a time without a zone, is read as UTC."""
    row = next((row for row in rows if row.get(column)), None)
    if row is None:
        return None
    try:
        moment = datetime.fromisoformat(row.get(column))
    except ValueError:
        day = _day(row, column, notes)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        notes.append(
            f"The {column.replace('_', ' ')} on line {row.line} cannot be a real time, and was left out."
        )
        return None
