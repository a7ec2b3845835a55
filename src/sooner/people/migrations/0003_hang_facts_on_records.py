"""Facts that were held before are given their record, and decisions between persons become decisions between records."""

from typing import Any

from django.db import migrations


def hang_on_records(apps: Any, schema: Any) -> None:
    """Each fact goes to the record that its source has of its person; one is made where there is none."""
    record = apps.get_model("people", "Record")
    record.objects.filter(source__kind="extract", external_id__contains="/").update(listed=False)
    for name in ("Residence", "Contact", "Position", "Relationship"):
        kind = apps.get_model("people", name)
        for fact in kind.objects.filter(record=None).iterator():
            fact.record = _of(record, fact.person_id, fact.source_id, fact.as_of)
            if name == "Relationship":
                fact.other_record = _of(record, fact.other_id, fact.source_id, fact.as_of)
            fact.save()


def _of(record: Any, person: int, source: int, as_of: Any) -> Any:
    found = record.objects.filter(person_id=person, source_id=source).order_by("pk").first()
    if found is None:
        found = record.objects.create(
            person_id=person, source_id=source, external_id=f"person-{person}", as_of=as_of, detail={}, aliases=[]
        )
    return found


def keep_decisions(apps: Any, schema: Any) -> None:
    """A decision between two persons holds between the first record of each; two kept apart, between all of them."""
    link, record = apps.get_model("people", "Link"), apps.get_model("people", "Record")
    for old in apps.get_model("people", "LinkOfPersons").objects.iterator():
        mine = list(record.objects.filter(person_id=old.person_id).order_by("pk").values_list("pk", flat=True))
        theirs = list(record.objects.filter(person_id=old.other_id).order_by("pk").values_list("pk", flat=True))
        pairs = list(zip(mine, theirs, strict=False))[:1] if old.same else [(a, b) for a in mine for b in theirs]
        for pair in pairs:
            link.objects.get_or_create(
                record_id=min(pair), other_id=max(pair),
                defaults={"same": old.same, "via": "person", "reason": old.reason, "by_label": old.by_label, "at": old.at},
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("people", "0002_records_hold_facts")]

    operations = [
        migrations.RunPython(hang_on_records, migrations.RunPython.noop),
        migrations.RunPython(keep_decisions, migrations.RunPython.noop),
    ]
