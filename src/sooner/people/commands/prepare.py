"""Records that the linkage model has not seen: their columns and keys, made from the facts that are held."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sooner.people import linkage, search
from sooner.people.matching import Place, Sought
from sooner.people.models import Contact, Record, Relationship, Residence

AT_ONCE = 2_000


def prepare_missing() -> int:
    """Prepare every record without columns, as those held from before there was a model; returns how many."""
    waiting = iter(list(Record.objects.filter(prepared=None).order_by("pk").values_list("pk", flat=True)))
    count = 0
    while chunk := list(islice(waiting, AT_ONCE)):
        search.store([(pk, linkage.prepare(one)) for pk, one in described(chunk)])
        count += len(chunk)
    return count


def described(records: Sequence[int]) -> Iterable[tuple[int, Sought]]:
    """Records by number as descriptions: names, birth date, homes, contacts, and the children in whose rows they stand."""
    held = Record.objects.filter(pk__in=records).select_related("source").in_bulk()
    homes: dict[int, list[Place]] = {pk: [] for pk in held}
    contacts: dict[int, list[tuple[str, str]]] = {pk: [] for pk in held}
    kin: dict[int, list[tuple[str, object]]] = {pk: [] for pk in held}
    for home in Residence.objects.filter(record__in=held).select_related("address"):
        address = home.address
        homes[home.record_id].append(
            Place(address.line1, address.line2, address.town, address.postcode, kind=home.kind)
        )
    for contact in Contact.objects.filter(record__in=held):
        contacts[contact.record_id].append((contact.kind, contact.value))
    for tie in Relationship.objects.filter(record__in=held).select_related("other_record"):
        if tie.other_record.dob:
            kin[tie.record_id].append((tie.other_record.given_names, tie.other_record.dob))
    for pk, record in held.items():
        yield pk, _sought(record, homes[pk], contacts[pk], kin[pk])


def _sought(
    record: Record, homes: list[Place], contacts: list[tuple[str, str]], kin: list[tuple[str, object]]
) -> Sought:
    def of(kind: str) -> tuple[str, ...]:
        return tuple(value for known, value in contacts if known == kind)

    return Sought(
        source=record.source.key,
        external_id=record.external_id,
        as_of=record.as_of,
        names=((record.given_names, record.family_name),),
        aliases=tuple(record.aliases),
        dob=record.dob,
        sex=record.sex,
        phones=tuple(f"+{value}" for value in of("phone")),
        emails=of("email"),
        accounts=tuple((service, who) for service, _, who in (one.partition("/") for one in of("account"))),
        places=tuple(homes),
        nhs_number=record.nhs_number,
        upn=record.upn,
        stage=linkage.stage_of(record.source.key, listed=record.listed),
        kin=tuple(kin),  # type: ignore[arg-type]  # birth dates, none of them null
    )
