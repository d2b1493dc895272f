"""A known buyer asks again: whoever owes them the next step is notified, in the transaction that keeps the enquiry."""

from django.conf import settings

from handoff.alerts import about_lead
from handoff.doors import Door
from handoff.models import Audience, StandardKind
from leads.models import Lead, State, Touchpoint

OF_SALES = (State.MQL, State.SAL, State.SQL, State.OPPORTUNITY)
# The first of these whom a message reaches. A lead in the queue has no owner, but a team.
SALES = ((Audience.OWNER,), (Audience.TEAM,), (Audience.MANAGER,), (Audience.REVOPS,))
MARKETING = ((Audience.MARKETING,), (Audience.REVOPS,))
_DEEDS = {"form": "filled in a form", "meeting": "booked a meeting", "reply": "replied"}


def announce_intent(lead: Lead, point: Touchpoint, door: Door) -> None:
    """Write the message about what a known buyer asks for now; a backfill of the past notifies nobody."""
    if door.historical:
        return
    about_lead.announce(
        StandardKind.NEW_INTENT,
        f"enquiry {point.pk}",
        lead,
        subject=f"{about_lead.title(lead)} {_DEEDS.get(point.kind, 'asks again')}",
        lines=_lines(lead, point),
        groups=SALES if lead.state in OF_SALES else MARKETING,
    )


def is_intent(lead: Lead, point: Touchpoint) -> bool:
    """The buyer asks for something, and was known before: a visit of a page or a member of a campaign is none."""
    return point.kind in (Touchpoint.ENQUIRY, *settings.INTENT_KINDS) and point.at > lead.created_at


def _lines(lead: Lead, point: Touchpoint) -> list[str]:
    """What was asked, and the state of the lead."""
    of_what = [
        ("Source", point.source.replace("_", " ").capitalize()),
        ("Campaign", point.campaign.name if point.campaign else ""),
        ("They wrote" if point.kind in (Touchpoint.ENQUIRY, "reply") else "Details", point.detail),
    ]
    standing = State(lead.state).label
    return [
        f"A buyer who is known already has come in again. The lead is {standing}.",
        *(f"{label}: {text}" for label, text in of_what if text),
        f"The {point.kind.replace('_', ' ')} is recorded on the lead, in the activity of the buyer.",
    ]
