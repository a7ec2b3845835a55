"""Of the children who truly live with a suspect, how many does the main job put before a person, and at what price.

An invented force: partners' extracts with faults, linked, then one report about somebody of each family through the same door
as a real one. The truth is the population's. Measured beside it on the same documents: the plain rules alone (the same main
job, by a model that was never trained, no run of linkage), and exact matching (the same name and birth date, telephone or
e-mail, then the same address to the letter). The limit is who knows of every record whose it is: children whom no record ties
to the suspect, or whose suspect no record tells by what the report describes, cannot be found by anybody.
"""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django_for_benchmarks  # noqa: F401  # sets Django up
import population
from report import save

from sooner.demo.cases import SHOWN
from sooner.demo.documents import NOW_DEFAULT, Desk, Document
from sooner.demo.extracts import COLUMNS, rows
from sooner.demo.population import TODAY_DEFAULT, Family, Person, families
from sooner.engines import normalise

Row = dict[str, Any]
SEED = 7
RULES, EXACT, OURS, LIMIT = "plain rules", "exact matching", "ours", "limit"
IDENTIFYING = {"name", "dob", "phone", "email", "address"}
BATCH = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A report with its truth: the persons' numbers of the population."""

    number: str
    suspect: int
    children: tuple[int, ...]
    expected: tuple[int, ...]
    """Who may be found beside them and is no error: family, who is named in the report, the suspect when young."""
    shows: tuple[str, ...]


def measure(*, quick: bool) -> Row:
    """A few hundred children, or ten thousand."""
    with tempfile.TemporaryDirectory() as folder:
        world = _World(1_500 if quick else 40_000)
        world.write(Path(folder))
        found: dict[str, Mapping[str, set[int]]] = {
            OURS: _run("linked", folder), RULES: _run("rules", folder), EXACT: world.exact(), LIMIT: world.reachable(),
        }  # fmt: skip
    told = [_quality(what, world.cases, by_case) for what, by_case in found.items()]
    within = _share_of_reachable(world.cases, found[OURS], found[LIMIT])
    save("linkage-found", told, x="what", y="% found", title="Children who live with the suspect, found")
    _save_missed(world, found)
    ours, rules, exact, limit = told
    return {
        "part": "found", "unit": "% of children found", "children": ours["children"], "ours": ours["% found"],
        "best_peer": rules["% found"], "exact": exact["% found"], "ratio": round(ours["% found"] / rules["% found"], 4),
        "limit": limit["% found"], "of_reachable": within, "wrong_per_right": ours["wrong per right"],
        "rules_wrong_per_right": rules["wrong per right"], "exact_wrong_per_right": exact["wrong per right"],
        "reached": within >= 99.5,
    }  # fmt: skip


