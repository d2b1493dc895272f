"""Let a metric have a longer name. The column of clocks is altered by handoff 0016, as its triggers look at it."""

from django.db import migrations, models

METRICS = [
    ("time_to_assign", "Time to assign"),
    ("time_to_accept", "Time to accept"),
    ("time_to_touch", "Time to touch"),
    ("speed_to_lead", "Speed to lead"),
    ("time_to_next_touch", "Time to next touch"),
    ("time_to_qualify", "Time to qualify"),
    ("time_to_convert", "Time to convert"),
    ("time_to_answer", "Time to answer"),
    ("time_to_decide", "Time to decide"),
]


class Migration(migrations.Migration):
    dependencies = [("sla", "0010_notifying_has_left")]

    operations = [
        migrations.AlterField("policy", "metric", models.CharField(choices=METRICS, max_length=40)),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("clock", "metric", models.CharField(choices=METRICS, max_length=40)),
            ]
        ),
    ]
