"""Loading partners' extracts: CSV or Parquet, columns by policy, validated row by row, streamed, and resolved to persons.

Only columns that the policy names are read, and nothing under an agreement that is over. A bad row is reported and the rest is
loaded; loading the same file twice changes nothing.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sooner.engines import normalise
from sooner.errors import Refused
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, unit_of_work
from sooner.people.commands.resolve import Resolved, SourceFacts, register_sources, resolve
from sooner.people.matching import Job, Place, Sought
from sooner.people.models import ExtractLoad, PostcodeArea, Relationship, Source
from sooner.people.purpose import Permitted, agreement_over, loading
from sooner.policy.loader import get_policy
from sooner.policy.model import ExtractMapping

BATCH = 500
REPORTED = 1000
DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y%m%d")
Progress = Callable[[int], None]


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)

    def problem(self, row: int, name: str, words: str) -> None:
        if len(self.problems) < REPORTED:
            self.problems.append({"row": row, "field": name, "problem": words})


class BadRow(Exception):
    """A row that cannot be used: the field, and what is wrong with it."""

    def __init__(self, name: str, words: str) -> None:
        self.name, self.words = name, words


def load_extract(
    actor: Actor, *, mapping: str, path: Path, as_of: datetime | None = None, progress: Progress | None = None
) -> ExtractLoad:
    """Load a partner's file under a mapping of extracts.toml. Raises Refused when nothing of it can be used."""
    rule = get_policy().extracts.get(mapping)
    if rule is None:
        raise Refused(f"There is no extract {mapping!r}: one of {', '.join(get_policy().extracts)}.")
    moment = as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    _check_lawful(actor, rule, path.name, moment)
    digest = _sha256(path)
    loads = ExtractLoad.objects.filter(sha256=digest, source__key=rule.source_key, expired_at=None)
    if (before := loads.first()) is not None:
        return before
    tally = _Tally()
    rows = _rows(path, rule.columns_read)
    first = next(rows, None)
    if first is None:
        raise Refused(f"{path.name} has no rows. Nothing was loaded.")
    _check_columns(rule, first, path.name)
    source = _load_rows(actor, rule, _again(first, rows), moment, tally, progress)
    unread = [name for name in _header(path) if name not in rule.columns_read]
    return _finish(actor, source, path.name, digest, tally, unread)


def _check_lawful(actor: Actor, rule: ExtractMapping, name: str, as_of: datetime) -> None:
    """Refuse what may not be loaded, and keep on the ledger that it was refused."""
    over = agreement_over(rule, clock.now().date())
    days = (clock.now() - as_of).days
    too_old = (
        f"{name} is of {as_of:%-d %B %Y}: {rule.title!r} is kept for {rule.retention_days} days. Ask for a newer file."
        if days >= rule.retention_days
        else ""
    )
    if not over and not too_old:
        return
    with unit_of_work(actor) as work:
        why = "agreement" if over else "retention"
        work.record(
            "extract.refused",
            subject=Subject("extract", None),
            thread="force",
            source=rule.source_key,
            why=why,
        )
    raise Refused(f"{over or too_old} Nothing was loaded.")


def _again(first: Mapping[str, Any], rest: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield first
    yield from rest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(path: Path, wanted: Container[str] | None = None) -> Iterator[Mapping[str, Any]]:
    """Rows by column name, streamed, of the `wanted` columns only; all where none are named. Of Parquet, the other columns are
    not even read from the file."""
    if _is_parquet(path):
        yield from _parquet_rows(path, wanted)
        return
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for row in csv.DictReader(file):
            yield row if wanted is None else {name: value for name, value in row.items() if name in wanted}


def _is_parquet(path: Path) -> bool:
    return path.suffix.casefold() == ".parquet"


def _header(path: Path) -> list[str]:
    """The names of a file's columns."""
    if _is_parquet(path):
        import pyarrow.parquet as parquet

        return list(parquet.read_schema(path).names)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return [name for name in csv.DictReader(file).fieldnames or () if name]


def _parquet_rows(path: Path, wanted: Container[str] | None) -> Iterator[Mapping[str, Any]]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path) as file:
            columns = [name for name in file.schema_arrow.names if wanted is None or name in wanted]
            for batch in file.iter_batches(batch_size=BATCH, columns=columns):
                yield from batch.to_pylist()
    except arrow.ArrowException as error:
        raise Refused(f"{path.name} is not a Parquet file that can be read: {error}.") from error


def _check_columns(rule: ExtractMapping, row: Mapping[str, Any], name: str) -> None:
    wanted = {rule.id_column, *rule.columns.values()}  # a relation's columns may be absent
    missing = sorted(column for column in wanted if column not in row)
    if rule.id_column in missing or len(missing) > len(wanted) / 2:
        raise Refused(
            f"{name} does not look like {rule.title!r}: it lacks {', '.join(missing[:6])}. Check the mapping in extracts.toml."
        )


