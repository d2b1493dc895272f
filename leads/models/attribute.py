"""The catalogue of attributes: facts of a lead that RevOps adds without a migration."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone

from leads import catalogue
from leads.facts import FactType, built_in_facts
from leads.models.lead import Lead
from leads.models.people import MARKETING, Role

MOST_CHOICES, LONGEST_LABEL = 200, 80
# What the API, files and conditions call otherwise: an attribute of that name would be read as that.
RESERVED = frozenset(
    {"id", "state", "owner", "team", "reason", "cycle", "created_at", "updated_at", "external_id", "message"}
)


class AttributeType(models.TextChoices):
    TEXT = FactType.TEXT, "Text"
    LONG_TEXT = FactType.LONG_TEXT, "Long text"
    NUMBER = FactType.DECIMAL, "Number"
    MONEY = FactType.MONEY, "Money"
    DATE = FactType.DATE, "Date"
    YES_NO = FactType.YES_NO, "Yes or no"
    CHOICE = FactType.CHOICE, "Choice"
    CHOICES = FactType.CHOICES, "Several choices"


WITH_CHOICES = (AttributeType.CHOICE, AttributeType.CHOICES)


def default_editors() -> list[str]:
    return sorted({*MARKETING, Role.REVOPS})


class Attribute(models.Model):
    """One attribute. Its key stays, and its type as long as any lead has a value; it is archived, never deleted."""

    key = models.CharField(
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Use small letters, digits and underscores, like annual_budget.")
        ],
        help_text="In files, the API and conditions. It cannot be changed later.",
    )
    label = models.CharField(max_length=LONGEST_LABEL, help_text="What people read.")
    type = models.CharField(max_length=10, choices=AttributeType)
    choices = models.JSONField(default=list, db_default=[], blank=True)
    help = models.CharField(max_length=200, blank=True, default="", db_default="")
    synonyms = models.JSONField(
        default=list, db_default=[], blank=True, help_text="What the headers of files call it, besides key and label."
    )
    seen_by = models.JSONField(default=list, db_default=[], blank=True)
    edited_by = models.JSONField(default=default_editors, blank=True)
    in_packet = models.BooleanField(default=True, db_default=True, help_text="Sales reads it when a lead is offered.")
    in_messages = models.BooleanField(default=False, db_default=False, help_text="Shown in notifications.")
    position = models.PositiveSmallIntegerField(default=100, db_default=100, help_text="Lower comes first.")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        """RevOps runs the catalogue, so it sees and edits all of it."""
        if self.seen_by:
            self.seen_by = sorted({*self.seen_by, Role.REVOPS})
        self.edited_by = sorted({*self.edited_by, Role.REVOPS})
        super().save(*args, **kwargs)
        catalogue.forget()
        transaction.on_commit(catalogue.forget)  # another thread may have read it meanwhile as it was

    @property
    def name(self) -> str:
        """The fact that it is."""
        return f"attributes.{self.key}"

    def clean(self) -> None:
        errors = dict(self._complaints())
        if errors:
            raise ValidationError(errors)

    def _complaints(self) -> Iterator[tuple[str, str]]:
        if self.key in {fact.name for fact in built_in_facts()} | RESERVED:
            yield "key", f"“{self.key}” is the name of a field that every lead has: use another one."
        if self._has_changed("type") and self.is_used():
            yield "type", "Leads have values of this type already: archive this attribute and add another one."
        if self._has_changed("key"):
            yield "key", "The key of an attribute cannot be changed."
        if self.type in WITH_CHOICES and not any(not each.get("archived") for each in self.choices):
            yield "choices", "Give at least one choice."
        if len(self.choices) > MOST_CHOICES:
            yield "choices", f"These are {len(self.choices)} choices: give at most {MOST_CHOICES}."
        if self.in_messages and self.seen_by:
            yield "in_messages", "Messages also reach channels: only what everyone may see is shown in them."

    def _has_changed(self, field: str) -> bool:
        stored = type(self).objects.filter(pk=self.pk).values_list(field, flat=True).first() if self.pk else None
        return stored is not None and stored != getattr(self, field)

    def is_used(self) -> bool:
        """Some lead has a value."""
        return Lead.objects.filter(attributes__has_key=self.key).exists()

    def is_asked_for(self, asked: Any) -> bool:
        """Conditions ask for it."""
        return any(condition["field"] == self.name for condition in asked)

    def archive(self, *, archived: bool) -> None:
        self.archived_at = timezone.now() if archived else None
        self.save(update_fields=["archived_at"])
