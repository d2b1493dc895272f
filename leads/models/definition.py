"""What both sides agreed a stage means."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from leads.conditions import validate_conditions
from leads.models.people import Team
from leads.models.signed import Signed, kept


class Stage(models.TextChoices):
    MQL = "mql", "MQL"
    SAL = "sal", "SAL"  # in words alone: what sales owes once it has accepted
    SQL = "sql", "SQL"


class Receiver(models.TextChoices):
    """To whom a lead goes that is promoted by itself."""

    ACCOUNT = "account", "The owner of the account, else the rotation of the team"
    ROTATION = "rotation", "The rotation of the team"
    QUEUE = "queue", "The queue of the team"


class Definition(Signed):
    """One version of the meaning of a stage, in words and in criteria that a machine can check.

    It is active from the moment both sides have signed this very version, until the next one is.
    """

    stage = models.CharField(max_length=5, choices=Stage)
    version = models.PositiveIntegerField()
    text = models.TextField()
    criteria = models.JSONField(default=list, blank=True, validators=[validate_conditions])
    promotes = models.BooleanField(
        "promotes by itself",
        default=False,
        db_default=False,
        help_text="A raw lead that comes to meet the criteria is handed over at once, without anybody's doing.",
    )
    receiver = models.CharField(
        "given to", max_length=8, choices=Receiver, default=Receiver.QUEUE, db_default=Receiver.QUEUE
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="The team that gets it."
    )
    looked_to = models.BigIntegerField(
        null=True,
        default=0,
        db_default=0,
        editable=False,
        help_text="Of the leads that were there when it came into force, the last that was looked at. Empty: all were.",
    )

    class Meta:
        ordering = ["stage", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "version"], name="definition_version_once"),
            models.CheckConstraint(
                condition=Q(marketing_signatory=None) | ~Q(marketing_signatory=F("sales_signatory")),
                name="definition_signed_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(promotes=False) | Q(stage=Stage.MQL, team__isnull=False),
                name="definition_promotes_to_a_team",
                violation_error_message="Only a definition of MQL promotes by itself, and it names a team.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} definition, version {self.version}"

    @property
    def covered(self) -> Any:
        return [self.stage, self.text, self.criteria, [self.promotes, self.receiver, self.team_id]]

    @property
    def summary(self) -> str:
        return self.text

    @classmethod
    def active(cls, stage: str) -> "Definition | None":
        """The version in force for a stage: the latest that became active."""
        signed = cls.objects.filter(stage=stage, active_from__isnull=False)
        return kept((cls, stage), signed.order_by("-active_from", "-version").first)


class Candidate(models.Model):
    """A raw lead that may meet the definition that promotes: it is to be judged when it is due.

    A trigger writes these rows where a lead or its touchpoints change. A lead may have several: whoever adds one waits
    for nobody, and the worker deletes those that it has read.
    """

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    due_at = models.DateTimeField(db_default=Now(), help_text="Later than now where time alone may decide.")

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], name="candidate_due")]

    def __str__(self) -> str:
        return f"Lead {self.lead_id}"
