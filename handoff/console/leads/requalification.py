"""What a lead that sales rejected needs to be handed over again, before anybody tries: shown on its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from handoff.agreement.handoff_rules import rules_of
from handoff.models import Rejection
from handoff.workflow import requalifying
from handoff.workflow.requalifying import Evidence
from leads.models import HandoffRules, Lead, State, User


@dataclass(frozen=True)
class Requalification:
    """How it stands between its rejection and its next handoff."""

    rules: HandoffRules
    rejection: Rejection
    rounds: int
    evidence: Sequence[Evidence]
    hindrances: Sequence[str]
    avoided: Sequence[User]
    """The reps who are not given it again."""
    dispute_until: date | None


def requalification_of(lead: Lead, user: User) -> Requalification | None:
    """Of a lead that is back with marketing; the others cost no query."""
    if not lead.cycle or lead.state not in (State.RAW, State.REJECTED):
        return None
    rejection = requalifying.last_rejection(lead)
    if rejection is None:
        return None
    rules = rules_of(lead, rejection.cycle)
    rejected_on = rejection.at.astimezone(user.zone).date()
    return Requalification(
        rules=rules,
        rejection=rejection,
        rounds=requalifying.times_recycled(lead),
        evidence=requalifying.evidence_since(lead, rejection, rules),
        hindrances=_hindrances(lead, rules, rejection, rejected_on, timezone.now().astimezone(user.zone).date()),
        avoided=list(User.objects.filter(pk__in=requalifying.reps_to_avoid(lead))),
        dispute_until=rules.dispute_ends_on(rejected_on) if lead.state == State.REJECTED else None,
    )


def _hindrances(lead: Lead, rules: HandoffRules, rejection: Rejection, rejected_on: date, today: date) -> list[str]:
    """In the words in which a promotion would be refused."""
    words = [
        f"It was recycled until {lead.reenter_on}." if lead.reenter_on and today < lead.reenter_on else "",
        requalifying.not_yet(lead, rules, rejection, today, rejected_on),
        requalifying.nothing_new(lead, rules, rejection, rejected_on),
    ]
    return [each for each in words if each] if lead.state == State.RAW else []