class _World:
    """The families, the rows that partners hold of them, and a report about somebody of each family."""

    def __init__(self, people: int) -> None:
        dice = random.Random("found")
        self.families: list[Family] = []
        self.people: dict[int, Person] = {}
        self.rows: list[tuple[str, Mapping[str, str]]] = []
        self.documents: list[Document] = []
        self.cases: list[Case] = []
        desk = Desk(seed=SEED, now=NOW_DEFAULT)
        for family in families(people, seed=SEED, today=TODAY_DEFAULT):
            moved = {house.id for house in family.households if dice.random() < population.MOVED}
            population._live_apart(family, moved, 0, dice)
            self._remember(family, dice, desk)

    def _remember(self, family: Family, dice: random.Random, desk: Desk) -> None:
        self.families.append(family)
        self.people |= {one.id: one for one in family.people}
        seed = dice.getrandbits(40)
        self.rows += rows(
            family.households, seed=seed, faults=population.FAULTS, police_share=population.POLICE_SHARE
        )
        desk.remember(family)
        for document in desk.documents_about(family):
            truth = document.truth
            if truth.suspect and truth.children and not truth.follows:
                self.documents.append(document)
                kin = tuple(one.id for one in family.people)
                self.cases.append(
                    Case(str(truth.number), truth.suspect, truth.children, (*kin, *truth.named), SHOWN[truth.kind])
                )  # fmt: skip

    def write(self, folder: Path) -> None:
        """The extracts, the reports, and nothing of the truth."""
        (folder / "extracts").mkdir()
        (folder / "reports").mkdir()
        by_extract = defaultdict(list)
        for key, row in self.rows:
            by_extract[key].append(row)
        for key, held in by_extract.items():
            with (folder / "extracts" / f"{key}.csv").open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, COLUMNS[key])
                writer.writeheader()
                writer.writerows(held)
        for document in self.documents:
            (folder / "reports" / document.name).write_bytes(document.data)

    def exact(self) -> dict[str, set[int]]:
        """Equal name and birth date, telephone or e-mail gives the suspect's records, equal addresses their children's."""
        index, homes, children = _Exact(self.rows).tables()
        found: dict[str, set[int]] = {}
        for case in self.cases:
            one = self.people[case.suspect]
            places = {place for fact in _facts(one, case.shows) for place in index.get(fact, ())}
            if "postcode" in case.shows:
                places.add((one.home.line1, one.home.postcode))
            found[case.number] = {child for place in places for child in homes.get(place, ())} & children
        return found

    def reachable(self) -> dict[str, set[int]]:
        """Who is tied by any record to the suspect, when it is known of every record whose it is."""
        ties = _Ties(self.rows, self.people)
        return {
            case.number: ties.around(case.suspect, self.people[case.suspect], case.shows) & set(case.children)
            for case in self.cases
        }


