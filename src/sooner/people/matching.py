"""The plain, explained rules by which two descriptions are taken to be one person. Pure: no database.

A match is `sure` or `possible`. A possible match is never taken as the person and never dropped: whoever asked puts it
before a person. A later model may stand behind the same `decide`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sooner.engines import normalise

SURE, POSSIBLE = "sure", "possible"


@dataclass(frozen=True, slots=True)
class Place:
    """An address as a source writes it."""

    line1: str = ""
    line2: str = ""
    town: str = ""
    postcode: str = ""
    kind: str = "home"
    since: date | None = None
    until: date | None = None
    authority: str = ""

    @property
    def key(self) -> str:
        """The identity of the place; an address without a postcode is known by its whole text."""
        whole = normalise.address_key(self.line1, self.postcode)
        if whole:
            return whole
        words = normalise.first_line(" ".join((self.line1, self.line2, self.town)))
        code = normalise.postcode(self.postcode)
        return f"{code}|{words}"[:120] if words else ""


@dataclass(frozen=True, slots=True)
class Job:
    """Work or volunteering, as a source writes it."""

    organisation: str
    role: str = ""
    authority: str = ""
    with_children: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """A person as one source describes them. `names` are (given, family), the main one first; phones, e-mails,
    accounts and addresses as written."""

    source: str
    external_id: str
    as_of: datetime
    names: tuple[tuple[str, str], ...] = ()
    dob: date | None = None
    sex: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()
    ips: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    jobs: tuple[Job, ...] = ()
    occupation: str = ""
    school: str = ""
    upn: str = ""
    nhs_number: str = ""
    legal_status: str = ""
    aliases: tuple[str, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)
    needs_corroboration: bool = False
    """Extract rows: the same name and birth date alone do not make two rows one person."""
    middle: str = ""
    stage: str = ""
    """`adult` or `child` where the source's kind says so; else it goes by the birth date."""
    kin: tuple[tuple[str, date], ...] = ()
    """The children, by given names and birth date, in whose rows the source mentions this person."""
    listed: bool = True
    """The source gives this person a row of their own; False: mentioned in the row of another."""

    @property
    def life_stage(self) -> str:
        """`child` or `adult` when the source spoke of them; empty when that is not known."""
        return self.stage or stage_on(self.dob, self.as_of.date())

    @property
    def display_name(self) -> str:
        given, family = self.names[0] if self.names else ("", "")
        return f"{given} {family}".strip()


def stage_on(born: date | None, day: date) -> str:
    """`child` or `adult` by age on the day; empty without a birth date."""
    if born is None:
        return ""
    return "child" if normalise.age_on(born, day) < normalise.ADULT else "adult"


@dataclass(frozen=True, slots=True)
class Keys:
    """The normalised keys of one description, by what they prove."""

    identity: tuple[str, ...]  # upn, nhs
    name_dob: tuple[str, ...]
    name_address: tuple[str, ...]
    contact: tuple[str, ...]  # phone, email, account
    weak: tuple[str, ...]  # ip, device: never more than possible

    @property
    def all(self) -> tuple[str, ...]:
        return self.identity + self.name_dob + self.name_address + self.contact + self.weak


def keys_of(sought: Sought) -> Keys:
    """Every key the person can be found by."""
    name_keys = _unique(normalise.name_key(given, family) for given, family in sought.names)
    places = _unique(place.key for place in sought.places if place.kind != "work")
    return Keys(
        identity=_prefixed("upn", [sought.upn]) + _prefixed("nhs", [sought.nhs_number]),
        name_dob=tuple(f"name-dob:{n}|{sought.dob.isoformat()}" for n in name_keys) if sought.dob else (),
        name_address=tuple(f"name-address:{n}|{place}"[:220] for n in name_keys for place in places),
        contact=_prefixed("phone", map(normalise.phone, sought.phones))
        + _prefixed("email", map(normalise.email, sought.emails))
        + _prefixed("account", (normalise.account(*account) for account in sought.accounts)),
        weak=_prefixed("ip", sought.ips) + _prefixed("device", sought.devices),
    )


