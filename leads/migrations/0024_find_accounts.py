"""The leads of one company that have an owner, found by its name, upper and lower case aside."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0023_promotion")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(
                Upper("company"), condition=Q(owner__isnull=False) & ~Q(company=""), name="lead_owned_company"
            ),
        ),
    ]
