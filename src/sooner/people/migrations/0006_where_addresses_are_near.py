"""Addresses are also found by their first line and their postcode; records are prepared again, now with keys of the name alone."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from sooner.engines import normalise

AT_ONCE = 2000


def write_lines(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("people", "Address")
    waiting = []
    for one in model.objects.only("pk", "line1").iterator(AT_ONCE):
        one.line = normalise.first_line(one.line1)[:160]
        waiting.append(one)
        if len(waiting) == AT_ONCE:
            model.objects.bulk_update(waiting, ["line"])
            waiting = []
    model.objects.bulk_update(waiting, ["line"])


def forget_prepared(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What records are found by is made anew by the next run of linkage."""
    apps.get_model("people", "LinkKey").objects.all().delete()
    apps.get_model("people", "Prepared").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("people", "0005_lawfulness")]

    operations = [
        migrations.AddField("address", "line", models.CharField(max_length=160, blank=True, default=""), preserve_default=False),
        migrations.RunPython(write_lines, migrations.RunPython.noop),
        migrations.RunPython(forget_prepared, migrations.RunPython.noop),
        migrations.AddIndex("address", models.Index(fields=["line"], name="address_line")),
        migrations.AddIndex("address", models.Index(fields=["postcode"], name="address_postcode")),
    ]
