"""A known buyer asks again: whoever owes them the next step is notified, in the transaction that keeps the enquiry."""

from handoff.alerts import about_lead
from handoff.doors import Door
from handoff.models import Audience, StandardKind
from leads.identity import Upsert
from leads.models import Lead, State, Touchpoint

OF_SALES = (State.MQL, State.SAL, State.SQL, State.OPPORTUNITY)
# The first of these whom a message reaches. A lead in the queue has no owner, but a team.
SALES = ((Audience.OWNER,), (Audience.TEAM,), (Audience.MANAGER,), (Audience.REVOPS,))
MARKETING = ((Audience.MARKETING,), (Audience.REVOPS,))


def announce_intent(done: Upsert, door: Door) -> None:
    """Write the message about what a known buyer asks for now; a backfill of the past notifies nobody."""
    if done.intent is None or door.historical:
        return
    lead, point = done.lead, done.intent
    about_lead.announce(
        StandardKind.NEW_INTENT,
        f"enquiry {point.pk}",
        lead,
        subject=f"{about_lead.title(lead)} asks again",
        lines=_lines(lead, point),
        groups=SALES if lead.state in OF_SALES else MARKETING,
    )


def _lines(lead: Lead, point: Touchpoint) -> list[str]:
    """What was asked, and the state of the lead."""
    of_what = [
        ("Source", point.source.replace("_", " ").capitalize()),
        ("Campaign", point.campaign.name if point.campaign else ""),
        ("They wrote", point.detail),
    ]
    standing = State(lead.state).label
    return [
        f"A buyer who is known already has come in again. The lead is {standing}.",
        *(f"{label}: {text}" for label, text in of_what if text),
        "The enquiry is recorded on the lead, in the activity of the buyer.",
    ]