def _load_rows(
    actor: Actor,
    rule: ExtractMapping,
    rows: Iterator[Mapping[str, Any]],
    as_of: datetime,
    tally: _Tally,
    progress: Progress | None,
) -> Source:
    facts = SourceFacts(rule.source_key, "extract", rule.title, as_of, rule.lawful_basis)
    may = loading(rule)
    while batch := list(islice(rows, BATCH)):
        with unit_of_work(actor):
            sources = register_sources([facts])
            _load_batch(rule, batch, as_of, sources, tally, may)
        if progress:
            progress(tally.rows)
    return Source.objects.get(key=facts.key)


def _load_batch(
    rule: ExtractMapping,
    batch: list[Mapping[str, Any]],
    as_of: datetime,
    sources: dict[str, Source],
    tally: _Tally,
    may: Permitted,
) -> None:
    sought: dict[str, Sought] = {}
    ties: list[tuple[str, str, str]] = []  # (external id of person, kind, external id of the child or other)
    for raw in batch:
        tally.rows += 1
        row = {name: str(value).strip() for name, value in raw.items() if name and value is not None}
        try:
            person, relatives = described(rule, row, as_of)
        except BadRow as bad:
            tally.rejected += 1
            tally.problem(tally.rows, bad.name, bad.words)
            continue
        tally.accepted += 1
        sought[person.external_id] = person
        for kind, relative in relatives:
            sought[relative.external_id] = relative
            ties.append((relative.external_id, kind, person.external_id))
    found = dict(zip(sought, resolve(list(sought.values()), sources, permit=may), strict=True))
    _tie(rule, ties, found, sources, as_of)


def _tie(
    rule: ExtractMapping,
    ties: list[tuple[str, str, str]],
    found: dict[str, Resolved],
    sources: dict[str, Source],
    as_of: datetime,
) -> None:
    source = sources[rule.source_key]
    made = {
        (found[one].record, found[other].record, kind): Relationship(
            person_id=found[one].person, other_id=found[other].person, record_id=found[one].record,
            other_record_id=found[other].record, kind=kind, source=source, as_of=as_of,
        )
        for one, kind, other in ties
        if found[one].person != found[other].person
    }  # fmt: skip
    Relationship.objects.bulk_create(
        made.values(),
        update_conflicts=True,
        unique_fields=["record", "other_record", "kind"],
        update_fields=["as_of"],
    )


def described(
    rule: ExtractMapping, row: Mapping[str, str], as_of: datetime
) -> tuple[Sought, list[tuple[str, Sought]]]:
    """What a row says: its person, and the relatives it mentions with what they are to the person. Raises BadRow."""
    person = _person(rule, row, as_of)
    relatives = []
    for place, relation in enumerate(rule.relations):
        relative = _relative(rule, relation, row, person, place, as_of)
        if relative is not None:
            said = row.get(relation.get("relationship", ""), "") or relation["kind"]
            relatives.append((_kind(said), relative))
    return person, relatives


def _person(rule: ExtractMapping, row: Mapping[str, str], as_of: datetime) -> Sought:
    def said(name: str) -> str:
        return row.get(rule.columns.get(name, ""), "") or rule.constants.get(name, "")

    number = row.get(rule.id_column, "")
    if not number:
        raise BadRow(rule.id_column, "is empty: the row has no number to be known by")
    given, family = said("given_names"), said("family_name")
    if not given and not family and said("name"):
        given, family = normalise.split_name(said("name"))
    if not given and not family:
        raise BadRow(
            rule.columns.get("family_name", rule.columns.get("name", "name")), "is empty: the row has no name"
        )
    return Sought(
        source=rule.source_key,
        external_id=number[:80],
        as_of=as_of,
        names=((given, family), *(normalise.split_name(alias) for alias in _many(said("aliases")))),
        dob=_date(rule.columns.get("dob", "dob"), said("dob")),
        sex=_sex(said("sex")),
        phones=_many(said("phone")) + _many(said("other_phone")),
        emails=_many(said("email")),
        places=_places(rule, said),
        jobs=_jobs(said),
        occupation=said("occupation"),
        school=said("school"),
        upn=said("upn"),
        nhs_number=re.sub(r"\D", "", said("nhs_number")),
        legal_status=said("legal_status"),
        middle=said("middle_names"),
        stage=said("stage"),
        detail={
            name: said(name)
            for name in ("ethnicity", "language", "gp", "disability", "worker", "flags", "religion")
            if said(name)
        },
        needs_corroboration=True,
    )


def _places(rule: ExtractMapping, said: Callable[[str], str]) -> tuple[Place, ...]:
    home = Place(
        said("line1"), said("line2"), said("town"), said("postcode"), authority=_authority(said("authority"))
    )
    previous = Place(said("previous_line1"), "", "", said("previous_postcode"), kind="previous")
    second = Place(said("second_line1"), "", "", said("second_postcode"), kind="second-home")
    return tuple(place for place in (home, previous, second) if place.key)


