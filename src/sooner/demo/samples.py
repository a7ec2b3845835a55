"""The fixed small demonstration: extracts of about 3,000 people and some forty documents of every variety, written to a folder."""

import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sooner.demo.documents import KINDS, Document, pick, report_json, report_xml, truth, zipped
from sooner.demo.extracts import write_extracts
from sooner.demo.population import Household, Person, households

PEOPLE = 3000
FIRST_NUMBER = 260_000_100


@dataclass(frozen=True, slots=True)
class Samples:
    """Where the demonstration's files lie, in the order in which they arrive."""

    extracts: dict[str, Path]
    documents: list[Path]


def write_samples(folder: Path, *, now: datetime, seed: int = 20) -> Samples:
    """Write the demonstration's extracts and documents; the same for the same day and seed."""
    people = list(households(PEOPLE, seed=seed, today=now.date()))
    extracts = write_extracts(folder / "extracts", people, seed=seed, police_share=0.6)
    target = folder / "referrals"
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for place, document in enumerate(_documents(people, now, random.Random(seed))):
        path = target / f"{place:02d}-{document.name}"
        path.write_bytes(document.data)
        paths.append(path)
    return Samples(extracts, paths)


def _documents(people: list[Household], now: datetime, dice: random.Random) -> list[Document]:
    families = [h for h in people if h.children and len(h.adults) > 1]
    made = _varied(families, now, dice)
    made += _second_report_and_new_version(families[40], now, dice)
    made.append(
        _young_suspect(
            next(h for h in families if any(13 <= c.age(now.date()) <= 16 for c in h.children)), now, dice
        )
    )
    made.append(_zip(families[50:53], now, dice))
    made.append(_from_elsewhere(families[60], families[61]))
    made += _broken(made[0])
    return made


def _varied(families: list[Household], now: datetime, dice: random.Random) -> list[Document]:
    """Two of every kind, as XML and as JSON, from the families in turn; one outside London and one in Wales among them."""
    outside = [h for h in families if h.home.authority.startswith("E1")][:1]
    wales = [h for h in families if h.home.authority.startswith("W")][:1]
    trusted = [h for h in families if any(a.works_with_children for a in h.adults)][:2]
    made: list[Document] = []
    for place, kind in enumerate(KINDS * 2):
        household = trusted[place // len(KINDS)] if kind == "trusted" else families[place]
        suspect = pick(household, kind, dice) or household.adults[0]
        make = report_json if place >= len(KINDS) else report_xml
        made.append(make(household, suspect, kind=kind, number=FIRST_NUMBER + place, dice=dice, now=now))
    for place, household in enumerate([*outside, *wales]):
        made.append(
            report_xml(
                household,
                household.adults[0],
                kind="full",
                number=FIRST_NUMBER + 60 + place,
                dice=dice,
                now=now,
            )
        )
    return made


def _second_report_and_new_version(
    household: Household, now: datetime, dice: random.Random
) -> list[Document]:
    suspect = household.adults[0]
    number = FIRST_NUMBER + 70
    return [
        report_json(household, suspect, kind="full", number=number, dice=dice, now=now),
        report_xml(household, suspect, kind="full", number=number + 1, dice=dice, now=now),
        report_json(
            household,
            suspect,
            kind="full",
            number=number,
            dice=dice,
            now=now,
            changed="A second account was found since.",
        ),
    ]


def _young_suspect(household: Household, now: datetime, dice: random.Random) -> Document:
    suspect: Person = next(c for c in household.children if 13 <= c.age(now.date()) <= 16)
    made = report_json(household, suspect, kind="full", number=FIRST_NUMBER + 80, dice=dice, now=now)
    return Document(made.name, made.data, "young-suspect", suspect.id, truth(household, suspect))


def _zip(families: list[Household], now: datetime, dice: random.Random) -> Document:
    inside = [
        report_json(h, h.adults[0], kind="full", number=FIRST_NUMBER + 90 + n, dice=dice, now=now)
        for n, h in enumerate(families)
    ]
    return Document("weekend-batch.zip", zipped(inside), "zip", None, ())


def _from_elsewhere(school: Household, public: Household) -> Document:
    """A school's and a member of the public's referral, in the CSV template's columns."""
    columns = (
        "reference", "source_type", "date_received", "reporter_name", "reporter_organisation", "summary", "suspect_name",
        "suspect_date_of_birth", "suspect_address_line_1", "suspect_town", "suspect_postcode", "works_with_children",
        "child_name", "child_date_of_birth", "child_relationship_to_suspect", "child_school",
    )  # fmt: skip
    rows = [
        ["SCH-1", "school", "", "Pat Example", "Oakfield Primary", "A pupil told a teacher about messages from an adult.", school.adults[0].name,
         f"{school.adults[0].dob:%d/%m/%Y}", school.home.line1, school.home.town, school.home.postcode, "no",
         school.children[0].name, f"{school.children[0].dob:%d/%m/%Y}", "child of the household", school.children[0].school],
        ["PUB-1", "public", "", "", "", "A caller is worried about a neighbour's online contact with children.", public.adults[0].name,
         "", public.home.line1, public.home.town, public.home.postcode, "", "", "", "", ""],
    ]  # fmt: skip
    lines = [",".join(columns), *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    return Document("from-elsewhere.csv", "\r\n".join(lines).encode("utf-8-sig"), "csv", None, ())


def _broken(whole: Document) -> list[Document]:
    """What arrives damaged is not lost: each of these ends before a person."""
    return [
        Document("cut-short.xml", whole.data[: len(whole.data) // 2], "broken", None, ()),
        Document(
            "letter.txt",
            b"Dear colleague, please see our telephone call of this morning about a pupil.",
            "broken",
            None,
            (),
        ),
        Document(
            "entities.xml",
            b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]><report>&a;</report>',
            "broken",
            None,
            (),
        ),
    ]
