"""Partner extracts of an invented population, each with its partner's own column names, as CSV.

| extract | columns |
| --- | --- |
| school-census | upn, surname, forename, dob, gender, address_1, address_2, postcode, school_name, la_code, parent1_name, parent1_relationship, parent1_phone, parent1_email |
| social-care | case_id, child_surname, child_forename, birth_date, sex, addr1, post_code, la, plan, worker, carer_name, carer_relationship, carer2_name, carer2_relationship, other_addr1, other_post_code |
| police-records | nominal_no, name, date_of_birth, sex, address, postcode, previous_address, previous_postcode, phones, emails, occupation, employer, flags |
| child-health | nhs, family_name, given_name, born, gender, addr, pcode, mother_name, gp_practice |
| staff-positions | staff_ref, full_name, born, home_addr, home_postcode, role, organisation, la_code, works_with_children |
"""  # noqa: E501

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sooner.demo.population import Household, Person

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Faults:
    """How often a value is missing, mistyped, or an old address, as shares from 0 to 1."""

    missing: float = 0.01
    mistyped: float = 0.01
    old_address: float = 0.03


COLUMNS = {
    "school-census": "upn surname forename dob gender address_1 address_2 postcode school_name la_code parent1_name parent1_relationship parent1_phone parent1_email",
    "social-care": "case_id child_surname child_forename birth_date sex addr1 post_code la plan worker carer_name carer_relationship carer2_name carer2_relationship other_addr1 other_post_code",
    "police-records": "nominal_no name date_of_birth sex address postcode previous_address previous_postcode phones emails occupation employer flags",
    "child-health": "nhs family_name given_name born gender addr pcode mother_name gp_practice",
    "staff-positions": "staff_ref full_name born home_addr home_postcode role organisation la_code works_with_children",
}  # fmt: skip


def write_extracts(
    folder: Path,
    households: Iterable[Household],
    *,
    seed: int = 1,
    faults: Faults | None = None,
    police_share: float = 0.3,
) -> dict[str, Path]:
    """Write every extract of these households into `folder`; returns the file of each mapping key."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = _Rows(random.Random(seed), faults or Faults(), police_share)
    paths = {key: folder / f"{key}.csv" for key in COLUMNS}
    files = {key: path.open("w", encoding="utf-8", newline="") for key, path in paths.items()}
    try:
        writers = {key: csv.DictWriter(files[key], COLUMNS[key].split()) for key in COLUMNS}
        for writer in writers.values():
            writer.writeheader()
        for household in households:
            for key, row in rows.of(household):
                writers[key].writerow(row)
    finally:
        for file in files.values():
            file.close()
    return paths


class _Rows:
    def __init__(self, dice: random.Random, faults: Faults, police_share: float) -> None:
        self.dice, self.faults, self.police_share = dice, faults, police_share

    def of(self, household: Household) -> Iterator[tuple[str, Row]]:
        adults = {adult.id: adult for adult in household.adults}
        for child in household.children:
            if child.school:
                yield "school-census", self._census(child, household, adults)
            if child.status or self.dice.random() < 0.02:
                yield "social-care", self._social_care(child, household, adults)
            yield "child-health", self._health(child, household, adults)
        for adult in household.adults:
            if self.dice.random() < self.police_share:
                yield "police-records", self._police(adult)
            if adult.works_with_children:
                yield "staff-positions", self._position(adult)

    def _typed(self, value: str) -> str:
        """The value as somebody typed it: now and then missing, or with two letters swapped."""
        dice = self.dice.random()
        if dice < self.faults.missing:
            return ""
        if dice < self.faults.missing + self.faults.mistyped and len(value) > 4:
            place = self.dice.randrange(1, len(value) - 2)
            return value[:place] + value[place + 1] + value[place] + value[place + 2 :]
        return value

    def _parent(self, child: Person, adults: dict[int, Person]) -> Person | None:
        mothers = [adults[p] for p in child.parents if p in adults and adults[p].sex == "F"]
        return (mothers or [adults[p] for p in child.parents if p in adults] or [None])[0]

    def _census(self, child: Person, household: Household, adults: dict[int, Person]) -> Row:
        parent = self._parent(child, adults) or household.adults[0]
        kind = {"F": "Mother", "M": "Father"}[parent.sex] if parent.id in child.parents else "Carer"
        return {
            "upn": f"X{child.id:012d}", "surname": self._typed(child.family), "forename": self._typed(child.given),
            "dob": child.dob.isoformat(), "gender": child.sex, "address_1": child.home.line1, "address_2": "",
            "postcode": self._typed(child.home.postcode), "school_name": child.school, "la_code": child.home.authority,
            "parent1_name": parent.name, "parent1_relationship": kind, "parent1_phone": self._typed(parent.phone),
            "parent1_email": self._typed(parent.email),
        }  # fmt: skip

    def _social_care(self, child: Person, household: Household, adults: dict[int, Person]) -> Row:
        carers = [
            (a, ("Mother" if a.sex == "F" else "Father") if a.id in child.parents else "Carer")
            for a in household.adults[:2]
        ]
        second = carers[1] if len(carers) > 1 else None
        return {
            "case_id": f"SC{child.id:08d}", "child_surname": child.family, "child_forename": child.given,
            "birth_date": f"{child.dob:%d/%m/%Y}", "sex": {"F": "Female", "M": "Male"}[child.sex], "addr1": child.home.line1,
            "post_code": child.home.postcode, "la": child.home.authority, "plan": child.status, "worker": "Duty team",
            "carer_name": carers[0][0].name, "carer_relationship": carers[0][1],
            "carer2_name": second[0].name if second else "", "carer2_relationship": second[1] if second else "",
            "other_addr1": child.second_home.line1 if child.second_home else "",
            "other_post_code": child.second_home.postcode if child.second_home else "",
        }  # fmt: skip

    def _health(self, child: Person, household: Household, adults: dict[int, Person]) -> Row:
        mother = self._parent(child, adults)
        return {
            "nhs": f"999{child.id % 10_000_000:07d}", "family_name": self._typed(child.family), "given_name": child.given,
            "born": child.dob.isoformat(), "gender": child.sex, "addr": child.home.line1, "pcode": child.home.postcode,
            "mother_name": mother.name if mother and mother.sex == "F" else "", "gp_practice": "Example Surgery",
        }  # fmt: skip

    def _police(self, adult: Person) -> Row:
        old = adult.previous_home
        stale = old is not None and self.dice.random() < self.faults.old_address
        home = old if stale and old is not None else adult.home
        flags = "sexual offence allegation" if self.dice.random() < 0.02 else ""
        return {
            "nominal_no": f"N{adult.id:08d}", "name": self._typed(adult.name), "date_of_birth": f"{adult.dob:%d/%m/%Y}", "sex": adult.sex,
            "address": home.line1, "postcode": home.postcode, "previous_address": old.line1 if old and not stale else "",
            "previous_postcode": old.postcode if old and not stale else "", "phones": adult.phone, "emails": self._typed(adult.email),
            "occupation": adult.job, "employer": adult.employer, "flags": flags,
        }  # fmt: skip

    def _position(self, adult: Person) -> Row:
        return {
            "staff_ref": f"T{adult.id:08d}", "full_name": adult.name, "born": adult.dob.isoformat(), "home_addr": adult.home.line1,
            "home_postcode": adult.home.postcode, "role": adult.job, "organisation": adult.employer, "la_code": adult.home.authority,
            "works_with_children": "yes",
        }  # fmt: skip
