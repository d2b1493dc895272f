"""Where leads come from."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Campaign(models.Model):
    """One effort of marketing, and what it promised the buyer."""

    name = models.CharField(max_length=200)
    system = models.CharField(max_length=40, blank=True, help_text="The system that external_id belongs to.")
    external_id = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="campaigns"
    )
    promise = models.TextField(blank=True, help_text="What the campaign offered the buyer; shown to sales.")
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "external_id"], condition=~Q(external_id=""), name="campaign_external_id_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
