"""An act on many leads at once, with how far it has come."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from handoff.models.work import FINISHED_AT_A_MOMENT, IS_UNFINISHED, Work, WorkState
from leads.models import Team, Via
from sla.metrics import Metric
from sla.models import Policy


class BulkKind(models.TextChoices):
    APPLY = "apply", "Apply a policy to running clocks"
    EXCUSE = "excuse", "Excuse breaches"


class BulkAct(Work):
    """One act on many clocks: who asked for it and why, and how far it has come. A worker resumes what is unfinished.

    The clocks are taken by their ids; all up to `cursor` have been dealt with.
    """

    kind = models.CharField(max_length=8, choices=BulkKind)
    policy = models.ForeignKey(Policy, null=True, on_delete=models.PROTECT, related_name="+", help_text="To apply.")
    start = models.DateTimeField(null=True, help_text="Breaches that were due from then on are excused,")
    end = models.DateTimeField(null=True, help_text="and before then.")
    metric = models.CharField(max_length=40, choices=Metric, blank=True, db_default="", default="")
    team = models.ForeignKey(
        Team, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, help_text="Of this team alone."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Of this owner alone.",
    )
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    via = models.CharField(max_length=8, choices=Via, db_default=Via.CONSOLE, default=Via.CONSOLE)
    request_id = models.CharField(max_length=64, blank=True, db_default="", default="")
    total = models.PositiveIntegerField(db_default=0, default=0, help_text="Clocks when it was asked for.")
    done = models.PositiveIntegerField(db_default=0, default=0)
    refused = models.PositiveIntegerField(db_default=0, default=0)
    refusals = models.JSONField(db_default=[], default=list, help_text="The first refused: pairs of a lead and words.")
    cursor = models.BigIntegerField(db_default=0, default=0, help_text="The last clock that was dealt with.")
    created_at = models.DateTimeField(db_default=Now(), default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy"], condition=IS_UNFINISHED & Q(kind=BulkKind.APPLY), name="bulk_act_applies_once"
            ),
            models.UniqueConstraint(
                fields=["start", "end", "metric", "team", "owner"],
                condition=IS_UNFINISHED & Q(kind=BulkKind.EXCUSE),
                nulls_distinct=False,
                name="bulk_act_excuses_once",
            ),
            models.CheckConstraint(
                condition=Q(kind=BulkKind.APPLY, policy__isnull=False, start=None, end=None)
                | Q(kind=BulkKind.EXCUSE, policy=None, start__isnull=False, end__isnull=False),
                name="bulk_act_says_of_which_clocks",
            ),
            models.CheckConstraint(
                condition=FINISHED_AT_A_MOMENT,
                name="bulk_act_finished_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        if self.policy is not None:
            return f"Apply {self.policy}"
        metric = f" of {self.get_metric_display().lower()}" if self.metric else ""
        whose = "".join(f", {each}" for each in (self.team, self.owner) if each)
        return f"Excuse breaches{metric}{whose}"

    @property
    def counted(self) -> int:
        """The clocks that were dealt with; when all is done, those too that had left its set before their turn came."""
        return self.done + self.refused + self.passed_by

    @property
    def passed_by(self) -> int:
        """Those that were no longer to be changed when their turn came: stopped, overdue or excused meanwhile."""
        return max(0, self.total - self.done - self.refused) if self.state == WorkState.DONE else 0
