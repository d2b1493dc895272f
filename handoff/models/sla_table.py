"""The SLA values that change together: a draft until both sides have signed it, and then a version of the SLA table."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from leads.models.signed import Signed

Terms = dict[str, Any]
"""A policy or a calendar as plain values."""


class Subject(models.TextChoices):
    """What a change is about."""

    CALENDAR = "calendar", "Calendar"
    POLICY = "policy", "Policy"


@dataclass(frozen=True)
class SlaChange:
    """What becomes of one policy or calendar."""

    about: str
    key: str
    version: int
    """The one that was in force as the change was drafted; 0 where there was none."""
    before: Terms | None
    after: Terms | None
    """None where it is retired."""

    @property
    def both(self) -> tuple[Terms | None, Terms | None]:
        return self.before, self.after

    @property
    def name(self) -> str:
        return str((self.before or self.after or {})["name"])

    @property
    def in_words(self) -> str:
        """Like `Retires the policy Accept a lead`."""
        verb = "Adds" if self.before is None else "Retires" if self.after is None else "Changes"
        return f"{verb} the {self.about} {self.name}"


class SlaTable(Signed):
    """One version. The first change that both sides have signed is version 1; what held before has no number."""

    version = models.PositiveIntegerField(unique=True)
    changes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "SLA table"
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                condition=Q(marketing_signatory=None) | ~Q(marketing_signatory=F("sales_signatory")),
                name="sla_table_signed_by_two_people",
            ),
            # Of two drafts, the second would be about values that the first changes once it is signed.
            models.UniqueConstraint(
                fields=["active_from"], condition=Q(active_from=None), nulls_distinct=False, name="sla_table_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"SLA table, version {self.version}"

    @property
    def listed(self) -> list[SlaChange]:
        return [SlaChange(**each) for each in self.changes]

    def change_of(self, about: str, key: str) -> SlaChange | None:
        return next((each for each in self.listed if (each.about, each.key) == (about, key)), None)

    def without(self, about: str, key: str) -> list[SlaChange]:
        return [each for each in self.listed if (each.about, each.key) != (about, key)]

    def write(self, changes: list[SlaChange]) -> None:
        """Always in one order, so that the same changes have the same digest."""
        self.changes = [asdict(each) for each in sorted(changes, key=lambda each: (each.about, each.key))]

    @property
    def covered(self) -> Any:
        return self.changes

    @property
    def summary(self) -> str:
        return ". ".join(each.in_words for each in self.listed) + "."
