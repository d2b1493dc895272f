"""What sales heard from buyers, for marketing to learn from."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from leads.models import Lead


class NoteKind(models.TextChoices):
    PAIN_POINT = "pain_point", "Pain point"
    QUESTION = "question", "Question"
    OBJECTION = "objection", "Objection"
    ASSET = "asset", "Asset used"
    IDEA = "idea", "Idea"
    COMPETITOR = "competitor", "Competitor"


class FieldNote(models.Model):
    """One thing that a salesperson learnt of a lead, by its kind."""

    # Without constraints: whoever deletes what an import has brought need not know of this table.
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="field_notes", db_constraint=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=10, choices=NoteKind)
    text = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"
