"""What the buyer agreed to be contacted for, and took back: append-only; the newest word on a purpose counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from leads.models.lead import Lead
from leads.models.transition import Via
from leads.moments import storable
from leads.normalise import is_storable

LONGEST_WORDING, LONGEST_SOURCE = 10_000, 200
CLOCK_SKEW = timedelta(minutes=5)  # between the other system and us


class Purpose(models.TextChoices):
    """By what means the buyer may be contacted."""

    EMAIL = "email", "Email"
    PHONE = "phone", "Phone"
    ALL = "all", "Everything"


class Consent(models.Model):
    """One word of the buyer. The database refuses to change a row of it; a merge moves it to the lead that stays."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=5, choices=Purpose)
    granted = models.BooleanField(help_text="Given; else withdrawn.")
    wording = models.TextField(blank=True, help_text="What the buyer agreed to, word by word.")
    at = models.DateTimeField(help_text="When the buyer said so.")
    recorded_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=200, blank=True, help_text="The form, call or system that has it on record.")
    via = models.CharField(max_length=8, choices=Via)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    is_inferred = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Not said by the buyer: a merge withdrew it, as the stricter of two leads counts. "
        "Undoing it removes it.",
    )

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(purpose__in=Purpose.values), name="consent_purpose_known"),
        ]
        indexes = [models.Index(fields=["lead", "at"], name="consent_of_lead")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {'granted' if self.granted else 'withdrawn'}"

    @property
    def order(self) -> tuple[bool, datetime, bool, int]:
        """Of several on one purpose the greatest counts, as `leads_newest_consents` has it.

        A consent without a moment is weaker than all others: nobody knows whether it is older.
        """
        is_undated = self.granted and self.at == self.recorded_at
        return not is_undated, self.at, not self.granted, self.pk


@dataclass(frozen=True)
class ConsentStatement:
    """A consent as it comes in. Without a moment it only says how things are now, and nobody knows since when."""

    purpose: str
    granted: bool
    at: datetime | None = None
    wording: str = ""
    source: str = ""
    via: str = Via.SYSTEM
    by: int | None = None

    def check(self) -> None:
        """ValidationError (field -> messages) for what cannot be kept."""
        if self.purpose not in Purpose.values:
            raise _refused("purpose", f"“{self.purpose}” is not a valid purpose: use one of {', '.join(Purpose)}.")
        for name, text, longest in (
            ("wording", self.wording, LONGEST_WORDING),
            ("source", self.source, LONGEST_SOURCE),
        ):
            if not is_storable(text):
                raise _refused(name, "Contains invalid characters (NUL or unpaired surrogate).")
            if len(text) > longest:
                raise _refused(name, f"The {name} may have at most {longest} characters.")
        if self.at is not None and self._moment(self.at) > timezone.now() + CLOCK_SKEW:
            raise _refused("at", "This time is in the future: give when the buyer said so, or leave it out.")

    def _moment(self, at: datetime) -> datetime:
        try:
            return storable(at)
        except ValidationError as error:
            raise ValidationError({"at": error.messages}) from error


def _refused(name: str, complaint: str) -> ValidationError:
    return ValidationError({name: [complaint]})


def record(statements: Iterable[tuple[Lead, ConsentStatement]]) -> list[Consent]:
    """Keep what is new in them, in few statements, and return that. Call it with the leads locked: they say what is on
    record.

    A trigger sums up on each lead what its newest consents say.
    """
    now = timezone.now()
    rows = [_row(lead, each, now) for lead, each in statements if is_news(lead, each)]
    new = {_identity(row): row for row in rows}
    with_history = {lead.pk for lead, *_ in new if lead.consent}
    stored = Consent.objects.filter(lead__in=with_history).select_related("lead") if with_history else ()
    kept = set(map(_identity, stored))  # an older word that came in another order
    return Consent.objects.bulk_create(row for identity, row in new.items() if identity not in kept)


def on_record(lead: Lead, statement: ConsentStatement) -> Consent:
    """What makes a statement no news: the same word, or what counts where the statement has no moment."""
    rows = lead.consents.filter(purpose=statement.purpose)
    if statement.at is not None:
        return rows.get(granted=statement.granted, at=storable(statement.at))
    return max(rows, key=lambda row: row.order)


def is_news(lead: Lead, statement: ConsentStatement) -> bool:
    """It says something that is not on record.

    One without a moment changes nothing where the same is on record; and a consent without a moment gives back nothing
    that was withdrawn: nobody knows whether it is older.
    """
    known: Mapping[str, Any] | None = lead.consent.get(statement.purpose)
    if known is None:
        return True
    if statement.at is None:  # a merge may have withdrawn it already, until it is undone
        return not statement.granted and (known["granted"] or known.get("is_inferred", False))
    return known["granted"] != statement.granted or datetime.fromisoformat(known["at"]) != storable(statement.at)


def _row(lead: Lead, each: ConsentStatement, now: datetime) -> Consent:
    return Consent(
        lead=lead,
        purpose=each.purpose,
        granted=each.granted,
        wording=each.wording,
        at=storable(each.at) if each.at else now,
        recorded_at=now,  # the same as `at` of those without a moment: by that they are known
        source=each.source,
        via=each.via,
        by_id=each.by,
    )


def _identity(row: Consent) -> tuple[Lead, str, bool, datetime]:
    return row.lead, row.purpose, row.granted, row.at
