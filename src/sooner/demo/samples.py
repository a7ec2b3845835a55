"""The fixed small demonstration: extracts of some 3,000 people and some fifty documents, each variety at least once.

A few are broken on purpose: the demonstration shows that what cannot be read ends before a person and is not lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sooner.demo.documents import (
    KINDS,
    NEW_VERSION,
    SECOND_REPORT,
    Desk,
    Document,
    Form,
    Truth,
    write,
    write_csv,
    zipped,
)
from sooner.demo.extracts import write_extracts
from sooner.demo.population import Family, Person, families

PEOPLE = 3000
FIRST_NUMBER = 260_000_100
_SIGNED_IN = ("E09000014", "E09000012")
"""The authorities whose social workers can sign in to the demonstration: their children come first."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Where the demonstration's files lie, in the order in which they arrive, and the truth of each document by name."""

    extracts: dict[str, Path]
    documents: list[Path]
    truth: dict[str, Truth] = field(default_factory=dict)


def write_samples(folder: Path, *, now: datetime, seed: int = 20) -> Samples:
    """Write the demonstration's extracts and documents into `folder`; the same for the same day, time and seed."""
    people = list(families(PEOPLE, seed=seed, today=now.date()))
    everybody = (household for family in people for household in family.households)
    extracts = write_extracts(folder / "extracts", everybody, seed=seed, police_share=0.6)
    target = folder / "referrals"
    target.mkdir(parents=True, exist_ok=True)
    samples = Samples(extracts, [])
    for place, document in enumerate(_Choice(people, seed=seed, now=now).documents()):
        path = target / f"{place:02d}-{document.name}"
        path.write_bytes(document.data)
        samples.documents.append(path)
        samples.truth[path.name] = document.truth
    return samples


class _Choice:
    """Chooses whom the documents are about: every family once, those of the signed-in authorities first."""

    def __init__(self, people: list[Family], *, seed: int, now: datetime) -> None:
        self.today = now.date()
        self.desk = Desk(seed=seed, now=now, first_number=FIRST_NUMBER)
        with_children = [family for family in people if family.children]
        self.waiting = sorted(with_children, key=self._distance)
        for family in self.waiting[-30:]:
            self.desk.remember(family)
        self.pupils = {child.school.urn for family in people for child in family.children if child.school}

    def _distance(self, family: Family) -> int:
        home = family.households[0].home.authority
        return _SIGNED_IN.index(home) if home in _SIGNED_IN else len(_SIGNED_IN)

    def documents(self) -> Iterator[Document]:
        first = [self.one(kind) for kind in KINDS]
        yield from first
        yield from self._followed()
        yield from (self.one(kind, form="json") for kind in KINDS if kind not in ("outside-london", "wales"))
        yield self._batch()
        yield self._from_elsewhere()
        yield Document(f"again-{first[0].name}", first[0].data, first[0].truth)
        yield from _broken(first[0])

    def take(self, kind: str) -> tuple[Family, Person]:
        """The next family that a report of this kind fits, and the suspect; nobody is taken twice."""
        for family in self.waiting:
            suspect = self.desk.pick(kind, family)
            if suspect is not None and self._is_telling(kind, family, suspect):
                self.waiting.remove(family)
                return family, suspect
        raise LookupError(
            f"The demonstration's population has nobody for a report of the kind {kind!r}: change its seed."
        )

    def _is_telling(self, kind: str, family: Family, suspect: Person) -> bool:
        """Whether the report shows what its kind is for: there are children to find, and a teacher has pupils."""
        if kind == "trusted":
            return any(held.urn in self.pupils for held in suspect.positions)
        return kind == "other-borough" or bool(family.children_with(suspect)) or kind == "unknown"

    def one(self, kind: str, form: Form | None = None) -> Document:
        """A report of the kind; XML and JSON take turns when the form is not given."""
        family, suspect = self.take(kind)
        case = self.desk.case(kind, family, suspect)
        return write(case, form=form or ("json" if KINDS.index(kind) % 3 == 2 else "xml"))

    def _followed(self) -> Iterator[Document]:
        """Reports that are followed by a second one about the suspect, and by a new version of the same."""
        for kind in (SECOND_REPORT, NEW_VERSION):
            family, suspect = self.take("full")
            case = self.desk.case("full", family, suspect)
            first = write(case, form="json")
            yield first
            yield self.desk.follow_up(case, first, kind=kind)

    def _batch(self) -> Document:
        inside = [
            self.one("full", form="json"),
            self.one("victim", form="xml"),
            self.one("young", form="json"),
        ]
        return Document("weekend-batch.zip", zipped(inside), Truth("batch"))

    def _from_elsewhere(self) -> Document:
        """A school's referral and a call from the public, in the template's columns."""
        family, suspect = self.take("full")
        neighbour = self.take("full")[1]
        child = family.children_with(suspect)[0]
        rows = [self._school(suspect, child), self._public(neighbour)]
        return Document("from-elsewhere.csv", write_csv(rows), Truth("elsewhere", named=(child.id,)))

    def _school(self, suspect: Person, child: Person) -> dict[str, str]:
        school = child.school.name if child.school else "Oakfield Nursery"
        return {
            "reference": "SCH-1",
            "source_type": "school",
            "date_received": f"{self.today:%d/%m/%Y}",
            "reporter_name": "Pat Example",
            "reporter_organisation": school,
            "reporter_phone": "020 7946 0000",
            "reporter_email": "office@example.org",
            "summary": "A pupil told a teacher that an adult at home has an account under another name.",
            "suspect_name": suspect.name,
            "suspect_date_of_birth": f"{suspect.dob:%d/%m/%Y}",
            "suspect_address_line_1": suspect.home.line1,
            "suspect_town": suspect.home.town,
            "suspect_postcode": suspect.home.postcode,
            "works_with_children": "yes" if suspect.works_with_children else "no",
            "child_name": child.name,
            "child_date_of_birth": f"{child.dob:%d/%m/%Y}",
            "child_relationship_to_suspect": "child of the household",
            "child_school": school,
        }

    def _public(self, suspect: Person) -> dict[str, str]:
        return {
            "reference": "PUB-1",
            "source_type": "public",
            "date_received": f"{self.today:%d/%m/%Y}",
            "summary": "A caller is worried about a neighbour's contact with children online.",
            "suspect_name": suspect.name,
            "suspect_address_line_1": suspect.home.line1,
            "suspect_town": suspect.home.town,
            "suspect_postcode": suspect.home.postcode,
        }


def _broken(whole: Document) -> Iterator[Document]:
    """What arrives damaged or is no referral."""
    told = whole.data.replace(b"<city>", "<city>Café, ".encode("cp1252"), 1)
    entities = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]><report>&a;</report>'
    letter = b"Dear colleague, please see our telephone call of this morning about a pupil."
    for name, data in (
        ("cut-short.xml", whole.data[: len(whole.data) // 2]),
        ("wrong-encoding.xml", told),
        ("letter.txt", letter),
        ("entities.xml", entities),
        ("empty.json", b""),
    ):
        yield Document(name, data, Truth("broken"))