def _prefixed(kind: str, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{kind}:{value}"[:220] for value in _unique(values))


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person already known who shares a key. `person` is its number (negative while not yet stored)."""

    person: int
    name: str
    dob: date | None
    stage: str = ""
    """What the record that brings the key says without a birth date: `child`, `adult` or nothing."""


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate that the rules tie to the description, how sure, and why in words."""

    person: int
    certainty: str
    words: str
    weight: float | None = None
    """In bits, when the model weighed it."""
    share: float | None = None
    """How likely this person is, among all who fit and nobody."""
    record: int | None = None
    """The record of theirs that weighs most."""
    parts: tuple[tuple[str, str, float], ...] = ()
    """What each comparison says: title, answer, bits."""

    def as_row(self) -> dict[str, object]:
        """The match as it is kept with a party."""
        row: dict[str, object] = {"person": self.person, "certainty": self.certainty, "words": self.words}
        if self.weight is not None:
            parts = [[title, answer, round(bits, 3)] for title, answer, bits in self.parts]
            row |= {
                "weight": round(self.weight, 3),
                "share": round(self.share or 0.0, 6),
                "record": self.record,
                "parts": parts,
            }
        return row


def shares(weights: Mapping[int, float], *, sure: float, twice: float) -> dict[int, float]:
    """How likely each person is the one described, by the weight of their heaviest record in bits.

    A description is of one person at most, so those who fit are rivals: each one's share is the odds of its heaviest record
    against all of them and nobody. Who fits no better than many others is not put before a person. When one is sure, the
    others are rivals of each other alone: partners may know one person under two numbers that nothing has joined yet, as
    often as `twice` says.
    """
    odds = {person: 2.0 ** min(weight, 500.0) for person, weight in weights.items()}
    everybody = 1.0 + sum(odds.values())
    first = max(odds, key=lambda person: odds[person], default=0)
    settled = bool(odds) and odds[first] / everybody >= sure
    rest = max(everybody - odds.get(first, 0.0) - 1.0, 0.0)
    return {
        person: twice * mine / (1.0 + twice * max(rest, mine))
        if settled and person != first
        else mine / everybody
        for person, mine in odds.items()
    }


def joined(plain: Sequence[Match], weighed: Sequence[Match]) -> list[Match]:
    """What the plain rules and the model say together, the one to be taken as the person first: what the rules take, else the
    model's sure one. Every other match stays possible."""
    found = {match.person: match for match in weighed}
    for match in plain:
        known = found.get(match.person)
        if known is None:
            found[match.person] = match
        else:
            certainty = SURE if SURE in (match.certainty, known.certainty) else POSSIBLE
            found[match.person] = replace(known, certainty=certainty, words=f"{match.words}; {known.words}")
    ruled = next((match.person for match in plain if match.certainty == SURE), None)
    sure = next((match.person for match in weighed if match.certainty == SURE), None)
    taken = ruled if ruled is not None else sure
    order = sorted(found.values(), key=lambda m: (m.person != taken, -(m.weight or 0.0), m.person))
    return [replace(m, certainty=SURE if m.person == taken else POSSIBLE) for m in order]


def decide(
    sought: Sought, keys: Keys, found: Mapping[str, Sequence[Candidate]], *, widely_shared: int
) -> list[Match]:
    """The matches, the one to be taken as the person first (only a `sure` one is ever taken).

    When several persons would be sure, the first known is taken and the others are kept as possible. `widely_shared`: an internet
    address or device that more persons than this were seen with is a network's, and says nothing of one person.
    """
    proofs = {
        person: proof
        for person, proof in _proofs(sought, keys, found, widely_shared).items()
        if not _only_near(proof)
    }
    sure = sorted(person for person, proof in proofs.items() if _is_sure(sought, proof))
    taken = sure[0] if sure else None
    order = sorted(proofs, key=lambda person: (person != taken, person))
    return [
        Match(person, SURE if person == taken else POSSIBLE, _sentence(proofs[person])) for person in order
    ]


def _only_near(proof: "_Proof") -> bool:
    """Whether all that is shared is an internet address or a device, and the names or birth dates are of two people: they may
    have been in one place, and are not one person."""
    return set(proof.rules) <= {"ip", "device"} and (proof.dob_conflicts or not proof.name_agrees)


@dataclass(slots=True)
class _Proof:
    rules: list[str]
    alone: bool = True  # no other person shares the name and date of birth
    name_agrees: bool = False
    dob_conflicts: bool = False
    only_one_is_a_child: bool = (
        False  # as far as is known: a father and a son may share a name, a home and a phone
    )


_WORDS = {
    "identity": "Same official number",
    "name-dob": "Same name and date of birth",
    "name-address": "Same name at the same address",
    "phone": "Same phone number",
    "email": "Same e-mail address",
    "account": "Same online account",
    "ip": "Same internet address",
    "device": "Same device",
}


def _proofs(
    sought: Sought, keys: Keys, found: Mapping[str, Sequence[Candidate]], widely_shared: int
) -> dict[int, _Proof]:
    proofs: dict[int, _Proof] = {}
    for key in keys.all:
        kind = key.partition(":")[0]
        rule = "identity" if key in keys.identity else kind
        sharing = found.get(key, ())
        if key in keys.weak and len(sharing) > widely_shared:
            continue
        for candidate in sharing:
            proof = proofs.setdefault(candidate.person, _new_proof(sought, candidate))
            if rule not in proof.rules:
                proof.rules.append(rule)
            if rule in {"name-dob", "phone", "email", "account"} and len({c.person for c in sharing}) > 1:
                proof.alone = False
    return proofs


def _new_proof(sought: Sought, candidate: Candidate) -> _Proof:
    return _Proof(
        [],
        name_agrees=_names_agree(sought, candidate.name),
        dob_conflicts=bool(sought.dob and candidate.dob and not _dates_agree(sought.dob, candidate.dob)),
        only_one_is_a_child=only_one_is_a_child(sought, candidate.dob, candidate.stage),
    )


def only_one_is_a_child(sought: Sought, born: date | None, stage: str) -> bool:
    """Whether, where birth dates cannot be compared, one of the two is known to be a child and the other is not."""
    if sought.dob and born:
        return False
    known = stage_on(born, sought.as_of.date()) or stage
    return (sought.life_stage == "child") != (known == "child")


def _names_agree(sought: Sought, other: str) -> bool:
    """Whether two name words are shared (a family shares one, and its phone), or all that one side gives."""
    known = set(normalise.name(other).split())
    if not known or not sought.names:
        return True
    said = [set(normalise.name(f"{given} {family}").split()) for given, family in sought.names]
    return any(len(known & words) >= min(2, len(known), len(words)) for words in said if words)


def _dates_agree(one: date, other: date) -> bool:
    """Equal, or with day and month swapped."""
    return one == other or (one.year, one.month, one.day) == (other.year, other.day, other.month)


def _is_sure(sought: Sought, proof: _Proof) -> bool:
    rules = set(proof.rules)
    if "identity" in rules:
        return True
    if proof.dob_conflicts or proof.only_one_is_a_child:
        return False
    corroborated = bool(rules & {"name-address", "phone", "email", "account"})
    if "name-dob" in rules:
        return corroborated or (proof.alone and not sought.needs_corroboration)
    if "name-address" in rules:
        return True
    contacts = rules & {"phone", "email", "account"}
    return bool(contacts) and proof.name_agrees and (proof.alone or len(contacts) > 1)


def _sentence(proof: _Proof) -> str:
    words = "; ".join(_WORDS[rule] for rule in proof.rules)
    if proof.dob_conflicts:
        return f"{words}; but the dates of birth differ"
    return f"{words}; but only one of them is known to be a child" if proof.only_one_is_a_child else words
