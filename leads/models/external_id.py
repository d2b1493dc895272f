"""The names of leads in other systems."""

from django.db import models

from leads.models.lead import Lead


class ExternalId(models.Model):
    """The name of a lead in another system. A lead may have several, also in one system."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="external_ids")
    system = models.CharField(max_length=40)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "value"], name="external_id_once")]

    def __str__(self) -> str:
        return f"{self.system}:{self.value}"
