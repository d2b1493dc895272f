"""Rejections from a file of outcomes: done by the verb, so refused in its words too."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from handoff import workflow
from handoff.imports.kind import Outcome, Reading, Row
from handoff.models import Rejection
from handoff.workflow.act import lock, settled_at
from leads.identity import Incoming, find_many
from leads.models import Lead, Reason, State

REJECTION = {
    "reason": ("rejection_reason", "disqualification_reason", "hs_lead_disqualification_reason", "unqualified_reason"),
    "note": ("reason_note", "rejection_note", "notes", "comment"),
    "duplicate_of": ("duplicate", "duplicate_id"),
    "retry_on": ("retry_date", "not_before"),
    "wrong_field": ("wrong_detail",),
    "rejected_at": ("rejected_date", "rejection_date", "disqualified_date", "hs_lead_disqualified_date"),
}


def reject(row: Row, lead: Lead, reading: Reading) -> Outcome:
    """Reject the lead, unless this very rejection is known already."""
    at = reading.moment(row, "rejected_at")
    facts = _facts(row, reading)
    with transaction.atomic():
        current = lock(lead.pk)
        if _known(current, facts["reason"], at).exists():
            return "unchanged"
        when = max(at, settled_at(current)) if at and reading.historical else at
        workflow.reject(lead.pk, by=None, door=reading.door, at=when, **facts)
    return "created"


def _known(lead: Lead, reason: str, at: datetime | None) -> QuerySet[Rejection]:
    """The same rejection as told before. A backfilled one may be dated later, so that moments never go backwards."""
    same = lead.rejections.filter(reason__code=reason)
    if at is not None:
        return same.filter(at__gte=at)
    return same if lead.state == State.REJECTED else same.none()


def _facts(row: Row, reading: Reading) -> dict[str, Any]:
    return {
        "note": row.prose("note"),
        "wrong_field": row.get("wrong_field"),
        "reason": _code(row.get("reason")),
        "retry_on": reading.day(row, "retry_on"),
        "duplicate_of": _other(row.get("duplicate_of"), reading),
    }


def _code(text: str) -> str:
    """A reason by its code or by its label, retired or not; the verb judges it."""
    spelled = Reason.objects.filter(label__iexact=text).first()
    return spelled.code if spelled else text.casefold().replace(" ", "_")


def _other(text: str, reading: Reading) -> Any:
    """The other lead by its id in the same system, by its email, or by its number here; the verb judges."""
    if not text:
        return None
    key: dict[str, Any] = {"email": text} if "@" in text else {}
    found = find_many([Incoming(key, [] if key else [(reading.system, text)])])[0]
    return found if isinstance(found, Lead) else text
