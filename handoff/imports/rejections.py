"""Rejections from files: those of today by the verb, and refused in its words; those of the past as they were."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from handoff import workflow
from handoff.imports.kind import Outcome, Reading, Row
from handoff.models import Rejection
from handoff.workflow.act import lock, settled_at
from handoff.workflow.facts.base import LONGEST
from handoff.workflow.facts.rejection import wrong_fields
from leads.identity import Incoming, find_many
from leads.merged import families
from leads.models import Lead, Reason, State
from leads.normalise import quoted

REJECTION = {
    "reason": (
        *("rejection_reason", "disqualification_reason", "hs_lead_disqualification_reason", "unqualified_reason"),
        *("disqualified_reason", "reason_for_rejection", "reason_for_disqualification", "lead_lost_reason"),
    ),
    "other_reason": (),
    "note": ("reason_note", "rejection_note", "notes", "comment"),
    "duplicate_of": ("duplicate", "duplicate_id"),
    "retry_on": ("retry_date", "not_before"),
    "wrong_field": ("wrong_detail",),
    "rejected_at": (
        *("rejected_date", "rejection_date", "disqualified_date", "hs_lead_disqualified_date", "disqualified_at"),
        *("became_an_unqualified_lead_date", "unqualified_date", "lead_lost_date"),
    ),
    "recycled_at": ("recycled_date", "recycled_on", "date_recycled", "returned_to_marketing_at"),
}
_PLACES = 18  # digits that any number of a lead has less of


@dataclass(frozen=True)
class Lookups:
    """What the rows of a chunk name by words of their own: reasons by their labels, other leads by their ids."""

    reasons: Mapping[str, Reason]
    """By code and by label, in lower case; those that are retired too, as the past knew them."""
    others: Mapping[str, Lead]

    @classmethod
    def of(cls, rows: Sequence[Row], reading: Reading) -> "Lookups":
        named = sorted({text for row in rows if (text := row.get("duplicate_of"))})
        leads = find_many(_incoming(text, reading) for text in named) if named else []
        others = {text: lead for text, lead in zip(named, leads, strict=True) if isinstance(lead, Lead)}
        numbers = {int(text): text for text in named if text not in others and text.isdecimal() and len(text) < _PLACES}
        others |= {numbers[pk]: lead for pk, lead in Lead.objects.in_bulk(list(numbers)).items()} if numbers else {}
        stored = list(Reason.objects.order_by("-pk")) if rows else []
        reasons = {reason.label.casefold(): reason for reason in stored} | {reason.code: reason for reason in stored}
        return cls(reasons, others)

    def reason(self, text: str) -> Reason | None:
        """The reason of that label or code, if it is one of the list."""
        return self.reasons.get(text) or self.reasons.get(re.sub(r"[\s-]+", "_", text))


def past_facts(row: Row, reading: Reading, lookups: Lookups) -> dict[str, Any]:
    """The facts of a rejection of the past, as far as they are on record: of history no evidence is demanded."""
    text, note = row.prose("reason") or row.prose("lost_reason"), row.prose("note")
    reason = lookups.reason(_reason(row))
    if reason is None:
        reason = _catch_all(row, lookups)
        note = " ".join(filter(None, (text, note)))
        _note_reason(row, reading, text, reason)
    other = row.get("duplicate_of")
    wrong = row.get("wrong_field")
    if other and other not in lookups.others:
        row.remark(
            f"duplicate_of: {quoted(other)} is not the id or email of a lead: import that lead first. It was left out."
        )
    return {
        "reason": reason,
        "note": note[:LONGEST],
        "wrong_field": wrong if wrong in dict(wrong_fields()) else "",
        "retry_on": reading.side(row, "retry_on", lambda: reading.day(row, "retry_on")),
        "duplicate_of": lookups.others.get(other),
    }


def _catch_all(row: Row, lookups: Lookups) -> Reason:
    """What words are kept as that no reason of the list stands for: the one that is stated, else “Other”."""
    stated = row.get("other_reason").casefold()
    reason = lookups.reason(stated or "other")
    if reason is None:
        codes = ", ".join(sorted({reason.code for reason in lookups.reasons.values()}))
        raise ValidationError({"other_reason": [f"“{stated or 'other'}” is not a reason: choose one of {codes}."]})
    return reason


def _note_reason(row: Row, reading: Reading, text: str, reason: Reason) -> None:
    if text:
        words = f"{quoted(text)} is not a reason of the list: it is kept as “{reason}”, with these words in its note."
    else:
        words = f"Nothing says why the lead was rejected: it is kept as “{reason}”."
    if reading.strict:
        raise ValidationError({"reason": [words]})
    row.remark(words)


def reject(row: Row, lead: Lead, reading: Reading, lookups: Lookups) -> Outcome:
    """Reject the lead by the verb, unless this very rejection is there already."""
    at = reading.moment(row, "rejected_at")
    is_past = reading.historical and not is_bare(reading)
    facts = past_facts(row, reading, lookups) if is_past else _facts(row, reading, lookups)
    reason = facts["reason"].code if is_past else facts["reason"]
    with transaction.atomic():
        current = lock(lead.pk)
        if is_recorded(rejections_of([lead.pk])[lead.pk], current, reason, at):
            return "unchanged"
        when = max(at, settled_at(current)) if at and reading.historical else at
        workflow.reject(lead.pk, by=None, door=reading.door, at=when, **facts)
    return "created"


def is_bare(reading: Reading) -> bool:
    """The file has neither a reason nor a date of its rejections: it may be about deals that were lost."""
    return reading.fields.isdisjoint(("reason", "lost_reason", "rejected_at", "other_reason"))


def rejections_of(lead_ids: Collection[int]) -> dict[int, list[Rejection]]:
    """Those that are stored of leads, and of the leads that were merged into them."""
    members = families(lead_ids)
    of_member = {member: lead_id for lead_id, all_of_it in members.items() for member in all_of_it}
    stored: dict[int, list[Rejection]] = {lead_id: [] for lead_id in lead_ids}
    for rejection in Rejection.objects.filter(lead__in=of_member).select_related("reason"):
        stored[of_member[rejection.lead_id]].append(rejection)
    return stored


def is_recorded(stored: Iterable[Rejection], lead: Lead, reason: str, at: datetime | None) -> bool:
    """The same rejection was there before. A backfilled one may be dated later: moments never go backwards."""
    same = [rejection for rejection in stored if rejection.reason.code == reason]
    return any(rejection.at >= at for rejection in same) if at else bool(same) and lead.state == State.REJECTED


def _facts(row: Row, reading: Reading, lookups: Lookups) -> dict[str, Any]:
    """The verb judges them: a reason that is retired or unknown, or another lead that is not there."""
    reason, other = _reason(row), row.get("duplicate_of")
    listed = lookups.reason(reason)
    return {
        "note": row.prose("note"),
        "wrong_field": row.get("wrong_field"),
        "reason": listed.code if listed else reason.replace(" ", "_"),
        "retry_on": reading.day(row, "retry_on"),
        "duplicate_of": lookups.others.get(other, other) if other else None,
    }


def _reason(row: Row) -> str:
    return (row.get("reason") or row.get("lost_reason")).casefold()


def _incoming(text: str, reading: Reading) -> Incoming:
    """Another lead by its email, or by its id in the same system; one by its number here is for the verb."""
    return Incoming({"email": text}) if "@" in text else Incoming({}, [(reading.system, text)])