def _authority(code: str) -> str:
    return code if code in get_policy().authorities else ""


def _jobs(said: Callable[[str], str]) -> tuple[Job, ...]:
    role, organisation = said("role") or said("occupation"), said("organisation") or said("employer")
    if not role and not organisation:
        return ()
    with_children = said("with_children").casefold() in {
        "yes",
        "true",
        "1",
    } or get_policy().is_position_of_trust(f"{role} {organisation}")
    return (Job(organisation, role, _authority(said("work_authority")), with_children),)


def _relative(
    rule: ExtractMapping,
    relation: Mapping[str, str],
    row: Mapping[str, str],
    person: Sought,
    place: int,
    as_of: datetime,
) -> Sought | None:
    name = row.get(relation.get("name", ""), "")
    given, family = normalise.split_name(name)
    if not family:
        return None
    shares_home = relation.get("same_address") == "yes"
    try:
        born = _date(relation.get("dob", "dob"), row.get(relation.get("dob", ""), ""))
    except BadRow:
        born = None
    return Sought(
        source=rule.source_key,
        external_id=f"{person.external_id}/{relation['kind']}-{place}"[:80],
        as_of=as_of,
        names=((given, family),),
        dob=born,
        phones=_many(row.get(relation.get("phone", ""), "")),
        emails=_many(row.get(relation.get("email", ""), "")),
        places=person.places[:1] if shares_home else (),
        stage="adult",
        kin=((person.names[0][0], person.dob),) if person.dob else (),
        needs_corroboration=True,
        listed=False,
    )


KINDS = {
    "mother": "parent", "father": "parent", "parent": "parent", "mum": "parent", "dad": "parent", "step-mother": "step-parent",
    "step-father": "step-parent", "stepmother": "step-parent", "stepfather": "step-parent", "step-parent": "step-parent",
    "grandmother": "grandparent", "grandfather": "grandparent", "grandparent": "grandparent", "foster carer": "foster-carer",
    "foster-carer": "foster-carer", "carer": "carer", "guardian": "guardian", "other": "carer",
}  # fmt: skip


def _kind(said: str) -> str:
    plain = said.strip().casefold()
    return KINDS.get(plain, re.sub(r"[^a-z]+", "-", plain).strip("-")[:24] or "related")


def _many(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[;|]", text) if part.strip())


def _sex(text: str) -> str:
    return {"m": "male", "male": "male", "f": "female", "female": "female"}.get(text.casefold(), "")


def _date(name: str, text: str) -> date | None:
    if not text:
        return None
    for form in DATES:
        try:
            found = datetime.strptime(text[:10], form).date()  # a date has no zone
        except ValueError:
            continue
        if found > clock.now().date():
            raise BadRow(name, f"{text!r} lies in the future")
        return found
    raise BadRow(name, f"{text!r} is not a date: write it as 2013-05-31 or 31/05/2013")


def _finish(
    actor: Actor, source: Source, name: str, digest: str, tally: _Tally, unread: list[str]
) -> ExtractLoad:
    with unit_of_work(actor) as work:
        made = ExtractLoad.objects.create(
            source=source,
            file_name=name[:200],
            sha256=digest,
            loaded_at=clock.now(),
            rows=tally.rows,
            accepted=tally.accepted,
            rejected=tally.rejected,
            report=tally.problems,
            unread=unread,
        )
        work.record(
            "extract.loaded",
            subject=Subject("extract", made.pk),
            thread="force",
            source=source.key,
            sha256=digest,
            rows=tally.rows,
            accepted=tally.accepted,
            rejected=tally.rejected,
            unread=len(unread),
        )
    return made


def load_postcodes(actor: Actor, *, path: Path, progress: Progress | None = None) -> int:
    """Load the ONS Postcode Directory: columns `pcds` (or `pcd`) and `oslaua` (or `laua`, or a yearly `ladXXcd`)."""
    count = 0
    rows = _rows(path)
    while batch := list(islice(rows, 5000)):
        areas = [area for row in batch if (area := _area(row))]
        if not areas and count == 0:
            raise Refused(f"{path.name} has no usable columns: it needs pcds (or pcd) and oslaua (or laua).")
        PostcodeArea.objects.bulk_create(
            areas, update_conflicts=True, unique_fields=["postcode"], update_fields=["authority"]
        )
        count += len(areas)
        if progress:
            progress(count)
    with unit_of_work(actor) as work:
        work.record("postcodes.loaded", subject=Subject("extract", None), thread="force", rows=count)
    return count


def _area(row: Mapping[str, Any]) -> PostcodeArea | None:
    code = normalise.postcode(str(row.get("pcds") or row.get("pcd") or ""))
    area = str(
        row.get("oslaua")
        or row.get("laua")
        or next((v for k, v in row.items() if k and k.startswith("lad")), "")
    )
    return PostcodeArea(postcode=code, authority=area) if code and area else None
