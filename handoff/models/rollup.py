"""Figures kept ready for the reports, so that reading them does not grow with the number of leads.

What changes a report appends a delta, in its own transaction and by a trigger of the database, so that no writer can
forget it and none waits for another. The task `fold_reports` adds deltas to the counts from time to time. Whoever reads
sums both, and is exact at every moment.
"""

from django.db import models
from django.db.models import F, Func, Q


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


class CountedClock(models.Model):
    """A clock as the attainment of its lead's campaign (0 is none) counts it. Written by triggers alone.

    It is where the report looks a median up: the counts say in which bucket of times it lies, these rows what lies
    there. What the due time makes of a running clock is not known here.
    """

    clock_id = models.BigIntegerField(primary_key=True)
    metric = models.CharField(max_length=40)
    campaign_id = models.BigIntegerField()
    outcome = models.CharField(max_length=9, help_text="Running, met, breached, excused or cancelled.")
    business = models.FloatField(null=True, help_text="Seconds, of those that were met or breached and timed.")
    wall = models.FloatField(null=True, help_text="Seconds, of those that were met or breached.")

    class Meta:
        indexes = [
            models.Index(
                "metric",
                "campaign_id",
                Func(F(time), function="handoff_bucket"),
                time,
                condition=Q((f"{time}__isnull", False)),
                name=f"counted_clock_{time}",
            )
            for time in ("business", "wall")
        ]

    def __str__(self) -> str:
        return f"Clock {self.clock_id}: {self.outcome}"


class AttainmentFigure(models.Model):
    """How many clocks of a metric and campaign have a figure.

    A figure is an outcome (its bucket is 0), `untimed` (likewise), or one of the times `business` and `wall` with its
    bucket, an eighth of an octave wide: so both the counts and the clocks that tell a median exactly are few.
    """

    metric = models.CharField(max_length=40)
    campaign_id = models.BigIntegerField()
    figure = models.CharField(max_length=9, db_collation="C")
    bucket = models.IntegerField()
    n = models.IntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.metric}, campaign {self.campaign_id}, {self.figure} {self.bucket}: {self.n}"


class AttainmentCount(AttainmentFigure):
    """What has been added up."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["metric", "campaign_id", "figure", "bucket"], name="attainment_count_once")
        ]


class AttainmentDelta(AttainmentFigure):
    """What one act has changed since."""
