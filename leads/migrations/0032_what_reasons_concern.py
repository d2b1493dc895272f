"""Which facts a reason is about, so that rejections point at criteria; of the reasons that come with Handoff, too."""

from typing import Any

from django.db import migrations, models

CONCERNS = {
    "not_our_customer": ["fit_grade"],
    "bad_contact_data": ["email", "phone"],
    "wrong_territory": ["country"],
    "do_not_contact": ["do_not_contact", "consent.email", "consent.phone", "consent.all"],
}


def name_them(apps: Any, _editor: Any) -> None:
    """Nobody has said anything of them so far."""
    for code, fields in CONCERNS.items():
        apps.get_model("leads", "Reason").objects.filter(code=code, concerns=[]).update(concerns=fields)


class Migration(migrations.Migration):
    dependencies = [("leads", "0031_signed_sla_values")]

    operations = [
        migrations.AddField(
            model_name="reason",
            name="concerns",
            field=models.JSONField(
                blank=True,
                db_default=[],
                default=list,
                help_text=(
                    "What criteria may ask for that it is about: a rejection for it speaks of the criteria that do."
                ),
            ),
        ),
        migrations.RunPython(name_them, migrations.RunPython.noop),
    ]
