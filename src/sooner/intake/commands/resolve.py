"""Resolving: who a referral speaks of, as persons with numbers, and which team its place points to.

Set-based and safe to run twice: running again, after an extract was loaded for instance, adds what is now known.
"""

from collections.abc import Sequence

from sooner.engines import normalise
from sooner.engines.formats.document import Address, ReferralDocument, from_json
from sooner.engines.formats.document import Party as Described
from sooner.intake.models import Party, Referral, Version
from sooner.ledger.work import Subject, UnitOfWork
from sooner.people.commands.resolve import Resolved, SourceFacts, register_sources, resolve
from sooner.people.matching import Job, Place, Sought
from sooner.people.models import Residence
from sooner.people.purpose import FINDING_CHILDREN, permitted
from sooner.policy.loader import get_policy


def resolve_people(work: UnitOfWork, referral_ids: Sequence[int]) -> None:
    """Resolve every party of these referrals and route each referral to a unit by its people's homes."""
    contents = latest_contents(referral_ids)
    sources = register_sources([_source(referral) for referral, _ in contents])
    described = [
        (referral, place, party)
        for referral, content in contents
        for place, party in enumerate(content.parties)
    ]
    sought = [sought_for(referral, place, party) for referral, place, party in described]
    found = resolve(sought, sources)
    parties = [_party(*one, result) for one, result in zip(described, found, strict=True)]
    _store_parties([referral.pk for referral, _ in contents], parties)
    _route([referral for referral, _ in contents], parties)
    aside: dict[int, int] = {}
    for (referral, _, _), one in zip(described, found, strict=True):
        aside[referral.pk] = aside.get(referral.pk, 0) + one.left_aside
    for referral, _ in contents:
        own = [p for p in parties if p.referral_id == referral.pk]
        _record(work, referral, own, left_aside=aside.get(referral.pk, 0))


def latest_contents(referral_ids: Sequence[int]) -> list[tuple[Referral, ReferralDocument]]:
    """Open referrals with their latest reading, in order of number."""
    referrals = {r.pk: r for r in Referral.objects.filter(pk__in=referral_ids, closed_at=None).order_by("pk")}
    versions = Version.objects.filter(referral__in=list(referrals)).values_list(
        "referral_id", "number", "content"
    )
    return [
        (referrals[pk], from_json(content))
        for pk, number, content in sorted(versions, key=lambda row: row[0])
        if number == referrals[pk].version
    ]


def _source(referral: Referral) -> SourceFacts:
    return SourceFacts(
        key=f"referral:{referral.pk}",
        kind="referral",
        name=f"Referral {referral.reference}",
        as_of=referral.received_at,
        lawful_basis="Law enforcement purpose (Data Protection Act 2018, Part 3)",
    )


def external_id_of(place: int) -> str:
    """Under what a report's person is kept among the records of its referral."""
    return f"party-{place}"


def sought_for(referral: Referral, place: int, party: Described) -> Sought:
    """A party of a document in the terms of the people's room."""
    accounts = tuple((a.service, a.identifier or a.screen_name) for a in party.accounts)
    return Sought(
        source=f"referral:{referral.pk}",
        external_id=external_id_of(place),
        as_of=referral.received_at,
        names=_names(party),
        dob=party.date_of_birth,  # an age is never turned into a date: a made-up one would match the wrong people
        sex=party.gender,
        phones=tuple(phone.number for phone in party.phones),
        emails=tuple(email.address for email in party.emails),
        accounts=accounts,
        ips=tuple(ip.address for ip in party.ips),
        devices=tuple(f"{device.type}/{device.value}" for device in party.devices),
        places=tuple(_place(address) for address in party.addresses),
        jobs=_jobs(party),
        occupation=party.occupation,
        school=party.school,
        aliases=party.aliases,
    )


def _names(party: Described) -> tuple[tuple[str, str], ...]:
    names = [
        (f"{name.first} {name.middle}".strip(), name.last)
        if name.first and name.last
        else normalise.split_name(name.full)
        for name in party.names
    ]
    return tuple(name for name in names if any(name))


def _place(address: Address) -> Place:
    lines = (*address.lines, "", "")
    return Place(
        line1=lines[0],
        line2=lines[1],
        town=address.city,
        postcode=normalise.postcode(address.postcode),
        kind="work" if address.type.casefold() in {"business", "work"} else "home",
    )


def _jobs(party: Described) -> tuple[Job, ...]:
    role = party.trust or party.occupation
    if not role and not party.organisation and not party.works_with_children:
        return ()
    with_children = bool(party.works_with_children) or get_policy().is_position_of_trust(
        f"{party.trust} {role}"
    )
    return (Job(party.organisation, role, with_children=with_children),)


def _party(referral: Referral, place: int, described: Described, found: Resolved) -> Party:
    name = described.names[0].full if described.names else ""
    return Party(
        referral=referral,
        place=place,
        role=str(described.role),
        name=name[:200],
        person_id=found.person,
        how_matched=[match.as_row() for match in found.matches],
    )


def _store_parties(referral_ids: Sequence[int], parties: Sequence[Party]) -> None:
    held = {
        (p.referral_id, p.place): p for p in Party.objects.filter(referral__in=referral_ids, current=True)
    }
    wanted = {(p.referral_id, p.place): p for p in parties}
    gone = [old.pk for place, old in held.items() if not _same(old, wanted.get(place))]
    if gone:
        Party.objects.filter(pk__in=gone).update(current=False)
    Party.objects.bulk_create(
        [party for place, party in wanted.items() if place not in held or held[place].pk in gone]
    )


def _same(old: Party, new: Party | None) -> bool:
    return new is not None and (old.role, old.name, old.person_id, old.how_matched) == (
        new.role, new.name, new.person_id, new.how_matched,
    )  # fmt: skip


def _route(referrals: Sequence[Referral], parties: Sequence[Party]) -> None:
    """The unit of the suspect's home, else of anybody's home in the referral, else the central unit."""
    people = {p.person_id for p in parties}
    homes = dict(
        permitted(FINDING_CHILDREN)
        .of(Residence.objects.filter(person__in=people, kind="home"))
        .exclude(address__authority="")
        .order_by("as_of")
        .values_list("person_id", "address__authority")
    )
    units: dict[str, list[int]] = {}
    for referral in referrals:
        own = sorted(
            (p for p in parties if p.referral_id == referral.pk), key=lambda p: (p.role != "suspect", p.place)
        )
        authorities = [homes[p.person_id] for p in own if p.person_id in homes]
        unit = next((u for a in authorities if (u := get_policy().unit_of(a))), get_policy().central_unit)
        if unit != referral.unit and (not referral.unit or referral.unit == get_policy().central_unit):
            referral.unit = unit
            units.setdefault(unit, []).append(referral.pk)
    for unit, ids in units.items():
        Referral.objects.filter(pk__in=ids).update(unit=unit)


def _record(work: UnitOfWork, referral: Referral, parties: Sequence[Party], *, left_aside: int) -> None:
    suspects = sorted({p.person_id for p in parties if p.role == "suspect" and p.person_id})
    work.record(
        "referral.resolved",
        subject=Subject("referral", referral.pk),
        thread=referral.thread,
        suspects=suspects,
        parties=len(parties),
        unit=referral.unit,
        restricted=referral.restricted or None,
        urgent=referral.urgent,
        left_aside=left_aside or None,
    )
