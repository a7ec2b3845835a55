"""Referring: children's social care is told at once, the authority of the child's own home, with a handling instruction.

The referral, its signed message and its deliveries are written in the transaction that finds them due: the outbox survives
a crash. Nothing is withheld for an investigation's sake; where an authority's inbox is too wide, its named managers are told.
Set-based and safe to run twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.db.models import Q

from sooner.access.models import User
from sooner.engines import normalise
from sooner.engines.formats.social_care import message, signature
from sooner.engines.formats.social_care import model as said
from sooner.intake.models import Party, Referral
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork
from sooner.people.models import Address, Person, Position, Record, Relationship, Residence
from sooner.people.purpose import FINDING_CHILDREN, Permitted, permitted
from sooner.policy.loader import get_policy
from sooner.safeguarding import keys, ways
from sooner.safeguarding.models import (
    Child,
    Delivery,
    Endpoint,
    OvertAction,
    PoliceProtection,
    SafeguardingReferral,
)

SOCIAL_CARE, DESIGNATED_OFFICER = "social-care", "designated-officer"
INBOX, MESSAGE, BY_HAND = "inbox", "message", "by-hand"


def refer(work: UnitOfWork, child_ids: Sequence[int]) -> None:
    """Tell the authority of each child's home, and every further authority where the child has one."""
    children = list(
        Child.objects.filter(pk__in=child_ids)
        .exclude(state="ruled-out")
        .select_related("referral", "person", "address")
        .order_by("pk")
    )
    told = set(
        SafeguardingReferral.objects.filter(
            child__in=children, kind=SOCIAL_CARE, rerouted_to=None
        ).values_list("child_id", "authority")
    )
    wanted = [
        (child, authority)
        for child in children
        for authority in dict.fromkeys([child.authority, *child.also_authorities])
        if authority and (child.pk, authority) not in told
    ]
    if not wanted:
        return
    facts = _Facts(children)
    _send(work, [_social_care(child, authority, facts) for child, authority in wanted])


def refer_designated_officer(work: UnitOfWork, referral_ids: Sequence[int]) -> None:
    """Tell the designated officer about each suspect who works or volunteers with children."""
    referrals = Referral.objects.in_bulk(referral_ids)
    suspects = Party.objects.filter(referral__in=referrals, current=True, role="suspect").values_list(
        "referral_id", "person_id"
    )
    by_person = defaultdict(set)
    for referral, person in suspects:
        by_person[person].add(referral)
    positions = (
        permitted(FINDING_CHILDREN)
        .of(Position.objects.filter(person__in=by_person, with_children=True))
        .select_related("person")
        .order_by("pk")
    )
    made: dict[tuple[int, int, str], SafeguardingReferral] = {}
    told = set(
        SafeguardingReferral.objects.filter(referral__in=referrals, kind=DESIGNATED_OFFICER).values_list(
            "referral_id", "person_id", "authority"
        )
    )
    facts = _Facts([])
    for position in positions:
        for pk in sorted(by_person[position.person_id]):
            authority = position.authority or facts.home_authority(position.person_id)
            if authority and (pk, position.person_id, authority) not in told:
                made.setdefault(
                    (pk, position.person_id, authority),
                    _designated_officer(referrals[pk], position, authority, facts),
                )
    if made:
        _send(work, list(made.values()))


