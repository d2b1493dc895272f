"""The sections of the file, in the order in which they need each other."""

from collections.abc import Sequence

from handoff.ascode.kind import Kind
from handoff.ascode.kinds.attributes import Attributes
from handoff.ascode.kinds.calendars import Calendars
from handoff.ascode.kinds.definitions import Definitions
from handoff.ascode.kinds.destinations import Destinations
from handoff.ascode.kinds.handoff_rules import Rules
from handoff.ascode.kinds.notifying import StandardMessages, Subscriptions
from handoff.ascode.kinds.policies import Policies
from handoff.ascode.kinds.reasons import Reasons
from handoff.ascode.kinds.required_actions import Actions
from handoff.ascode.kinds.scoring import ScoringModels
from handoff.ascode.kinds.sources import Sources
from handoff.ascode.kinds.teams import Teams

KINDS: Sequence[Kind] = (
    Calendars(),
    Attributes(),
    Teams(),
    Destinations(),
    Policies(),
    Reasons(),
    Definitions(),
    ScoringModels(),
    Rules(),
    Actions(),
    Subscriptions(),
    StandardMessages(),
    Sources(),
)
