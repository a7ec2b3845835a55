"""Referral documents about suspects of an invented population, with the truth about the children around them.

XML comes from an independent producer, JSON is in the shape of downloads, a CSV in the template's columns. Descriptions are
neutral and hashes are random; nothing depicts anything.
"""

import csv
import io
import random
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from sooner.demo import report_json, report_xml
from sooner.demo.cases import PLATFORMS, SHARES, Case, Upload
from sooner.demo.names import ORIGINS
from sooner.demo.places import CAPACITY, LONDON, WALES, home_at
from sooner.demo.population import TODAY_DEFAULT, Family, Person, Residence, families
from sooner.engines.formats.referral_csv import COLUMNS

NOW_DEFAULT = datetime.combine(TODAY_DEFAULT, time(9), UTC)
KINDS = tuple(SHARES)
SECOND_REPORT, NEW_VERSION = "second-report", "new-version"
FOLLOW_UPS = (SECOND_REPORT, NEW_VERSION)
Form = Literal["xml", "json"]
_FOLLOW_UP_SHARE = 0.06
_RECENT = 60
_NAMED_FROM = {"victim": 4, "recipient": 10}
"""Kinds of report that name a child, and the child's least age."""
_EVERYBODY = 10**9


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true and the reader of the document has to find out. Numbers are those of the population's persons.

    `children` live with the suspect, all or part of the time; `own_elsewhere` are the suspect's own who do not; `named`
    stand in the document; `suspect` is None for somebody whom no partner knows; `follows` is the document that this is a
    second report or a new version to.
    """

    kind: str
    number: int | None = None
    suspect: int | None = None
    children: tuple[int, ...] = ()
    own_elsewhere: tuple[int, ...] = ()
    named: tuple[int, ...] = ()
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it would arrive, and the truth."""

    name: str
    data: bytes
    truth: Truth

    @property
    def kind(self) -> str:
        return self.truth.kind

    @property
    def suspect(self) -> int | None:
        return self.truth.suspect

    @property
    def children(self) -> tuple[int, ...]:
        return self.truth.children


def stream(count: int, *, seed: int = 7, now: datetime | None = None) -> Iterator[Document]:
    """`count` varied valid XML and JSON reports about persons of the population of the same seed and day.

    `now` is when the last of them arrives (UTC); without it, the day of the default population. Kinds come in the shares of
    SHARES; six in a hundred are a second report about a suspect or a new version of a report. The producer's absence raises
    SetupError.
    """
    desk = Desk(seed=seed, now=now or NOW_DEFAULT)
    made = 0
    for family in families(_EVERYBODY, seed=seed, today=desk.now.date()):
        desk.remember(family)
        for document in desk.documents_about(family):
            if made == count:
                return
            yield document
            made += 1


