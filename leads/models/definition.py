"""What both sides agreed a stage means."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from leads.conditions import validate_conditions
from leads.models.signed import Signed


class Stage(models.TextChoices):
    MQL = "mql", "MQL"
    SQL = "sql", "SQL"


class Definition(Signed):
    """One version of the meaning of a stage, in words and in criteria that a machine can check.

    It is active from the moment both sides have signed this very version, until the next one is.
    """

    stage = models.CharField(max_length=5, choices=Stage)
    version = models.PositiveIntegerField()
    text = models.TextField()
    criteria = models.JSONField(default=list, blank=True, validators=[validate_conditions])

    class Meta:
        ordering = ["stage", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "version"], name="definition_version_once"),
            models.CheckConstraint(
                condition=Q(marketing_signatory=None) | ~Q(marketing_signatory=F("sales_signatory")),
                name="definition_signed_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} definition, version {self.version}"

    @property
    def covered(self) -> Any:
        return [self.stage, self.text, self.criteria]

    @property
    def summary(self) -> str:
        return self.text

    @classmethod
    def active(cls, stage: str) -> "Definition | None":
        """The version in force for a stage: the latest that became active."""
        return cls.objects.filter(stage=stage, active_from__isnull=False).order_by("-active_from", "-version").first()
