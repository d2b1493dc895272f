"""The breaches of one team or of one owner can be excused."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0032_reports"),
        ("leads", "0027_lists_by_index"),
        ("sla", "0014_lists_by_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="bulkact",
            name="bulk_act_excuses_once",
        ),
        migrations.AddField(
            model_name="bulkact",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                help_text="Of this owner alone.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="bulkact",
            name="team",
            field=models.ForeignKey(
                db_index=False,
                help_text="Of this team alone.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.team",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("waiting", "running")), ("kind", "excuse")),
                fields=("start", "end", "metric", "team", "owner"),
                name="bulk_act_excuses_once",
                nulls_distinct=False,
            ),
        ),
    ]
