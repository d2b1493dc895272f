"""Destinations move here from `sla`, in name only: the tables stay, as the release before still reads them there."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

import handoff.models.destination

MOVED: list[Operation] = [
    migrations.CreateModel(
        name="Destination",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=120, unique=True)),
            (
                "audience",
                models.CharField(
                    choices=[
                        ("owner", "The lead's owner"),
                        ("manager", "The owner's manager"),
                        ("team", "The team's channel or mailbox"),
                        ("marketing", "The campaign's owner, or else the marketing leads"),
                        ("revops", "RevOps"),
                        ("fixed", "A fixed address"),
                    ],
                    max_length=10,
                ),
            ),
            ("medium", models.CharField(choices=handoff.models.destination.media, max_length=8)),
            ("address", models.CharField(blank=True, max_length=500)),
            ("active", models.BooleanField(default=True)),
        ],
        options={
            "db_table": "sla_destination",
            "ordering": ["name"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("audience", "fixed"), models.Q(("address", ""), _negated=True)),
                        models.Q(models.Q(("audience", "fixed"), _negated=True), ("address", "")),
                        _connector="OR",
                    ),
                    name="destination_fixed_has_address",
                    violation_error_message="Give an address for a fixed destination, and only then: any other takes it from the person or the team.",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("medium", "webhook"), _negated=True), ("audience", "fixed"), _connector="OR"
                    ),
                    name="destination_webhook_is_fixed",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="StepRecipient",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "step",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="recipients", to="sla.step"
                ),
            ),
            (
                "destination",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="recipients", to="handoff.destination"
                ),
            ),
        ],
        options={
            "db_table": "sla_step_tells",
            "constraints": [models.UniqueConstraint(fields=("step", "destination"), name="step_recipient_once")],
        },
    ),
    migrations.AddField(
        model_name="destination",
        name="steps",
        field=models.ManyToManyField(related_name="destinations", through="handoff.StepRecipient", to="sla.step"),
    ),
    migrations.AlterField(
        model_name="subscription",
        name="destination",
        field=models.ForeignKey(
            on_delete=django.db.models.deletion.CASCADE, related_name="subscriptions", to="handoff.destination"
        ),
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0008_reevaluate"),
        ("sla", "0007_alarms_by_ranges"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=MOVED),
        migrations.RunSQL(
            "ALTER TABLE sla_step_tells RENAME CONSTRAINT sla_step_tells_step_id_destination_id_d0a4c2b6_uniq TO step_recipient_once",
            "ALTER TABLE sla_step_tells RENAME CONSTRAINT step_recipient_once TO sla_step_tells_step_id_destination_id_d0a4c2b6_uniq",
        ),
        # Which channel takes fixed addresses only is said by the channel.
        migrations.RemoveConstraint(model_name="destination", name="destination_webhook_is_fixed"),
        migrations.AlterField(
            model_name="destination",
            name="medium",
            field=models.CharField(choices=handoff.models.destination.media, max_length=20),
        ),
        migrations.AddField(
            model_name="destination",
            name="signing_secret",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=100),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="medium",
            field=models.CharField(choices=handoff.models.destination.media, max_length=20),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="address",
            field=models.CharField(help_text="It may be a secret: show `place` instead.", max_length=500),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="digest",
            field=models.BooleanField(default=False, help_text="Waits to be sent together with others, once a day."),
        ),
        migrations.AddField(
            model_name="delivery",
            name="destination",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deliveries",
                to="handoff.destination",
            ),
        ),
    ]
