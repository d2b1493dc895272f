"""What the menus of a dialog in Slack list for a text: other leads, as the console finds them; people; teams."""

from collections.abc import Callable, Iterable
from typing import Any

from handoff.alerts.channels.slack.buttons import option, plain
from handoff.alerts.channels.slack.reference import Reference
from handoff.refusals import Refused
from handoff.slack.doing import must_see
from handoff.slack.interaction import Interaction, person_of
from handoff.workflow.doubts import doubts
from handoff.workflow.facts.rejection import salespeople
from handoff.workflow.other_leads import LONGEST_SEARCH, TooSlow, likely
from leads.models import Lead, Team, User

MOST = 100  # options, which is all that Slack takes
Option = dict[str, Any]


def suggest(interaction: Interaction) -> dict[str, Any]:
    """The options for the text that was typed so far; none for whoever may not see the lead."""
    about, user = Reference.read(interaction.text("view", "private_metadata")), person_of(interaction.member)
    options = OPTIONS_OF.get(interaction.text("action_id"))
    if about is None or user is None or options is None:
        return {"options": []}
    try:
        lead = must_see(user, about.verb, about.lead)
        return {"options": list(options(user, lead, interaction.text("value").strip()[:LONGEST_SEARCH]))}
    except (Refused, TooSlow):
        return {"options": []}  # Slack says that nothing fits; a whole email or the number is always found in time


def _leads(user: User, lead: Lead, typed: str) -> Iterable[Option]:
    """Two lines each: who it is; and what speaks against it, or by what it is reached."""
    for other in likely(user, lead, typed):
        company = f", {other.company}" if other.company and other.company != str(other) else ""
        reached = filter(None, [other.email, other.phone, other.get_state_display()])
        below = " ".join(doubts(lead, other)) or " · ".join(reached)
        yield option(f"No. {other.pk}: {other}{company}", str(other.pk)) | {"description": plain(below)}


def _people(_user: User, _lead: Lead, typed: str) -> Iterable[Option]:
    people = [each for each in salespeople().select_related("team") if typed.lower() in str(each).lower()]
    for person in sorted(people, key=str)[:MOST]:
        yield option(str(person), person.username) | {"description": plain(str(person.team or "No team"))}


def _teams(_user: User, _lead: Lead, typed: str) -> Iterable[Option]:
    for team in Team.objects.filter(name__icontains=typed).order_by("name")[:MOST]:
        yield option(team.name, team.name)


OPTIONS_OF: dict[str, Callable[[User, Lead, str], Iterable[Option]]] = {
    "duplicate_of": _leads,
    "belongs_to": _people,
    "belongs_to_team": _teams,
}
"""The fields whose choices are too many for a list, by the ids of their menus."""
