"""Messages that every installation sends, each with its switch; and notices about a lead."""

import django.db.models.deletion
from django.db import migrations, models

KINDS = ("new_intent", "given_by_system", "merged", "return_due", "held")


def switch_on(apps, _schema_editor):
    message = apps.get_model("handoff", "StandardMessage")
    message.objects.bulk_create([message(kind=kind) for kind in KINDS], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0012_longer_names_of_metrics"),
        ("leads", "0010_new_intent_and_return_dates"),
    ]

    operations = [
        migrations.CreateModel(
            name="StandardMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            (
                                "new_intent",
                                "A known buyer asks again: the owner, or marketing when sales has no part in the lead",
                            ),
                            ("given_by_system", "Handoff gave somebody a lead: the new owner"),
                            ("merged", "Two leads were merged: the owners of both"),
                            ("return_due", "The date to contact a buyer again has come: marketing"),
                            ("held", "A lead is on hold without an end: its owner and their manager, or marketing"),
                        ],
                        max_length=15,
                        unique=True,
                    ),
                ),
                ("active", models.BooleanField(db_default=True, default=True)),
            ],
            options={"ordering": ["kind"]},
        ),
        migrations.AddField(
            model_name="notice",
            name="lead",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.lead",
            ),
        ),
        migrations.RunPython(switch_on, migrations.RunPython.noop),
    ]
