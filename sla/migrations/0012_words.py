"""Plainer labels, help texts and messages; the database is not touched."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0011_longer_names_of_metrics"),
    ]

    operations = [
        migrations.AlterField(
            model_name="calendar",
            name="overrides",
            field=models.JSONField(
                blank=True, default=dict, help_text='Special days, like {"2026-12-24": [["09:00", "13:00"]]}.'
            ),
        ),
        migrations.AlterField(
            model_name="policy",
            name="floor_seconds",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Business time that a new owner has at least.",
                verbose_name="minimum left after reassignment",
            ),
        ),
        migrations.AlterField(
            model_name="policy",
            name="on_reassign",
            field=models.CharField(
                choices=[
                    ("carry", "Carry on with what is left"),
                    ("restart", "Start again with the whole target"),
                    ("floor", "Carry on, with a guaranteed minimum"),
                ],
                default="carry",
                max_length=7,
                verbose_name="on reassignment",
            ),
        ),
        migrations.AlterField(
            model_name="policy",
            name="pause_budget_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Business time that pauses may take out of one clock; empty: any, 0: none.",
                null=True,
                verbose_name="maximum paused time",
            ),
        ),
        migrations.AlterField(
            model_name="policy",
            name="position",
            field=models.PositiveSmallIntegerField(
                default=100, help_text="The lower number wins.", verbose_name="priority"
            ),
        ),
        migrations.AlterField(
            model_name="step",
            name="out_of_rotation_seconds",
            field=models.PositiveIntegerField(
                default=0,
                help_text="How long the owner is given no other lead; 0: they stay in rotation.",
                verbose_name="out of rotation",
            ),
        ),
        migrations.AlterField(
            model_name="step",
            name="pierces",
            field=models.BooleanField(default=False, verbose_name="ignores quiet hours"),
        ),
        migrations.AlterConstraint(
            model_name="policy",
            name="policy_floor_has_a_length",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("floor_seconds__gt", 0), ("on_reassign", "floor")),
                    models.Q(models.Q(("on_reassign", "floor"), _negated=True), ("floor_seconds", 0)),
                    _connector="OR",
                ),
                name="policy_floor_has_a_length",
                violation_error_message="Set a minimum with “Carry on, with a guaranteed minimum”, and only then.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="step",
            name="step_instant_makes_sense",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("after_seconds", 0), ("percent__gte", 1), ("percent__lt", 100)),
                    ("percent", 100),
                    _connector="OR",
                ),
                name="step_instant_makes_sense",
                violation_error_message="A step must be at 1 to 99 per cent of the target, at 100, or after it.",
            ),
        ),
    ]
