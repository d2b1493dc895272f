"""Why a lead is rejected: the managed list."""

from django.db import models


class Route(models.TextChoices):
    """What becomes of a lead rejected for this reason."""

    RECYCLE = "recycle"
    FIX = "fix"
    RETIRE = "retire"
    MERGE = "merge"
    REROUTE = "reroute"


class Side(models.TextChoices):
    """Whose quality a rejection counts against."""

    MARKETING = "marketing"
    SALES = "sales"
    NOBODY = "nobody"


class Evidence(models.TextChoices):
    """What the rejecter must show."""

    NONE = "none", "nothing more"
    NOTE = "note", "a note"
    OTHER_LEAD = "other_lead", "the other lead"
    RETRY_ON = "retry_on", "the date to try again"
    WRONG_FIELD = "wrong_field", "which detail is wrong"
    TOUCHES = "touches", "the contracted attempts, logged"


class Reason(models.Model):
    """One entry of the list. Retired reasons stay readable on old rejections and cannot be chosen any more."""

    code = models.SlugField(unique=True)
    label = models.CharField(max_length=120)
    route = models.CharField(max_length=10, choices=Route)
    counts_against = models.CharField(max_length=10, choices=Side)
    evidence = models.CharField(max_length=12, choices=Evidence, default=Evidence.NONE)
    counts_as_valid = models.BooleanField(
        "counts as a valid lead",
        default=False,
        db_default=False,
        help_text="It was a good lead, though not for now: marketing delivered what was agreed on.",
    )
    min_note_length = models.PositiveSmallIntegerField(default=0, help_text="Characters the note must have.")
    min_touches = models.PositiveSmallIntegerField(default=0, help_text="Genuine touches that must be logged.")
    concerns = models.JSONField(
        blank=True,
        default=list,
        db_default=[],
        help_text="What criteria may ask for that it is about: a rejection for it speaks of the criteria that do.",
    )
    position = models.PositiveSmallIntegerField(default=100)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "label"]
        constraints = [
            models.CheckConstraint(condition=models.Q(route__in=Route.values), name="reason_route_known"),
            models.CheckConstraint(condition=models.Q(counts_against__in=Side.values), name="reason_side_known"),
        ]

    def __str__(self) -> str:
        return self.label

    def about(self, wrong_field: str = "") -> list[str]:
        """The fields of criteria that a rejection speaks of: the detail that was wrong, else what the reason names."""
        return [wrong_field] if wrong_field else list(self.concerns)
