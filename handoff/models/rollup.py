"""Figures kept ready for the funnel, so that reading it does not grow with the number of leads.

What changes the funnel appends a delta, in its own transaction and by a trigger of the database, so that no writer can
forget it and none waits for another. The task `fold_reports` adds deltas to the counts from time to time. Whoever reads
sums both, and is exact at every moment.
"""

from django.db import models


class FunnelFigures(models.Model):
    """What leads of one month of capture (its first day, UTC), campaign (0 is none) and source add to the funnel.

    Amounts won are kept by currency, and `priced` says how many there are; all other figures stand under no currency.
    """

    month = models.DateField()
    campaign_id = models.BigIntegerField()
    source = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    leads = models.IntegerField()
    mql = models.IntegerField()
    sal = models.IntegerField()
    sql = models.IntegerField()
    opportunity = models.IntegerField()
    won = models.IntegerField()
    priced = models.IntegerField()
    amount = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        abstract = True


class FunnelCount(FunnelFigures):
    """What has been added up."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "campaign_id", "source", "currency"], name="funnel_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}, campaign {self.campaign_id}, {self.source}: {self.leads}"


class FunnelDelta(FunnelFigures):
    """What one act has changed since."""

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}, campaign {self.campaign_id}, {self.source}: {self.leads:+}"
