"""Partner extracts of an invented population, each with its partner's own column names, as CSV or Parquet.

Every value is text, as partners send it. Dates are ISO in the census, child health and staff positions, day first elsewhere.

| extract | one row for | columns |
| --- | --- | --- |
| school-census | a pupil | upn, surname, forename, middle_names, dob, gender, address_1, address_2, postcode, school_name, urn, la_code (of the home), parent1_name, parent1_relationship, parent1_phone, parent1_email, parent2_name, parent2_relationship, parent2_phone, parent2_email |
| social-care | a child known | case_id, child_surname, child_forename, birth_date, sex, addr1, post_code, la (where the child lives), responsible_la (who looks after the child), plan, plan_start, worker, team, carer_name, carer_relationship, carer_dob, carer2_name, carer2_relationship, carer2_dob, other_addr1, other_post_code |
| police-records | a nominal | nominal_no, name, aliases, date_of_birth, sex, address, postcode, previous_address, previous_postcode, phones, emails (both parted by ;), occupation, employer, flags |
| child-health | a child | nhs, family_name, given_name, born, gender, addr, pcode, mother_name, gp_practice |
| staff-positions | a post | staff_ref, full_name, born, home_addr, home_postcode, role, organisation, urn, la_code (of the work), since, paid, works_with_children |
"""

import csv
import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, Protocol

from sooner.demo.names import SHORT
from sooner.demo.places import Home
from sooner.demo.population import Carer, Household, Person

Row = dict[str, str]
Form = Literal["csv", "parquet"]
_ROWS_AT_ONCE = 5_000
_FLAGS = (
    "sexual offence allegation",
    "violent",
    "registered sex offender",
    "domestic abuse",
    "missing from home",
)


@dataclass(frozen=True, slots=True)
class Faults:
    """How often things go wrong, as shares from 0 to 1: a value is missing or mistyped, a short name is used, the
    address is one that they have left, a date has day and month swapped, a child is in the records of nobody.
    """

    missing: float = 0.01
    mistyped: float = 0.01
    short_name: float = 0.03
    old_address: float = 0.03
    swapped_date: float = 0.002
    absent: float = 0.01


NO_FAULTS = Faults(0, 0, 0, 0, 0, 0)

COLUMNS: dict[str, tuple[str, ...]] = {
    "school-census": (
        "upn", "surname", "forename", "middle_names", "dob", "gender", "address_1", "address_2", "postcode",
        "school_name", "urn", "la_code", "parent1_name", "parent1_relationship", "parent1_phone", "parent1_email",
        "parent2_name", "parent2_relationship", "parent2_phone", "parent2_email",
    ),
    "social-care": (
        "case_id", "child_surname", "child_forename", "birth_date", "sex", "addr1", "post_code", "la",
        "responsible_la", "plan", "plan_start", "worker", "team", "carer_name", "carer_relationship", "carer_dob",
        "carer2_name", "carer2_relationship", "carer2_dob", "other_addr1", "other_post_code",
    ),
    "police-records": (
        "nominal_no", "name", "aliases", "date_of_birth", "sex", "address", "postcode", "previous_address",
        "previous_postcode", "phones", "emails", "occupation", "employer", "flags",
    ),
    "child-health": (
        "nhs", "family_name", "given_name", "born", "gender", "addr", "pcode", "mother_name", "gp_practice",
    ),
    "staff-positions": (
        "staff_ref", "full_name", "born", "home_addr", "home_postcode", "role", "organisation", "urn", "la_code",
        "since", "paid", "works_with_children",
    ),
}  # fmt: skip


