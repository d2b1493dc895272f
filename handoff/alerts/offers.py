"""Which verbs a message offers to do at once, where its channel has buttons. The workflow judges them when pressed."""

from handoff.alerts.content import Offers
from handoff.models import Delivery
from leads.models import Lead, State, Verb
from sla.models import Alarm

WITH_SALES = (State.MQL, State.SAL, State.SQL)
GIVEN = (Verb.PROMOTE, Verb.ASSIGN, Verb.RESUBMIT, Verb.OVERTURN)
"""Acts whose message says that there is something to do."""


def offers_of(delivery: Delivery, lead: Lead, alarm: Alarm | None = None) -> Offers:
    """What can be done with the lead as it stands now; nothing after a merge."""
    if lead.merged_into_id is not None:
        return Offers()
    verbs = [*_of_sales(lead)] if _may_work(delivery, lead) else []
    if alarm and alarm.acknowledged_by_id is None and alarm.clock.stopped_at is None:
        is_for_sales = lead.state in WITH_SALES
        verbs += [Verb.ACKNOWLEDGE] if not is_for_sales or _may_work(delivery, lead) else []
    return Offers(tuple(verbs), alarm.pk if alarm else None)


def _of_sales(lead: Lead) -> list[Verb]:
    """The one that stops the most urgent clock first."""
    if lead.state == State.MQL:
        return [Verb.ACCEPT, Verb.TOUCH, Verb.REJECT]
    return [Verb.TOUCH, Verb.REJECT] if lead.state in WITH_SALES else []


def _may_work(delivery: Delivery, lead: Lead) -> bool:
    """A channel has many readers; a person gets buttons if they own the lead or manage its team."""
    teams = (lead.team, lead.owner.team if lead.owner else None)
    managers = {team.manager_id for team in teams if team}
    return delivery.recipient_id is None or delivery.recipient_id in {lead.owner_id, *managers}
