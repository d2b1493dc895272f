"""Indexes by which leads and their history are listed and searched. Concurrently: they are written meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Func, Q, TextField, Value
from django.db.models.functions import Coalesce, Collate, Lower

# In the order of bytes, in which an index knows how a text begins, whatever the locale of the database.
NAME, COMPANY = (Collate(Lower(column), "C") for column in ("name", "company"))
LAST_WORD = Collate(Func(Lower("name"), Value(" "), Value(-1), function="split_part", output_field=TextField()), "C")
OF_LEADS = [
    models.Index(Coalesce("score", Value(-(2**31))), "id", name="lead_score"),
    models.Index(fields=["updated_at", "id"], name="lead_updated"),
    models.Index(fields=["entered_at", "id"], name="lead_entered"),
    models.Index(NAME, name="lead_name"),
    models.Index(LAST_WORD, name="lead_last_word"),
    models.Index(COMPANY, name="lead_company"),
]
OF_HISTORY = [
    models.Index(fields=["at", "id"], name="transition_at"),
    models.Index(fields=["verb", "at"], name="transition_verb"),
    models.Index(fields=["via", "at"], name="transition_via"),
]
DECIDED = models.Index(fields=["state", "-score", "-id"], condition=~Q(state="open"), name="possible_duplicate_decided")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0026_briefs")]

    operations = [
        *(AddIndexConcurrently("lead", index) for index in OF_LEADS),
        *(AddIndexConcurrently("transition", index) for index in OF_HISTORY),
        AddIndexConcurrently("possibleduplicate", DECIDED),
    ]
