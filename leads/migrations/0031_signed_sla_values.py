"""Let the handoff rules say that both sides sign each change of an SLA value."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0030_deals_by_day")]

    operations = [
        migrations.AddField(
            model_name="handoffrules",
            name="sla_changes_need_signatures",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="A change of a policy or of a calendar is a draft, which comes into force when both sides have signed it.",
                verbose_name="signed SLA values",
            ),
        ),
    ]