@dataclass(slots=True)
class _Facts:
    """What the referrals of a batch are made of, fetched with one query a kind."""

    children: Sequence[Child]
    suspects: dict[int, list[Person]] = field(default_factory=lambda: defaultdict(list))  # by referral
    household: dict[int, list[Person]] = field(default_factory=lambda: defaultdict(list))  # by address
    records: dict[int, Record] = field(default_factory=dict)
    relations: dict[tuple[int, int], str] = field(default_factory=dict)  # (person, child) -> kind
    employers: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    may: Permitted = field(default_factory=lambda: permitted(FINDING_CHILDREN))
    work: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # by person, in words
    managers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by authority
    agencies: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # by person
    actions: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # by person
    agreed: dict[int, datetime] = field(
        default_factory=dict
    )  # by child at risk: the joint plan's latest time

    def __post_init__(self) -> None:
        if not self.children:
            return
        self._load_suspects()
        self._load_household()
        self._load_records()
        self._load_acts()

    def _load_suspects(self) -> None:
        referrals = {child.referral_id for child in self.children}
        parties = Party.objects.filter(
            referral__in=referrals, current=True, role="suspect", person__isnull=False
        )
        for party in parties.select_related("person").order_by("place"):
            if party.person is not None:
                self.suspects[party.referral_id].append(party.person)
        everyone = {person.pk for persons in self.suspects.values() for person in persons}
        positions = self.may.of(Position.objects.filter(person__in=everyone))
        for person, authority, *words in positions.values_list(
            "person_id", "authority", "role", "organisation"
        ):
            self.employers[person].add(authority)
            self.work[person].append(" ".join(words))
        for person, occupation in self.may.of(Record.objects.filter(person__in=everyone)).values_list(
            "person_id", "occupation"
        ):
            self.work[person].append(occupation)

    def _load_household(self) -> None:
        addresses = {child.address_id for child in self.children if child.address_id}
        rows = Residence.objects.filter(address__in=addresses, kind__in=["home", "second-home"]).filter(
            Q(until=None) | Q(until__gte=clock.now().date())
        )
        for row in self.may.of(rows).select_related("person").order_by("pk"):
            if row.person not in self.household[row.address_id]:
                self.household[row.address_id].append(row.person)

    def _load_records(self) -> None:
        ids = {child.person_id for child in self.children}
        rows = self.may.of(Record.objects.filter(person__in=ids)).select_related("source")
        for record in rows.order_by("as_of", "pk"):
            self.agencies[record.person_id] += _known_of(record)
            self.records[record.person_id] = _merged(self.records.get(record.person_id), record)
        for row in self.may.of(Relationship.objects.filter(other__in=ids)):
            self.relations[row.person_id, row.other_id] = row.kind

    def _load_acts(self) -> None:
        """What police have done about these children already: where another authority is told of one later, it hears of it."""
        persons = {child.person_id for child in self.children}
        for held in PoliceProtection.objects.filter(child__person__in=persons, ended_at=None).select_related(
            "child"
        ):
            words = f"Taken into police protection {_when(held.taken_at)}, until {_when(held.expires_at)} at the latest."
            self.actions[held.child.person_id].append(words)
        plans = OvertAction.objects.filter(state="planned", discussion__children__in=self.children)
        for child, latest in plans.order_by("-not_later_than").values_list(
            "discussion__children", "not_later_than"
        ):
            self.agreed[child] = latest

    def managers_of(self, authority: str) -> tuple[str, ...]:
        """By name, who at the authority may know where its whole inbox may not."""
        if authority not in self.managers:
            rows = User.objects.filter(
                role="social_worker", is_active=True, named_manager=True, authority=authority
            )
            self.managers[authority] = tuple(rows.order_by("name", "pk").values_list("name", flat=True))
        return self.managers[authority]

    def home_authority(self, person: int) -> str:
        """The authority of a person's latest home; empty when none is known."""
        found = (
            self.may.of(Residence.objects.filter(person=person, kind="home"))
            .exclude(address__authority="")
            .order_by("-as_of")
            .values_list("address__authority", flat=True)
            .first()
        )
        return found or ""

    def too_wide(self, child: Child, authority: str) -> bool:
        """Whether the authority's whole inbox must not see this: the suspect works for it, or the record is restricted."""
        persons = self.suspects[child.referral_id]
        return child.referral.restricted or any(self.works_for(person.pk, authority) for person in persons)

    def works_for(self, person: int, authority: str) -> bool:
        """Whether a source says so by the authority's code, or in words that name it: doubt counts as yes."""
        return authority in self.employers[person] or any(
            names_authority(words, authority) for words in self.work[person]
        )

    def works_for_of(self, person: int) -> list[str]:
        """What sources say of somebody's work, in words."""
        held = self.may.of(Record.objects.filter(person=person)).values_list("occupation", flat=True)
        roles = self.may.of(Position.objects.filter(person=person)).values_list("role", "organisation")
        return [*held, *(" ".join(both) for both in roles)]