def write_extracts(
    folder: Path,
    households: Iterable[Household],
    *,
    seed: int = 1,
    faults: Faults | None = None,
    police_share: float = 0.3,
    form: Form = "csv",
) -> dict[str, Path]:
    """Write every extract of these households into `folder`; returns the file of each key of COLUMNS.

    `police_share` is the share of adults whom the police have a record of. Rows are written as they are made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {key: folder / f"{key}.{form}" for key in COLUMNS}
    with ExitStack() as stack:
        open_one = _Parquet if form == "parquet" else _Csv
        writers: dict[str, _Writer] = {key: open_one(paths[key], COLUMNS[key]) for key in COLUMNS}
        for writer in writers.values():
            stack.callback(writer.close)
        for key, row in rows(households, seed=seed, faults=faults, police_share=police_share):
            writers[key].write(row)
    return paths


def rows(
    households: Iterable[Household],
    *,
    seed: int = 1,
    faults: Faults | None = None,
    police_share: float = 0.3,
) -> Iterator[tuple[str, Row]]:
    """Each extract's key with a row of it, household by household."""
    make = _Rows(random.Random(f"extracts {seed}"), faults or Faults(), police_share)  # no secrets
    for household in households:
        yield from make.of(household)


class _Writer(Protocol):
    def write(self, row: Row) -> None: ...
    def close(self) -> None: ...


class _Csv:
    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, columns)
        self._writer.writeheader()

    def write(self, row: Row) -> None:
        self._writer.writerow(row)

    def close(self) -> None:
        self._file.close()


