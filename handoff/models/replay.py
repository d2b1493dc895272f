"""A replay of a definition over past handoffs: what was asked, how far it has come, and what came out."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from handoff.models.work import FINISHED_AT_A_MOMENT, IS_UNFINISHED, Work
from leads.models import Definition


class ReplayRun(Work):
    """One replay, by the criteria that the definition had when it was asked for. A worker resumes what is unfinished.

    The handoffs are taken by when they were offered; those before `cursor` are in the tallies.
    """

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="replays")
    digest = models.CharField(max_length=64, help_text="Of the definition as it was replayed.")
    criteria = models.JSONField(default=list, help_text="Those that it had.")
    start = models.DateTimeField(null=True, help_text="Handed over from then on,")
    end = models.DateTimeField(null=True, help_text="and before then.")
    campaign = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Of this one alone, as it was then."
    )
    source = models.CharField(max_length=200, blank=True, default="", db_default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    total = models.PositiveIntegerField(db_default=0, default=0, help_text="Handoffs of the period when it was asked.")
    done = models.PositiveIntegerField(db_default=0, default=0)
    cursor = models.DateTimeField(null=True, help_text="Handoffs offered before then are counted.")
    tallies = models.JSONField(db_default=[], default=list, help_text="What was counted: rows that only add up.")
    created_at = models.DateTimeField(db_default=Now(), default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "digest", "start", "end", "campaign", "source"],
                condition=IS_UNFINISHED,
                nulls_distinct=False,
                name="replay_run_once",
            ),
            models.CheckConstraint(
                condition=FINISHED_AT_A_MOMENT,
                name="replay_run_finished_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"Replay of the {self.definition}"

    @property
    def is_stale(self) -> bool:
        """The draft was edited since."""
        return self.digest != self.definition.digest