_COUNCIL = frozenset({"council", "borough", "authority", "services", "care"})
_FORMS = frozenset({"london", "royal", "city", "county", "of", "and", *_COUNCIL})


def names_authority(words: str, authority: str) -> bool:
    """Whether words such as an employer's name speak of the authority itself: `Social worker at Haringey Council`."""
    told = set(normalise.name(words).split())
    name = set(normalise.name(get_policy().authorities[authority].name).split()) - _FORMS
    return bool(name) and name <= told and bool(_COUNCIL & told)


def _known_of(record: Record) -> list[str]:
    """What a partner's extract says of its own work with the child, as a sentence; nothing where it says nothing."""
    worker = record.detail.get("worker", "")
    said = [
        f"legal status: {record.legal_status}" if record.legal_status else "",
        f"allocated worker: {worker}" if worker else "",
    ]
    known = ", ".join(words for words in said if words)
    return [f"{record.source.name}, as of {record.as_of:%-d %B %Y}: {known}."] if known else []


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(get_policy().force.zone):%-d %B %Y, %H:%M}"


def _merged(before: Record | None, later: Record) -> Record:
    """A later record's facts over an earlier one's; an empty fact overrides nothing."""
    if before is None:
        return later
    for name in ("sex", "school", "nhs_number", "upn", "legal_status", "occupation"):
        setattr(later, name, getattr(later, name) or getattr(before, name))
    later.detail = {**before.detail, **later.detail}
    later.aliases = list(dict.fromkeys([*before.aliases, *later.aliases]))
    return later


def _social_care(child: Child, authority: str, facts: _Facts) -> SafeguardingReferral:
    restricted = facts.too_wide(child, authority)
    handling = get_policy().handling[
        "named-managers-only" if restricted else get_policy().force.default_handling
    ]
    referral = child.referral
    key = str(uuid4())
    told = said.SocialCareReferral(
        reference=f"{referral.reference}/{child.reference}",
        idempotency_key=key,
        sent_at=clock.now(),
        authority=authority,
        authority_name=get_policy().authorities[authority].name,
        sender=_sender(referral),
        handling=handling.key,
        handling_words=handling.words,
        concern=said.Concern(
            summary="Police have a report that a person with access to this child may be a risk to children online.",
            how_found=tuple(way["words"] for way in child.ways),
            certainty=child.certainty,
            incident_at=referral.incident_at,
            harm=get_policy().harm_by_incident.get(referral.incident_type, ""),
        ),
        child=_child(child, facts.records.get(child.person_id)),
        adults=tuple(_adults(child, facts)),
        children=tuple(_other_children(child, facts)),
        urgent=referral.urgent,
        named_managers_only=restricted,
        parents_told=False,
        parents_told_why_not=handling.parents_not_told,
        consent_why_not=handling.consent_not_asked,
        managers=facts.managers_of(authority) if restricted else (),
        other_agencies=tuple(facts.agencies[child.person_id]),
        actions_taken=tuple(facts.actions[child.person_id]),
        not_later_than=facts.agreed.get(child.pk),
    )
    return _row(told, kind=SOCIAL_CARE, referral=referral, child=child, person=child.person_id)


