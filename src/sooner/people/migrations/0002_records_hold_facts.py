"""Facts and decisions gain the record that they hang on; the tables of linkage."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(
            model_name="contact",
            name="contact_once",
        ),
        migrations.RemoveConstraint(
            model_name="position",
            name="position_once",
        ),
        migrations.RemoveConstraint(
            model_name="relationship",
            name="relationship_once",
        ),
        migrations.RemoveConstraint(
            model_name="residence",
            name="residence_once",
        ),
        migrations.AddField(
            model_name="contact",
            name="record",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AddField(
            model_name="position",
            name="record",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AddField(
            model_name="record",
            name="listed",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="relationship",
            name="other_record",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AddField(
            model_name="relationship",
            name="record",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.AddField(
            model_name="residence",
            name="record",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record"),
        ),
        migrations.RemoveConstraint(model_name="link", name="link_once"),
        migrations.RemoveConstraint(model_name="link", name="link_ordered"),
        migrations.RenameModel("Link", "LinkOfPersons"),
        migrations.AlterField(
            model_name="linkofpersons",
            name="person",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
            ),
        ),
        migrations.AlterField(
            model_name="linkofpersons",
            name="other",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
            ),
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="links", to="people.record")),
                ("other", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record")),
                ("same", models.BooleanField()),
                ("via", models.CharField(max_length=10)),
                ("weight", models.FloatField(null=True)),
                ("reason", models.TextField()),
                ("by_label", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LinkageModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("trained_at", models.DateTimeField()),
                ("trained_on", models.CharField(max_length=200)),
                ("rows", models.IntegerField()),
                ("by_label", models.CharField(max_length=120)),
                ("adopted_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LinkageRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("by_label", models.CharField(max_length=120)),
                ("incremental", models.BooleanField(default=False)),
                ("model", models.CharField(max_length=80)),
                ("records", models.IntegerField(default=0)),
                ("pairs", models.IntegerField(default=0)),
                ("joined", models.IntegerField(default=0)),
                ("parted", models.IntegerField(default=0)),
                ("doubtful", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Doubt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weight", models.FloatField(db_index=True)),
                ("why", models.CharField(blank=True, max_length=10)),
                ("record", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="doubts", to="people.record")),
                ("other", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record")),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="doubts", to="people.linkagerun")),
            ],
        ),
        migrations.CreateModel(
            name="LinkKey",
            fields=[
                ("pk", models.CompositePrimaryKey("value", "record_id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("value", models.BigIntegerField()),
                ("record", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.record")),
            ],
        ),
        migrations.CreateModel(
            name="Prepared",
            fields=[
                ("record", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="prepared", serialize=False, to="people.record")),
                ("values", models.TextField()),
                ("run", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="people.linkagerun")),
            ],
        ),
        migrations.AddConstraint(
            model_name="doubt",
            constraint=models.UniqueConstraint(fields=("record", "other"), name="doubt_once"),
        ),
    ]
