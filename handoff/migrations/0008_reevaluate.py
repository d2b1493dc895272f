"""Rename the verb `rejudge` to `reevaluate` in the subscriptions."""

from importlib import import_module

from django.db import migrations, models

VERBS = import_module("leads.migrations.0007_reevaluate").VERBS
RENAME = "UPDATE handoff_subscription SET verb = '{new}' WHERE verb = '{old}'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0007_reevaluate"), ("handoff", "0007_attainment_rollup")]
    operations = [
        migrations.RunSQL(
            RENAME.format(old="rejudge", new="reevaluate"), RENAME.format(old="reevaluate", new="rejudge")
        ),
        migrations.AlterField("subscription", "verb", models.CharField(choices=VERBS, max_length=12)),
    ]
