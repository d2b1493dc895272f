"""What criteria may ask for besides the packet, as it was at the handoff."""

import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handoff", "0029_scoring")]
    operations = [
        migrations.AddField(
            model_name="handoff",
            name="facts",
            field=models.JSONField(
                db_default=None,
                encoder=django.core.serializers.json.DjangoJSONEncoder,
                help_text="What criteria may ask for besides the packet, as it was. Empty: before this was kept.",
                null=True,
            ),
        ),
    ]
