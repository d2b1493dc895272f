"""Rejections from a file of outcomes: done by the verb, so refused in its words too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from handoff import workflow
from handoff.imports.kind import Outcome, Reading, Row
from handoff.models import Rejection
from handoff.workflow.act import lock, settled_at
from leads.identity import Incoming, find_many
from leads.merged import family
from leads.models import Lead, Reason, State

REJECTION = {
    "reason": ("rejection_reason", "disqualification_reason", "hs_lead_disqualification_reason", "unqualified_reason"),
    "note": ("reason_note", "rejection_note", "notes", "comment"),
    "duplicate_of": ("duplicate", "duplicate_id"),
    "retry_on": ("retry_date", "not_before"),
    "wrong_field": ("wrong_detail",),
    "rejected_at": ("rejected_date", "rejection_date", "disqualified_date", "hs_lead_disqualified_date"),
}


@dataclass(frozen=True)
class Lookups:
    """What the rows of a chunk name by words of their own: reasons by their labels, other leads by their ids."""

    codes: Mapping[str, str]
    others: Mapping[str, Lead]

    @classmethod
    def of(cls, rows: Sequence[Row], reading: Reading) -> "Lookups":
        named = sorted({text for row in rows if (text := row.get("duplicate_of"))})
        leads = find_many(_incoming(text, reading) for text in named) if named else []
        others = {text: lead for text, lead in zip(named, leads, strict=True) if isinstance(lead, Lead)}
        labels = Reason.objects.order_by("-pk").values_list("label", "code") if any(map(_reason, rows)) else ()
        return cls({label.casefold(): code for label, code in labels}, others)


def reject(row: Row, lead: Lead, reading: Reading, lookups: Lookups) -> Outcome:
    """Reject the lead, unless this very rejection is there already."""
    at = reading.moment(row, "rejected_at")
    facts = _facts(row, reading, lookups)
    with transaction.atomic():
        current = lock(lead.pk)
        if _recorded(current, facts["reason"], at).exists():
            return "unchanged"
        when = max(at, settled_at(current)) if at and reading.historical else at
        workflow.reject(lead.pk, by=None, door=reading.door, at=when, **facts)
    return "created"


def _recorded(lead: Lead, reason: str, at: datetime | None) -> QuerySet[Rejection]:
    """The same rejection of before. A backfilled one may be dated later, so that moments never go backwards."""
    same = Rejection.objects.filter(lead__in=family(lead.pk), reason__code=reason)
    if at is not None:
        return same.filter(at__gte=at)
    return same if lead.state == State.REJECTED else same.none()


def _facts(row: Row, reading: Reading, lookups: Lookups) -> dict[str, Any]:
    """The verb judges them: a reason that is retired or unknown, or another lead that is not there."""
    reason, other = _reason(row), row.get("duplicate_of")
    return {
        "note": row.prose("note"),
        "wrong_field": row.get("wrong_field"),
        "reason": lookups.codes.get(reason) or reason.replace(" ", "_"),
        "retry_on": reading.day(row, "retry_on"),
        "duplicate_of": lookups.others.get(other, other) if other else None,
    }


def _reason(row: Row) -> str:
    return row.get("reason").casefold()


def _incoming(text: str, reading: Reading) -> Incoming:
    """Another lead by its email, or by its id in the same system; one by its number here is for the verb."""
    return Incoming({"email": text}) if "@" in text else Incoming({}, [(reading.system, text)])
