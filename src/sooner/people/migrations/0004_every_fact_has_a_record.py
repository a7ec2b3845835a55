"""From here on every fact has a record."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_hang_facts_on_records")]

    operations = [
        migrations.AlterField(
            model_name="contact",
            name="record",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AlterField(
            model_name="position",
            name="record",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AlterField(
            model_name="relationship",
            name="other_record",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AlterField(
            model_name="relationship",
            name="record",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AlterField(
            model_name="residence",
            name="record",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(fields=("record", "kind", "value"), name="contact_once"),
        ),
        migrations.AddConstraint(
            model_name="position",
            constraint=models.UniqueConstraint(fields=("record", "organisation", "role"), name="position_once"),
        ),
        migrations.AddConstraint(
            model_name="relationship",
            constraint=models.UniqueConstraint(fields=("record", "other_record", "kind"), name="relationship_once"),
        ),
        migrations.AddConstraint(
            model_name="residence",
            constraint=models.UniqueConstraint(fields=("record", "address", "kind"), name="residence_once"),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.UniqueConstraint(fields=("record", "other"), name="link_once"),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(condition=models.Q(("record__lt", models.F("other"))), name="link_ordered"),
        ),
        migrations.DeleteModel("LinkOfPersons"),
    ]
