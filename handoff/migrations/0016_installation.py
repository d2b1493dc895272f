from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handoff", "0015_send_the_urgent_first")]

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=255)),
                ("claimed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="installation_once")],
            },
        ),
    ]