def _facts(one: Person, shows: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """What a report gives that exact matching can look up."""
    shown = set(shows)
    if {"name", "dob"} <= shown:
        yield one.name.casefold(), one.dob.isoformat()
    if "phone" in shown and one.phone:
        yield "phone", normalise.phone(one.phone)
    if "email" in shown and one.email:
        yield "email", one.email.casefold()


def _number(key: str, row: Mapping[str, str]) -> int:
    """Whom a row is of."""
    said = row[{"school-census": "upn", "social-care": "case_id", "police-records": "nominal_no", "child-health": "nhs",
                "staff-positions": "staff_ref"}[key]]  # fmt: skip
    return int(said.partition("-")[0].lstrip("XSCNT")) - (9_990_000_000 if key == "child-health" else 0)


def _place(row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every address of a row, as written."""
    pairs = (("address_1", "postcode"), ("addr1", "post_code"), ("other_addr1", "other_post_code"), ("address", "postcode"),
             ("previous_address", "previous_postcode"), ("addr", "pcode"), ("home_addr", "home_postcode"))  # fmt: skip
    return [(row[line], row[code]) for line, code in pairs if row.get(line) and row.get(code)]


_CHILDREN = ("school-census", "social-care", "child-health")


class _Exact:
    """Tables from an exact fact to the addresses of who has it, and from an exact address to who lives there."""

    def __init__(self, held: Sequence[tuple[str, Mapping[str, str]]]) -> None:
        self.held = held

    def tables(
        self,
    ) -> tuple[dict[tuple[str, ...], set[tuple[str, str]]], dict[tuple[str, str], set[int]], set[int]]:
        index: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
        homes: dict[tuple[str, str], set[int]] = defaultdict(set)
        children: set[int] = set()
        for key, row in self.held:
            places = _place(row)
            for fact in self._facts(key, row):
                index[fact].update(places)
            if key in _CHILDREN:
                children.add(_number(key, row))
                for place in places:
                    homes[place].add(_number(key, row))
        return index, homes, children

    def _facts(self, key: str, row: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
        for name, born in (("name", "date_of_birth"), ("full_name", "born"), ("carer_name", "carer_dob"),
                           ("carer2_name", "carer2_dob")):  # fmt: skip
            if row.get(name) and row.get(born):
                yield row[name].casefold(), _iso(row[born])
        for given, family, born in (("forename", "surname", "dob"), ("given_name", "family_name", "born")):
            if row.get(given):
                yield f"{row[given]} {row[family]}".casefold(), _iso(row[born])
        for name in ("parent1_phone", "parent2_phone", "phones"):
            yield from (("phone", normalise.phone(one)) for one in row.get(name, "").split(";") if one)
        for name in ("parent1_email", "parent2_email", "emails"):
            yield from (("email", one.casefold()) for one in row.get(name, "").split(";") if one)


def _iso(said: str) -> str:
    return "-".join(reversed(said.split("/"))) if "/" in said else said


class _Ties:
    """The records of the truth: who is recorded where, and with whom."""

    def __init__(self, held: Sequence[tuple[str, Mapping[str, str]]], people: Mapping[int, Person]) -> None:
        self.places: dict[int, set[str]] = defaultdict(set)
        self.living: dict[str, set[int]] = defaultdict(set)
        self.in_row_of: dict[int, set[int]] = defaultdict(
            set
        )  # a grown-up -> children in whose rows they stand
        self.children: set[int] = set()
        self.reached: dict[str, set[int]] = {
            "phone": set(),
            "email": set(),
        }  # whose number or address any row holds
        for key, row in held:
            self._keep(key, row, people[_number(key, row)])

    def _keep(self, key: str, row: Mapping[str, str], one: Person) -> None:
        stands = [one.id]
        if key in _CHILDREN:
            self.children.add(one.id)
            named = {
                row.get(name, "")
                for name in ("parent1_name", "parent2_name", "carer_name", "carer2_name", "mother_name")
            }
            grown = [carer.person.id for carer in one.carers if carer.person.name in named]
            stands += grown
            for number in grown:
                self.in_row_of[number].add(one.id)
        self._contacts(key, row, one)
        for line, code in _place(row):
            for number in stands:
                self.places[number].add(key := normalise.address_key(line, code))
                self.living[key].add(number)

    def _contacts(self, key: str, row: Mapping[str, str], one: Person) -> None:
        whose = {"parent1": one.carers[:1], "parent2": one.carers[1:2]}
        for kind in ("phone", "email"):
            if row.get(f"{kind}s"):
                self.reached[kind].add(one.id)
            for prefix, carers in whose.items():
                if row.get(f"{prefix}_{kind}"):
                    self.reached[kind].update(carer.person.id for carer in carers)

    def around(self, suspect: int, one: Person, shows: Iterable[str]) -> set[int]:
        """Who stands around a suspect whom the report describes by anything that any row could tell."""
        shown = IDENTIFYING & set(shows)
        if not shown - {what for what, people in self.reached.items() if suspect not in people}:
            return set()
        places = set(self.places[suspect])
        if "address" in shown:
            places.add(normalise.address_key(one.home.line1, one.home.postcode))
        near = {number for place in places for number in self.living.get(place, ())} | {suspect}
        return (near | {child for number in near for child in self.in_row_of.get(number, ())}) & self.children


def _quality(what: str, cases: Sequence[Case], found: Mapping[str, set[int]]) -> Row:
    children = right = wrong = 0
    for case in cases:
        here = found.get(case.number, set())
        children += len(case.children)
        right += len(here & set(case.children))
        wrong += len(here - set(case.children) - set(case.expected))
    return {
        "what": what, "reports": len(cases), "children": children, "found": right, "% found": round(100 * right / children, 3),
        "strangers": wrong, "wrong per right": round(wrong / max(right, 1), 4),
    }  # fmt: skip


def _share_of_reachable(
    cases: Sequence[Case], ours: Mapping[str, set[int]], limit: Mapping[str, set[int]]
) -> float:
    both = sum(len(limit[case.number] & ours.get(case.number, set())) for case in cases)
    return round(100 * both / max(1, sum(len(limit[case.number]) for case in cases)), 3)


def _save_missed(world: _World, found: Mapping[str, Mapping[str, set[int]]]) -> None:
    """Share found by what the report shows of the suspect."""
    kinds: dict[str, list[Case]] = defaultdict(list)
    for case in world.cases:
        kinds[", ".join(case.shows) or "an internet address alone"].append(case)
    told = [
        {"what": shown, **{what: _quality(what, cases, by_case)["% found"] for what, by_case in found.items()},
         "of reachable": _share_of_reachable(cases, found[OURS], found[LIMIT])}
        for shown, cases in sorted(kinds.items())
    ]  # fmt: skip
    save(
        "linkage-found-by-report",
        told,
        x="what",
        y=OURS,
        title="% of children found, by what the report shows",
    )


def _run(what: str, folder: str) -> dict[str, set[int]]:
    """The main job in a process and an installation of its own."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, __file__, what, folder],
            env={**os.environ, "SOONER_HOME": home}, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
    found: dict[str, list[int]] = json.loads(done.stdout.splitlines()[-1])
    return {number: set(people) for number, people in found.items()}


def child(what: str, folder: str) -> None:
    """Load, link (or put the rules alone in force), receive, find; print whom each report's children are."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from sooner.ledger import clock

    with clock.standing_at(NOW_DEFAULT):
        _main_job(what, Path(folder))


def _main_job(what: str, folder: Path) -> None:
    from sooner.intake.commands.receive import receive_path
    from sooner.ledger.work import SYSTEM
    from sooner.people.commands.extracts import load_extract
    from sooner.people.commands.run_linkage import run_linkage
    from sooner.pipeline.run import run_pending

    if what == "rules":
        _rules_alone()
    for path in sorted((folder / "extracts").glob("*.csv")):
        load_extract(SYSTEM, mapping=path.stem, path=path)
    if what == "linked":
        run_linkage(SYSTEM)
    run_pending()
    for place, _ in enumerate(receive_path(SYSTEM, path=folder / "reports", via="cli"), 1):
        if place % BATCH == 0:
            run_pending()
    run_pending()
    print(json.dumps(_children()))


def _rules_alone() -> None:
    """A model that was never trained says nothing, so that what is found is found by the rules."""
    from sooner.engines.linkage.model import dumps
    from sooner.ledger import clock
    from sooner.people import linkage
    from sooner.people.models import LinkageModel

    now = clock.now()
    LinkageModel.objects.create(
        text=dumps(linkage.untrained()), trained_at=now, trained_on="nothing", rows=0, by_label="benchmark", adopted_at=now
    )  # fmt: skip


def _children() -> dict[str, list[int]]:
    """By the report's number, whom its children at risk are of, by the numbers that partners' rows carry."""
    from sooner.intake.models import Version
    from sooner.people.models import Record
    from sooner.safeguarding.models import Child

    whose: dict[int, set[int]] = defaultdict(set)
    extracts = Record.objects.filter(source__key__startswith="extract:")
    records = extracts.filter(listed=True)
    for person, external, source in records.values_list("person_id", "external_id", "source__key"):
        with suppress(ValueError):
            whose[person].add(_of(source.removeprefix("extract:"), external))
    known = set(extracts.values_list("person_id", flat=True))  # else named by the report alone
    found: dict[str, list[int]] = defaultdict(list)
    report = {
        referral: name.rpartition("/")[2].partition(".")[0]
        for referral, name in Version.objects.values_list("referral", "document__name")
    }
    for referral, person in Child.objects.values_list("referral", "person_id"):
        found[report[referral]] += sorted(whose[person]) or ([-person] if person in known else [])
    return found


def _of(key: str, external: str) -> int:
    number = int(external.partition("-")[0].lstrip("XSCNT"))
    return number - 9_990_000_000 if key == "child-health" else number


if __name__ == "__main__":
    child(*sys.argv[1:3])
