"""Deliveries may be withdrawn: a longer word for their state."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handoff", "0009_destinations")]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[("pending", "Pending"), ("sent", "Sent"), ("dead", "Dead"), ("withdrawn", "Withdrawn")],
                default="pending",
                max_length=9,
            ),
        ),
    ]
