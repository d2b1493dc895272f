"""Who saw the packet of a handoff before the buyer was contacted."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from handoff.models.handoff import Handoff


class PacketView(models.Model):
    """The first time that a person who owed the first touch saw the packet of a handoff."""

    # No constraints: a page waits for no lock of a handoff, and whoever undoes one need not know of this table.
    handoff = models.ForeignKey(
        Handoff, on_delete=models.CASCADE, related_name="views", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handoff", "person"], name="packet_view_once")]

    def __str__(self) -> str:
        return f"{self.person} saw the packet of handoff {self.handoff_id}"
