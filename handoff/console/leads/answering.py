"""What a rejection says, and what of it is carried into the answer: which verbs are open, and what is filled in."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from handoff.models import Dispute, Rejection
from handoff.workflow.facts import Facts
from handoff.workflow.facts.rejection import wrong_fields
from leads.facts import fact, value_of
from leads.models import Lead, Route, State, Verb

ANSWERS = (Verb.ANSWER, Verb.RESUBMIT, Verb.RECYCLE, Verb.DISPUTE, Verb.MERGE)
DECISIONS = (Verb.UPHOLD, Verb.OVERTURN)
PRIMARY = {
    Route.RECYCLE: Verb.RECYCLE,
    Route.FIX: Verb.RESUBMIT,
    Route.RETIRE: Verb.ANSWER,
    Route.MERGE: Verb.MERGE,
    Route.REROUTE: Verb.RESUBMIT,
}
CARRIED = {"corrects": "wrong_field", "owner": "belongs_to", "team": "belongs_to_team"}
"""Which fact of a resubmission takes up which evidence."""
WHOSE_LABELS = {"belongs_to": "Belongs to", "belongs_to_team": "Territory", "account": "Account"}


def unanswered() -> QuerySet[Rejection]:
    """The rejections that marketing still owes an answer to. One from Raw was marketing's own."""
    return Rejection.objects.filter(answer="").exclude(from_state=State.RAW)


def last_rejections(leads: Iterable[Lead]) -> dict[int, Rejection]:
    """The rejection that each rejected lead stands by, in one query."""
    rejected = [lead.pk for lead in leads if lead.state == State.REJECTED]
    rows = Rejection.objects.filter(lead__in=rejected).select_related("dispute", "reason", "by", "lead")
    return {row.lead_id: row for row in rows.order_by("lead_id", "-at", "-pk").distinct("lead_id")}


def still_open(verbs: Iterable[Verb], rejection: Rejection | None) -> list[Verb]:
    """The verbs without those that would be refused: an answer is given once, and a dispute is opened once."""
    if rejection is None:
        return list(verbs)
    dispute = dispute_of(rejection)
    closed = {
        Verb.ANSWER: bool(rejection.answer),
        Verb.DISPUTE: dispute is not None,
        Verb.OVERTURN: dispute is None or bool(dispute.decision),
        Verb.UPHOLD: dispute is None or bool(dispute.decision),
    }
    return [verb for verb in verbs if not closed.get(verb, False)]


def dispute_of(rejection: Rejection) -> Dispute | None:
    return getattr(rejection, "dispute", None)


def last_rejection(lead: Lead) -> Rejection | None:
    """The rejection that a rejected lead stands by."""
    return last_rejections([lead]).get(lead.pk)


def prefill(verb: str, lead: Lead) -> dict[str, Any]:
    """What the rejection has said already, so that nobody types it again."""
    rejection = last_rejection(lead) if verb in ANSWERS else None
    if rejection is None:
        return {}
    if verb == Verb.RECYCLE:
        return {"reenter_on": retry_on(rejection)}
    if verb == Verb.RESUBMIT:
        said = rejection.evidence
        return {
            "corrects": said.get("wrong_field", ""),
            "owner": said.get("belongs_to"),
            "team": said.get("belongs_to_team"),
        }
    return {}


def retry_on(rejection: Rejection) -> date | None:
    """The date to try again, while it is still to come."""
    text = rejection.evidence.get("retry_on", "")
    day = date.fromisoformat(text) if text else None
    return day if day and day > timezone.localdate() else None


def dress_resubmission(form: Facts, lead: Lead) -> None:
    """Ask only for what the reason is about: the detail that was called wrong, in place, or whose the lead is."""
    rejection = last_rejection(lead)
    is_rerouted = rejection is not None and rejection.reason.route == Route.REROUTE
    if is_rerouted:
        form.order_fields(["owner", "team", "fixed"])
    for name in ("corrects", "corrected") if is_rerouted else ("owner", "team"):
        del form.fields[name]
    if not is_rerouted:
        _dress_correction(form, lead, str(rejection.evidence.get("wrong_field", "")) if rejection else "")


def _dress_correction(form: Facts, lead: Lead, name: str) -> None:
    right = form.fields["corrected"]
    if name not in dict(wrong_fields()):
        form.fields["corrects"].help_text, right.help_text = "Empty: nothing is corrected.", ""
        return
    wrong = fact(name)
    form.fields["corrects"].widget = forms.HiddenInput()
    form.initial.setdefault("corrected", value_of(lead, wrong))
    right.label, right.help_text = wrong.label, "Called wrong. Empty: it is taken away."


def in_reply(verb: str, lead: Lead) -> list[tuple[str, str]]:
    """What the answer is about, as pairs of a label and a text."""
    rejection = last_rejection(lead) if verb in (*ANSWERS, *DECISIONS) else None
    if rejection is None:
        return []
    evidence = [("", words) for words in in_words(rejection)]
    said = [("Rejected by", f"{rejection.by or 'The system'}: {rejection.reason}"), *evidence]
    return [*said, *([("Note", rejection.note)] if rejection.note else [])]


def in_words(rejection: Rejection) -> list[str]:
    """The evidence of a rejection in words. What belongs to another lead is said by its number alone."""
    said, lead = rejection.evidence, rejection.lead
    words = []
    if name := said.get("wrong_field"):
        label = dict(wrong_fields()).get(name, name)
        value = value_of(lead, fact(name)) if name in dict(wrong_fields()) else ""
        words.append(f"Wrong {label.lower()}: {value}" if value else f"Wrong {label.lower()}")
    if text := said.get("retry_on"):
        day = date.fromisoformat(text)
        words.append(f"Try again on {day.day} {day:%b %Y}")
    if rejection.duplicate_of_id:
        words.append(f"Duplicate of lead {rejection.duplicate_of_id}")
    words += [f"{label}: {said[name]}" for name, label in WHOSE_LABELS.items() if said.get(name)]
    return words


def primary_of(rejection: Rejection) -> Verb:
    """The verb that the route of its reason says."""
    return PRIMARY[Route(rejection.reason.route)]