class Desk:
    """Writes documents one after another: numbers them, times them, and knows which kinds are still owed."""

    def __init__(self, *, seed: int, now: datetime, first_number: int = 1_000_000) -> None:
        self.dice = random.Random(f"documents {seed}")  # invented documents, no secrets
        self.now, self.number, self.unknowns = now, first_number, 0
        self.written = dict.fromkeys(KINDS, 0)
        self.recent: deque[tuple[Person, int]] = deque(maxlen=_RECENT)

    def remember(self, family: Family) -> None:
        """Children who may be named in a report about somebody of another family."""
        self.recent.extend((child, child.age(self.now.date())) for child in family.children)

    def documents_about(self, family: Family) -> Iterator[Document]:
        """A report of the kind that is owed most and that fits the family, and now and then what follows it."""
        found = self._owed(family)
        if found is None:
            return
        kind, suspect = found
        self.written[kind] += 1
        case = self.case(kind, family, suspect)
        form: Form = "json" if self.dice.random() < 0.4 else "xml"
        first = write(case, form=form)
        yield first
        if self.dice.random() < _FOLLOW_UP_SHARE:
            yield self.follow_up(case, first, kind=self.dice.choice(FOLLOW_UPS))

    def _owed(self, family: Family) -> tuple[str, Person] | None:
        made = sum(self.written.values()) + 1
        owed = sorted(KINDS, key=lambda kind: self.written[kind] - SHARES[kind] * made / 100)
        for kind in owed[:8]:
            suspect = self.pick(kind, family)
            if suspect is not None:
                return kind, suspect
        return None

    def pick(self, kind: str, family: Family) -> Person | None:
        """Somebody of the family whom a report of this kind can be about; None when nobody fits."""
        if kind == "unknown":
            return self.stranger()
        fits = [one for one in family.people if _FITS.get(kind, _is_adult)(family, one, self.now.date())]
        named = _NAMED_FROM.get(kind)
        if not fits or (named and not any(age >= named for _, age in self.recent)):
            return None
        return self.dice.choice(fits)

    def stranger(self) -> Person:
        """Somebody who is in nobody's records, at an address where nobody of the population lives."""
        self.unknowns += 1
        origin = self.dice.choice(list(ORIGINS))
        _, given, family = (self.dice.choice(names) for names in ORIGINS[origin])
        home = home_at(self.dice.choice(LONDON), CAPACITY - self.unknowns)
        born = self.now.date() - timedelta(days=self.dice.randint(19 * 366, 60 * 365))
        email = f"stranger{self.unknowns}@example.net"
        return Person(0, given, "", family, "M", born, origin, [Residence(home, 0, born)], email=email)

    def case(self, kind: str, family: Family, suspect: Person) -> Case:
        """A new case of that kind, with the next number."""
        number, self.number = self.number, self.number + 1
        received = self.now - timedelta(minutes=self.dice.randint(5, 20 * 24 * 60))
        return Case(
            kind=kind,
            number=number,
            suspect=suspect,
            family=family,
            at=received - timedelta(minutes=self.dice.randint(20, 3 * 24 * 60)),
            received=received,
            platform=self._platform(suspect),
            ips=tuple(self._ip(suspect, number) for _ in range(self.dice.randint(1, 3))),
            port=self.dice.randint(1024, 65000),
            files=self._files(number),
            child=self._child(kind, family, suspect),
        )

    def follow_up(self, case: Case, first: Document, *, kind: str) -> Document:
        """A second report about the suspect or, where the first has a number inside, a new version of it."""
        later = case.received + (self.now - case.received) / 2
        numbered = first.name.endswith(".json") or not report_xml.is_bare(case.number)
        if kind == NEW_VERSION and numbered:
            changed = replace(
                case, received=later, files=case.files + self._files(case.number), changed="Updated."
            )
            made = write(changed, form="json" if first.name.endswith(".json") else "xml")
            name = made.name.replace(".", "-v2.")
        else:
            kind = SECOND_REPORT
            another = self.case("full" if case.shows("name") else case.kind, case.family, case.suspect)
            made = write(replace(another, received=later, earlier=(case.number,)), form="json")
            name = made.name
        return Document(name, made.data, replace(made.truth, kind=kind, follows=first.name))

    def _platform(self, suspect: Person) -> str:
        return suspect.accounts[0][0] if suspect.accounts else self.dice.choice(PLATFORMS)

    def _ip(self, suspect: Person, number: int) -> str:
        """Of the ranges kept for documentation: mostly the home's own, now and then a mobile network's shared one."""
        if self.dice.random() < 0.1:
            return f"192.0.2.{self.dice.randint(1, 254)}"
        line = suspect.household or 2**31 + number
        return f"2001:db8:{line >> 16:x}:{line & 0xFFFF:x}::{self.dice.randint(1, 3):x}"

    def _files(self, number: int) -> tuple[Upload, ...]:
        """One to four files of one classification, with random fingerprints."""
        code = self.dice.choice(("A1", "A2", "B1", "B2"))
        return tuple(
            Upload(
                id=f"{number}-{self.dice.getrandbits(32):08x}",
                name=f"upload-{place}.jpg",
                classified=code,
                md5=f"{self.dice.getrandbits(128):032x}",
                sha1=f"{self.dice.getrandbits(160):040x}",
                viewed=self.dice.random() < 0.6,
            )
            for place in range(1, self.dice.randint(2, 5))
        )

    def _child(self, kind: str, family: Family, suspect: Person) -> Person | None:
        """The child that the report names: often one of the home, else of another family; one who chats is ten or older."""
        if kind not in _NAMED_FROM:
            return None
        near = [child for child in family.children_with(suspect) if child.school]
        if kind == "victim" and near and self.dice.random() < 0.5:
            return self.dice.choice(near)
        fits = [child for child, age in self.recent if child is not suspect and age >= _NAMED_FROM[kind]]
        return self.dice.choice(fits) if fits else None


def write(case: Case, *, form: Form) -> Document:
    """The case as a document, named after its number."""
    data = report_xml.write(case) if form == "xml" else report_json.write(case)
    return Document(f"{case.number}.{form}", data, truth_of(case))


def truth_of(case: Case) -> Truth:
    """The truth about a case, from the population alone."""
    near = case.family.children_with(case.suspect)
    own = [child for child in case.family.children_of(case.suspect) if child not in near]
    return Truth(
        kind=case.kind,
        number=case.number,
        suspect=case.suspect.id or None,
        children=tuple(child.id for child in near) if case.suspect.id else (),
        own_elsewhere=tuple(child.id for child in own),
        named=(case.child.id,) if case.child else (),
    )


def zipped(documents: Iterable[Document]) -> bytes:
    """Several documents in one ZIP, the same bytes for the same documents."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for document in documents:
            member = zipfile.ZipInfo(document.name, (2026, 1, 1, 0, 0, 0))
            archive.writestr(member, document.data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def write_csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Referrals from elsewhere in the template's columns; what a row leaves out is empty. Raises ValueError on others."""
    held = io.StringIO(newline="")
    writer = csv.DictWriter(held, list(COLUMNS), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue().encode("utf-8-sig")


def _is_adult(_family: Family, one: Person, today: date) -> bool:
    return one.age(today) >= 18


def _is_young(_family: Family, one: Person, today: date) -> bool:
    return 12 <= one.age(today) < 18


def _is_young_with_parent(family: Family, one: Person, today: date) -> bool:
    return _is_young(family, one, today) and bool(one.parents)


def _is_trusted(_family: Family, one: Person, _today: date) -> bool:
    return bool(one.positions)


def _lives_with_several(family: Family, one: Person, today: date) -> bool:
    """Lives with children who do not all have the same parents."""
    return one.age(today) >= 18 and len({child.parents for child in family.children_with(one)}) > 1


def _has_a_child_in_another_borough(family: Family, one: Person, _today: date) -> bool:
    return any(child.home.authority != one.home.authority for child in family.children_of(one))


def _lives_beyond_london(_family: Family, one: Person, today: date) -> bool:
    return one.age(today) >= 18 and one.home.authority.startswith("E1")


def _lives_in_wales(_family: Family, one: Person, today: date) -> bool:
    return one.age(today) >= 18 and one.home.authority in WALES


_FITS: dict[str, Callable[[Family, Person, date], bool]] = {
    "young": _is_young,
    "guardian": _is_young_with_parent,
    "trusted": _is_trusted,
    "several": _lives_with_several,
    "other-borough": _has_a_child_in_another_borough,
    "outside-london": _lives_beyond_london,
    "wales": _lives_in_wales,
}