class _Parquet:
    """Rows gathered into groups, so that memory stays flat."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        import pyarrow
        import pyarrow.parquet

        self._schema = pyarrow.schema([(column, pyarrow.string()) for column in columns])
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema)
        self._waiting: list[Row] = []

    def write(self, row: Row) -> None:
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        self._writer.write_table(pyarrow.Table.from_pylist(self._waiting, schema=self._schema))
        self._waiting.clear()

    def close(self) -> None:
        if self._waiting:
            self._flush()
        self._writer.close()


class _Rows:
    def __init__(self, dice: random.Random, faults: Faults, police_share: float) -> None:
        self.dice, self.faults, self.police_share = dice, faults, police_share

    def of(self, household: Household) -> Iterator[tuple[str, Row]]:
        for child in household.children:
            yield from self._child(child)
        for adult in household.adults:
            if self._happens(self.police_share):
                yield "police-records", self._police(adult)
            for number, _ in enumerate(adult.positions):
                yield "staff-positions", self._position(adult, number)

    def _child(self, child: Person) -> Iterator[tuple[str, Row]]:
        """A child is in the records of partners, or, now and then, of social care alone or of nobody."""
        if not self._happens(self.faults.absent):
            if child.school:
                yield "school-census", self._census(child)
            yield "child-health", self._health(child)
        if child.status or self._happens(0.02):
            yield "social-care", self._social_care(child)

    def _happens(self, share: float) -> bool:
        return self.dice.random() < share

    def _typed(self, value: str) -> str:
        """The value as somebody typed it: now and then missing, or with two letters swapped."""
        dice = self.dice.random()
        if dice < self.faults.missing:
            return ""
        return self._mistyped(value) if dice < self.faults.missing + self.faults.mistyped else value

    def _mistyped(self, value: str) -> str:
        if len(value) <= 4:
            return value
        place = self.dice.randrange(1, len(value) - 2)
        return value[:place] + value[place + 1] + value[place] + value[place + 2 :]

    def _given(self, person: Person) -> str:
        if person.given in SHORT and self._happens(self.faults.short_name):
            return SHORT[person.given]
        dice = self.dice.random()
        return self._mistyped(person.given) if dice < self.faults.mistyped else person.given

    def _dob(self, person: Person, form: str) -> str:
        day = person.dob
        if day.day <= 12 and self._happens(self.faults.swapped_date):
            day = day.replace(day=day.month, month=day.day)
        return day.strftime(form)

    def _home(self, person: Person) -> Home:
        """The address on record: the true one, or one that they have left."""
        old = person.previous_home
        return old if old is not None and self._happens(self.faults.old_address) else person.home

    def _census(self, child: Person) -> Row:
        home = self._home(child)
        school = child.school
        return {
            "upn": child.upn,
            "surname": self._typed(child.family),
            "forename": self._given(child),
            "middle_names": child.middle,
            "dob": self._dob(child, "%Y-%m-%d"),
            "gender": child.sex,
            "address_1": home.line1,
            "address_2": "",
            "postcode": self._typed(home.postcode),
            "school_name": school.name if school else "",
            "urn": school.urn if school else "",
            "la_code": home.authority,
            **self._contact("parent1", child.carers[:1]),
            **self._contact("parent2", child.carers[1:2]),
        }

    def _contact(self, prefix: str, carers: list[Carer]) -> Row:
        """What the school knows of a parent; nothing when there is none."""
        if not carers:
            return {f"{prefix}_{part}": "" for part in ("name", "relationship", "phone", "email")}
        parent = carers[0].person
        return {
            f"{prefix}_name": parent.name,
            f"{prefix}_relationship": carers[0].relationship,
            f"{prefix}_phone": self._typed(parent.phone),
            f"{prefix}_email": self._typed(parent.email),
        }

    def _social_care(self, child: Person) -> Row:
        second = child.second_home
        responsible = child.responsible or child.home.authority
        start = child.residences[0].since + timedelta(days=20)
        return {
            "case_id": f"SC{child.id:08d}",
            "child_surname": child.family,
            "child_forename": self._given(child),
            "birth_date": self._dob(child, "%d/%m/%Y"),
            "sex": {"F": "Female", "M": "Male"}[child.sex],
            "addr1": child.home.line1,
            "post_code": child.home.postcode,
            "la": child.home.authority,
            "responsible_la": responsible,
            "plan": child.status,
            "plan_start": f"{start:%d/%m/%Y}" if child.status else "",
            "worker": f"Worker {int(responsible[1:]) % 7 + 1} of {responsible}",
            "team": "Looked after children" if child.status == "looked after" else "Assessment",
            **self._carer("carer", child.carers[:1]),
            **self._carer("carer2", child.carers[1:2]),
            "other_addr1": second.line1 if second else "",
            "other_post_code": second.postcode if second else "",
        }

    def _carer(self, prefix: str, carers: list[Carer]) -> Row:
        if not carers:
            return {f"{prefix}_name": "", f"{prefix}_relationship": "", f"{prefix}_dob": ""}
        return {
            f"{prefix}_name": carers[0].person.name,
            f"{prefix}_relationship": carers[0].relationship,
            f"{prefix}_dob": f"{carers[0].person.dob:%d/%m/%Y}",
        }

    def _health(self, child: Person) -> Row:
        home = self._home(child)
        mother = next((carer.person.name for carer in child.carers if carer.relationship == "Mother"), "")
        return {
            "nhs": child.nhs_number,
            "family_name": self._typed(child.family),
            "given_name": child.given,
            "born": self._dob(child, "%Y-%m-%d"),
            "gender": child.sex,
            "addr": home.line1,
            "pcode": home.postcode,
            "mother_name": mother,
            "gp_practice": child.gp,
        }

    def _police(self, adult: Person) -> Row:
        home = self._home(adult)
        old = adult.previous_home if home is adult.home else None
        numbers = [number for number in (self._typed(adult.phone), adult.landline) if number]
        aliases = [f"{SHORT[adult.given]} {adult.family}"] if adult.given in SHORT else []
        name = f"{adult.given} {adult.middle} {adult.family}" if adult.middle else adult.name
        return {
            "nominal_no": f"N{adult.id:08d}",
            "name": self._mistyped(name) if self._happens(self.faults.mistyped) else name,
            "aliases": ";".join(aliases),
            "date_of_birth": self._dob(adult, "%d/%m/%Y"),
            "sex": adult.sex,
            "address": home.line1,
            "postcode": self._typed(home.postcode),
            "previous_address": old.line1 if old else "",
            "previous_postcode": old.postcode if old else "",
            "phones": ";".join(numbers),
            "emails": self._typed(adult.email),
            "occupation": adult.job,
            "employer": adult.employer,
            "flags": self.dice.choice(_FLAGS) if self._happens(0.04) else "",
        }

    def _position(self, adult: Person, number: int) -> Row:
        held = adult.positions[number]
        return {
            "staff_ref": f"T{adult.id:08d}-{number + 1}",
            "full_name": adult.name,
            "born": adult.dob.isoformat(),
            "home_addr": adult.home.line1,
            "home_postcode": adult.home.postcode,
            "role": held.role,
            "organisation": held.organisation,
            "urn": held.urn,
            "la_code": held.authority,
            "since": held.since.isoformat(),
            "paid": "yes" if held.paid else "no",
            "works_with_children": "yes",
        }
