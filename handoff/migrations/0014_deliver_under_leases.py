from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0013_standard_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("holder", models.UUIDField()),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RateLimit",
            fields=[
                (
                    "receiver",
                    models.CharField(
                        help_text="A medium, or the digest of a web address.",
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.AlterField(
            model_name="incident",
            name="part",
            field=models.CharField(
                choices=[("beat", "Beat"), ("worker", "Worker"), ("outbox", "Outbox")], max_length=6
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="priority",
            field=models.PositiveSmallIntegerField(
                db_default=3, default=3, help_text="The smaller, the sooner, when many wait."
            ),
        ),
    ]
