"""Who works in a made-up year, what they agreed on at its beginning, and the campaigns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff.demo.history.buyers import INDUSTRIES, SOURCES
from handoff.demo.people import BERLIN, Cast, make_people
from leads.models import Attribute, AttributeType, Campaign, Definition, Reason, Stage, Team, User

SYSTEM = "made-up"
"""Marks the campaigns and the leads of made-up years."""
EFFORTS = ("Spring", "Autumn", "Always on")
TEXT = "Somebody who can be reached by email, with a score of 40 or more."
CRITERIA: list[dict[str, Any]] = [
    {"field": "score", "op": "at_least", "value": 40},
    {"field": "email", "op": "present", "value": True},
]


@dataclass(frozen=True)
class Company:
    """Those who work the leads, and what leads point at."""

    reps: list[User]
    marketer: User
    team: Team
    campaigns: dict[tuple[str, int], Campaign]
    reasons: dict[str, Reason]


def found(start: datetime) -> Company:
    """The company, which is made with the first year; the years after it find it there."""
    if not Campaign.objects.filter(system=SYSTEM).exists():
        _agree(make_people(), start)
    reps = list(User.objects.filter(username__in=("ada", "ben", "zoe")).select_related("team").order_by("pk"))
    keys = {f"{source}-{n}": (source, n) for source in SOURCES for n in range(len(EFFORTS))}
    campaigns = {keys[campaign.external_id]: campaign for campaign in Campaign.objects.filter(system=SYSTEM)}
    reasons = {reason.code: reason for reason in Reason.objects.all()}
    return Company(reps, User.objects.get(username="mia"), Team.objects.get(name=BERLIN), campaigns, reasons)


def _agree(cast: Cast, start: datetime) -> None:
    """Attributes, campaigns, and the definition that both sides signed as the year began."""
    industries = [{"key": key, "label": key.replace("_", " ").capitalize()} for key in INDUSTRIES]
    Attribute.objects.create(key="employees", label="Employees", type=AttributeType.NUMBER, position=10)
    Attribute.objects.create(key="industry", label="Industry", type=AttributeType.CHOICE, choices=industries)
    Attribute.objects.create(key="newsletter", label="Newsletter", type=AttributeType.YES_NO)
    for source in SOURCES:
        for n, effort in enumerate(EFFORTS):
            name = f"{effort}: {source.replace('_', ' ')}"
            Campaign.objects.create(name=name, system=SYSTEM, external_id=f"{source}-{n}", owner=cast["mia"])
    # The definitions that came with the installation must not be newer than this year.
    Definition.objects.filter(version=1).update(active_from=start.replace(year=start.year - 1))
    Definition.objects.create(
        stage=Stage.MQL,
        version=2,
        text=TEXT,
        criteria=CRITERIA,
        marketing_signatory=cast["nora"],
        sales_signatory=cast["max"],
        active_from=start,
    )
