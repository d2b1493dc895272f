"""Which of marketing's verbs a rejection still waits for."""

from collections.abc import Iterable

from handoff.models import Dispute, Rejection
from leads.models import Lead, State, Verb


def last_rejections(leads: Iterable[Lead]) -> dict[int, Rejection]:
    """The rejection that each rejected lead stands by, in one query."""
    rejected = [lead.pk for lead in leads if lead.state == State.REJECTED]
    rows = Rejection.objects.filter(lead__in=rejected).select_related("dispute")
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
