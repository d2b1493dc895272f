"""Figures of reports kept by day, the questions that they answer, and what has changed since (see ADR 30)."""

from django.db import models


class ReportMark(models.Model):
    """Something of a lead has changed, or something was at a moment and is not any more. Appended by triggers alone.

    With neither, what has changed may be of any day, as when a campaign gets another name.
    """

    lead_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Lead {self.lead_id}, {self.at}"


class ReportQuestion(models.Model):
    """Something that was asked of a report, whatever the period: its figures are kept while it is asked."""

    digest = models.CharField(max_length=64, unique=True, help_text="Of all on which the figures of every day depend.")
    definition = models.CharField(max_length=64, help_text="The digest of what is counted, and how.")
    by = models.CharField(max_length=80)
    values = models.JSONField()
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.definition[:8]} by {self.by}"


class ReportSpan(models.Model):
    """What the things of some days, the last one exclusive, add up to for a question. It is never changed."""

    question = models.ForeignKey(ReportQuestion, on_delete=models.CASCADE, db_index=False)
    first = models.DateField()
    until = models.DateField()
    figures = models.TextField(help_text="JSON: for each row its counts, its amounts, and how long its arrays are.")
    runs = models.BinaryField(help_text="The sorted arrays of those rows, for percentiles.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "first", "until"], name="report_span_once")]
        indexes = [models.Index(fields=["first", "until"], name="report_span_days")]

    def __str__(self) -> str:
        return f"{self.first} to {self.until}"