def _designated_officer(
    referral: Referral, position: Position, authority: str, facts: _Facts
) -> SafeguardingReferral:
    person, name = position.person, get_policy().authorities[authority].name
    # A colleague of the suspect at the authority itself must not read of it: only its named managers do.
    held = facts.works_for_of(person.pk)
    restricted = referral.restricted or any(names_authority(words, authority) for words in held)
    handling = get_policy().handling[
        "named-managers-only" if restricted else get_policy().force.default_handling
    ]
    told = said.SocialCareReferral(
        reference=f"{referral.reference}/P-{person.pk:06d}",
        idempotency_key=str(uuid4()),
        sent_at=clock.now(),
        authority=authority,
        authority_name=name,
        sender=_sender(referral),
        handling=handling.key,
        handling_words=handling.words,
        concern=said.Concern(
            summary="Police have a report that a person who works or volunteers with children may be a risk to them.",
            how_found=(
                f"{position.role or 'Position'} at {position.organisation or 'an organisation not named'}",
            ),
            certainty="sure",
            incident_at=referral.incident_at,
        ),
        adults=(
            said.Adult(
                name=person.name or "Name not known",
                relationship=position.role or "works with children",
                date_of_birth=person.dob,
                in_household=False,
                is_suspect=True,
                access=f"{position.role} {position.organisation}".strip(),
            ),
        ),
        urgent=referral.urgent,
        named_managers_only=restricted,
        designated_officer=True,
        parents_told_why_not=handling.parents_not_told,
        consent_why_not=handling.consent_not_asked,
        managers=facts.managers_of(authority) if restricted else (),
    )
    return _row(told, kind=DESIGNATED_OFFICER, referral=referral, child=None, person=person.pk)


def _sender(referral: Referral) -> said.Sender:
    policy = get_policy()
    unit = policy.units.get(referral.unit)
    return said.Sender(
        force=policy.force.name,
        unit=unit.name if unit else "Online child safeguarding desk",
        officer="Duty referral officer",
        contact=policy.force.contact,
    )


def _child(child: Child, record: Record | None) -> said.Child:
    person, detail = child.person, record.detail if record else {}
    return said.Child(
        reference=child.reference,
        name=person.name or "Name not known",
        date_of_birth=person.dob,
        age=normalise.age_on(person.dob, clock.now().date()) if person.dob else None,
        sex=person.sex or (record.sex if record else ""),
        ethnicity=detail.get("ethnicity", ""),
        language=detail.get("language", ""),
        disability=detail.get("disability", ""),
        nhs_number=record.nhs_number if record else "",
        upn=record.upn if record else "",
        home=_home(child.address),
        school=record.school if record else "",
        gp=detail.get("gp", ""),
        legal_status=record.legal_status if record else "",
        aliases=tuple(record.aliases) if record else (),
    )


def _home(address: Address | None) -> said.Home | None:
    if address is None:
        return None
    lines = tuple(line for line in (address.line1, address.line2) if line)
    return said.Home(lines=lines, town=address.town, postcode=address.postcode)


def _adults(child: Child, facts: _Facts) -> Iterable[said.Adult]:
    """The suspects, with how they reach the child; then the other adults of the child's household."""
    suspects = facts.suspects[child.referral_id]
    household = facts.household[child.address_id] if child.address_id else []
    for person in suspects:
        if person.pk != child.person_id:
            yield said.Adult(
                name=person.name or "Name not known",
                relationship=_relation(facts, person.pk, child),
                date_of_birth=person.dob,
                in_household=person in household,
                is_suspect=True,
                access="; ".join(
                    dict.fromkeys(ways.TITLES.get(way["way"], way["way"]) for way in child.ways)
                ),
            )
    for person in household:
        if person.pk != child.person_id and person not in suspects and not _is_child(person):
            yield said.Adult(
                name=person.name or "Name not known",
                relationship=_relation(facts, person.pk, child),
                date_of_birth=person.dob,
            )


def _relation(facts: _Facts, person: int, child: Child) -> str:
    return facts.relations.get((person, child.person_id), "not known").replace("-", " ")


