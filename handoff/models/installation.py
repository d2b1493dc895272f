"""Which installation a database belongs to."""

from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """The one row that says for which host messages are sent from here: a copy of it elsewhere sends none."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    host = models.CharField(max_length=255)
    claimed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="installation_once")]

    def __str__(self) -> str:
        return self.host
