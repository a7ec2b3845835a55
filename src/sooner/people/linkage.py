"""The linkage model in force, and descriptions and records in its terms. Reads policy and the trained model; holds no state."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

from sooner.engines import normalise
from sooner.engines.linkage import fields
from sooner.engines.linkage.judging import Bar, Judge, Thresholds
from sooner.engines.linkage.model import Comparison, Level, Model, loads
from sooner.people.matching import Sought
from sooner.people.models import LinkageModel, Person
from sooner.policy.loader import get_policy

KIND = "person"


def untrained() -> Model:
    """The policy's comparisons, before any training."""
    comparisons = tuple(
        Comparison(
            one.key,
            one.title,
            tuple(
                Level(said.title, said.when, said.frequency_of, said.unknown, said.m, said.u)
                for said in one.level
            ),
        )
        for one in get_policy().linkage.comparisons
    )
    return Model(KIND, fields.COLUMNS, tuple(sorted(fields.LISTS)), comparisons)


def judge() -> Judge:
    """The model in force, compiled: the newest that the force trained and adopted, else the one that ships."""
    newest = (
        LinkageModel.objects.filter(adopted_at__isnull=False)
        .order_by("-adopted_at")
        .values_list("pk", flat=True)
    )
    return _judge(newest.first())


def judge_at_once(*, least: float | None = None) -> Judge:
    """The model in force for one description against all persons known here: how rare a match is to begin with follows from how
    many those are, to the next power of two, and from the share of suspects who are among them (linkage.toml, `known_share`).
    `least`: the least share to be told of, where that is not the possible one."""
    newest = LinkageModel.objects.filter(adopted_at__isnull=False).order_by("-adopted_at")
    last = Person.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return _judge_among(newest.values_list("pk", flat=True).first(), max(1024, 1 << last.bit_length()), least)


@lru_cache(maxsize=4)
def _judge_among(pk: int | None, persons: int, least: float | None) -> Judge:
    model = replace(_judge(pk).model, prior=get_policy().linkage.rules.known_share / persons)
    return judging(model, least=least)


@lru_cache(maxsize=2)
def _judge(pk: int | None) -> Judge:
    return judging(loads(LinkageModel.objects.get(pk=pk).text) if pk else shipped())


def judging(model: Model, *, least: float | None = None) -> Judge:
    """A model with the policy's thresholds and bars, compiled; `least` in place of the possible share."""
    rules = get_policy().linkage
    bars = [Bar(bar.comparison, bar.answers, bar.why) for bar in rules.bars]
    return Judge(model, Thresholds(rules.rules.sure, least or rules.rules.possible), bars)


def shipped() -> Model:
    """The model that comes with Sooner, trained on invented people."""
    return loads(
        files("sooner.policy").joinpath("data", "linkage", "person.json").read_text(encoding="utf-8")
    )


def prepare(one: Sought) -> fields.Prepared:
    """A description's columns and keys."""
    return fields.prepare(_description(one), short_names=get_policy().linkage.short_names)


def _description(one: Sought) -> fields.Description:
    homes = [place for place in one.places if place.kind != "work"]
    contacts = [f"phone:{phone}" for phone in map(normalise.phone, one.phones) if phone]
    contacts += [f"email:{email}" for email in map(normalise.email, one.emails) if email]
    contacts += [
        f"account:{account}" for account in (normalise.account(*said) for said in one.accounts) if account
    ]
    return fields.Description(
        names=_names(one),
        born=one.dob.isoformat() if one.dob else "",
        sex=one.sex if one.sex in ("male", "female") else "",
        homes=tuple(fields.Home(place.line1, place.town, place.postcode) for place in homes),
        contacts=tuple(contacts),
        nhs=one.nhs_number,
        upn=one.upn,
        stage=one.life_stage,
        kin=tuple((name, born.isoformat()) for name, born in one.kin),
    )


def _names(one: Sought) -> tuple[tuple[str, str], ...]:
    main = [(f"{given} {one.middle}".strip(), family) for given, family in one.names[:1]]
    return (*main, *one.names[1:], *(normalise.split_name(alias) for alias in one.aliases))


def stage_of(source: str, *, listed: bool) -> str:
    """What a source says of the age of those it tells of: an extract's rows are of children, or who stands in them is adult."""
    rule = get_policy().extracts.get(source.removeprefix("extract:"))
    if rule is None:
        return ""
    return rule.constants.get("stage", "") if listed else "adult"


def as_text(values: fields.Values) -> str:
    """A record's columns as they are stored."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def from_text(text: str) -> Sequence[object]:
    """A record's columns as they are weighed."""
    found: Sequence[object] = json.loads(text)
    return found