def _is_child(person: Person) -> bool:
    return person.dob is not None and normalise.age_on(person.dob, clock.now().date()) < normalise.ADULT


def _other_children(child: Child, facts: _Facts) -> Iterable[said.Child]:
    household = facts.household[child.address_id] if child.address_id else []
    for person in household:
        if person.pk != child.person_id and _is_child(person):
            relation = facts.relations.get((person.pk, child.person_id), "").replace("-", " ")
            yield said.Child(
                reference=f"P-{person.pk:06d}",
                name=person.name,
                date_of_birth=person.dob,
                relationship=relation,
            )


def _row(
    told: said.SocialCareReferral, *, kind: str, referral: Referral, child: Child | None, person: int
) -> SafeguardingReferral:
    payload = message.encode(told)
    return SafeguardingReferral(
        kind=kind,
        referral=referral,
        child=child,
        person_id=person,
        authority=told.authority,
        restricted=told.named_managers_only,
        urgent=told.urgent,
        handling=told.handling,
        made_at=told.sent_at,
        idempotency_key=told.idempotency_key,
        payload=payload.decode(),
        signature=signature.sign(payload, key=keys.message_key(), key_id=keys.key_id()),
    )


def _channels(rows: Iterable[SafeguardingReferral]) -> dict[tuple[str, bool], list[str]]:
    """By which channels each authority is reached: sign-ins here that may read it, its machine address, else by hand.

    A restricted referral lies in an inbox only where a named manager reads that inbox: else nobody would see it.
    """
    wanted = {row.authority for row in rows}
    readers = User.objects.filter(role="social_worker", is_active=True, authority__in=wanted)
    known = set(readers.values_list("authority", "named_manager"))
    machines = set(
        Endpoint.objects.filter(authority__in=wanted, active=True).values_list("authority", flat=True)
    )
    found: dict[tuple[str, bool], list[str]] = {}
    for authority in wanted:
        for restricted in (False, True):
            inbox = (authority, True) in known or ((authority, False) in known and not restricted)
            channels = [INBOX] * inbox + [MESSAGE] * (authority in machines)
            found[authority, restricted] = channels or [BY_HAND]
    return found


def _send(work: UnitOfWork, rows: list[SafeguardingReferral]) -> None:
    """Write the referrals and their deliveries, and record what is told. An inbox of Sooner's own has it at once; a message
    is sent by the worker; what must go by hand is not told yet, and its duty stays open until a person has done it."""
    now, channels = clock.now(), _channels(rows)
    for row in rows:
        if INBOX in channels[row.authority, row.restricted]:
            row.sent_at, row.sent_how = now, "The authority's inbox in Sooner"
    SafeguardingReferral.objects.bulk_create(rows)
    Delivery.objects.bulk_create(
        Delivery(
            safeguarding_referral=row,
            channel=channel,
            state="delivered" if channel == INBOX else "waiting",
            next_attempt_at=now if channel == MESSAGE else None,
            delivered_at=now if channel == INBOX else None,
        )
        for row in rows
        for channel in channels[row.authority, row.restricted]
    )
    for row in rows:
        record_event(work, row, "made")
        if row.sent_at:
            record_event(work, row, "sent")


def record_event(work: UnitOfWork, row: SafeguardingReferral, what: str, **facts: object) -> None:
    """Record an event of a referral to an authority, by its kind, with what the duties need to know."""
    noun = "safeguarding-referral" if row.kind == SOCIAL_CARE else "designated-officer-referral"
    work.record(
        f"{noun}.{what}",
        subject=Subject("safeguarding-referral", row.pk),
        thread=f"referral:{row.referral_id}",
        referral=row.referral_id,
        child=row.child_id,
        authority=row.authority,
        jurisdiction=get_policy().jurisdiction_of(row.authority),
        unit=row.referral.unit,
        urgent=row.urgent,
        restricted=row.referral.restricted or None,
        named_managers_only=row.restricted or None,
        **facts,
    )
