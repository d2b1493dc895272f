"""What both sides agreed: when time counts, what is due by when, who is notified, and what a stage means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from handoff.agreement.ladders import LadderStep, publish_policy
from handoff.demo.people import BERLIN, NEW_YORK, Cast
from handoff.models import Audience, Destination, RequiredActions, Subscription
from handoff.reports import rate_file
from handoff.reports.rates import bring
from leads.models import Definition, Reason, Stage, Verb
from sla.business_time import BusinessHours
from sla.metrics import RULES, Metric, Party
from sla.models import Calendar, Policy, StepAction
from sla.versions import publish_calendar

EMAIL, SLACK = "email", "slack"
UNFIT = ("not_our_customer", "not_a_buyer")
"""Reasons that point at a criterion, the score, and at a fact for which none asks."""
MINUTE, HOUR = 60, 3600
DAY = 8 * HOUR  # of office time
HOT = 80  # the score from which a lead is hot
ACCEPT, TOUCH, QUALIFY, ANSWER = 4 * HOUR, DAY, 10 * DAY, 2 * DAY
ASSIGN, CONVERT, DECIDE = 2 * HOUR, 15 * DAY, DAY // 2
HOT_ACCEPT, HOT_PROMISE, PROMISE = 10 * MINUTE, HOUR, 48 * HOUR

WORKDAYS, WEEK = ("mon", "tue", "wed", "thu", "fri"), ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = "Around the clock"
WARNS_TWICE = {Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER}  # somebody waits for these decisions
IS_HOT = {"field": "score", "op": "at_least", "value": HOT}
IN_NEW_YORK = {"field": "team", "op": "is", "value": NEW_YORK}

OWNER, OWNER_SLACK, MANAGER = "Owner by email", "Owner by Slack", "Manager by email"
TEAM, TEAM_SLACK = "Team mailbox", "Team channel"
MARKETING, REVOPS = "Marketing by email", "RevOps by email"
DESTINATIONS = {
    OWNER: (Audience.OWNER, EMAIL),
    OWNER_SLACK: (Audience.OWNER, SLACK),
    MANAGER: (Audience.MANAGER, EMAIL),
    TEAM: (Audience.TEAM, EMAIL),
    TEAM_SLACK: (Audience.TEAM, SLACK),
    MARKETING: (Audience.MARKETING, EMAIL),
    REVOPS: (Audience.REVOPS, EMAIL),
}
SUBSCRIPTIONS = {
    Verb.ASSIGN: (OWNER, OWNER_SLACK),
    Verb.PROMOTE: (OWNER, OWNER_SLACK),
    Verb.REJECT: (MARKETING,),
    Verb.ANSWER: (OWNER,),
    Verb.RESUBMIT: (OWNER, OWNER_SLACK),
    Verb.OVERTURN: (OWNER,),
}


@dataclass(frozen=True)
class Promise:
    """One policy to be written. It escalates so many seconds after its target, and may then do something."""

    key: str
    name: str
    metric: Metric
    target: int
    calendar: str
    escalates: int
    conditions: tuple[dict[str, Any], ...] = ()
    position: int = 100
    then: StepAction = StepAction.NOTHING  # what the escalation does


# What counts around the clock is alive whatever the hour of the visit.
PROMISES = (
    Promise("accept-hot", "Accept a hot lead", Metric.TIME_TO_ACCEPT, HOT_ACCEPT, ALWAYS, 20 * MINUTE, (IS_HOT,), 10),
    Promise("accept-new-york", "Accept (New York)", Metric.TIME_TO_ACCEPT, ACCEPT, NEW_YORK, DAY, (IN_NEW_YORK,), 20),
    # Who accepts at all does so sooner than a day late, so that no one in the story loses a lead that they work on.
    Promise("accept", "Accept", Metric.TIME_TO_ACCEPT, ACCEPT, BERLIN, DAY, then=StepAction.REASSIGN),
    Promise("touch-new-york", "First touch (New York)", Metric.TIME_TO_TOUCH, TOUCH, NEW_YORK, DAY, (IN_NEW_YORK,), 20),
    Promise("touch", "First touch", Metric.TIME_TO_TOUCH, TOUCH, BERLIN, DAY),
    Promise("promise-hot", "Call a hot lead", Metric.SPEED_TO_LEAD, HOT_PROMISE, ALWAYS, HOUR, (IS_HOT,), 10),
    Promise("promise", "Call within two days", Metric.SPEED_TO_LEAD, PROMISE, ALWAYS, 24 * HOUR),
    Promise(
        "qualify-new-york", "Qualify (New York)", Metric.TIME_TO_QUALIFY, QUALIFY, NEW_YORK, DAY, (IN_NEW_YORK,), 20
    ),
    Promise("qualify", "Qualify", Metric.TIME_TO_QUALIFY, QUALIFY, BERLIN, DAY),
    Promise(
        "answer-new-york", "Answer a rejection (New York)", Metric.TIME_TO_ANSWER, ANSWER, NEW_YORK, DAY,
        (IN_NEW_YORK,), 20,
    ),
    Promise("answer", "Answer a rejection", Metric.TIME_TO_ANSWER, ANSWER, BERLIN, DAY),
    Promise("assign", "Assign what waits", Metric.TIME_TO_ASSIGN, ASSIGN, BERLIN, HOUR),
    # The cadence follows the quality of the lead.
    Promise("next-touch-hot", "Stay with a hot lead", Metric.TIME_TO_NEXT_TOUCH, DAY, BERLIN, DAY, (IS_HOT,), 10),
    Promise("next-touch", "Stay in touch", Metric.TIME_TO_NEXT_TOUCH, 4 * DAY, BERLIN, 2 * DAY),
    Promise("convert", "Convert", Metric.TIME_TO_CONVERT, CONVERT, BERLIN, DAY),
    Promise("decide", "Decide a dispute", Metric.TIME_TO_DECIDE, DECIDE, BERLIN, DAY),
)  # fmt: skip


REQUIRED_ACTIONS = (("A", 80, 5), ("B", 60, 3), ("C", 40, 1))
"""Tiers, the score from which a lead without a grade belongs to each, and how many touches it is owed."""

RATES = {"USD,EUR": "0.9241", "EUR,USD": "1.0821"}


def make_agreement(cast: Cast, since: datetime) -> dict[str, BusinessHours]:
    """Write the agreement as it stands since a moment, and return the office hours of each team."""
    calendars = {calendar.name: publish_calendar(calendar) for calendar in _calendars(since)}
    places = {
        name: Destination.objects.create(
            name=name, audience=audience, medium=medium, active=medium == EMAIL or bool(settings.SLACK_BOT_TOKEN)
        )
        for name, (audience, medium) in DESTINATIONS.items()
    }
    for promise in PROMISES:
        _make_policy(promise, calendars[promise.calendar], places, since)
    for verb, names in SUBSCRIPTIONS.items():
        for name in names:
            Subscription.objects.create(verb=verb, destination=places[name])
    _sign_definitions(cast, since)
    Reason.objects.filter(code__in=UNFIT).update(concerns=["score", "attributes.employees"])
    for tier, score_from, actions in REQUIRED_ACTIONS:
        RequiredActions.objects.create(
            tier=tier, score_from=score_from, actions=actions, starts_on=since.date(), set_by=cast["olga"]
        )
    lines = (f"{pair},{since.date()},{rate}" for pair, rate in RATES.items())
    bring("ECB month-end", rate_file.read("\n".join(lines)), by=cast["olga"])
    return {team: calendars[team].hours for team in (BERLIN, NEW_YORK)}


def _calendars(since: datetime) -> list[Calendar]:
    berlin, new_york = [["09:00", "12:30"], ["13:30", "18:00"]], [["09:00", "17:00"]]
    return [
        Calendar(key="always", name=ALWAYS, weekly={day: [["00:00", "24:00"]] for day in WEEK}, created_at=since),
        Calendar(
            key="berlin",
            name=BERLIN,
            zone="Europe/Berlin",
            weekly=dict.fromkeys(WORKDAYS, berlin),
            holiday_country="DE",
            holiday_subdivision="BE",
            created_at=since,
        ),
        Calendar(
            key="new-york",
            name=NEW_YORK,
            zone="America/New_York",
            weekly=dict.fromkeys(WORKDAYS, new_york),
            holiday_country="US",
            created_at=since,
        ),
    ]


def _make_policy(promise: Promise, calendar: Calendar, places: dict[str, Destination], since: datetime) -> None:
    policy = Policy(
        key=promise.key,
        name=promise.name,
        metric=promise.metric,
        target_seconds=promise.target,
        calendar=calendar,
        conditions=list(promise.conditions),
        position=promise.position,
        created_at=since,
    )
    publish_policy(policy, _ladder(promise, places))


def _ladder(promise: Promise, places: dict[str, Destination]) -> list[LadderStep]:
    def named(*names: str) -> tuple[Destination, ...]:
        return tuple(places[name] for name in names)

    match RULES[promise.metric].owed_by:
        case Party.SALES:
            warned, breached = named(OWNER, OWNER_SLACK), named(OWNER, OWNER_SLACK, MANAGER)
            escalated = named(TEAM, TEAM_SLACK, REVOPS)
        case Party.MARKETING:
            warned, breached, escalated = named(MARKETING), named(MARKETING), named(REVOPS)
        case _:
            warned, breached, escalated = named(REVOPS), named(REVOPS), named(REVOPS, MANAGER)
    early = [LadderStep(50, recipients=warned)] if promise.metric in WARNS_TWICE else []
    return [
        *early,
        LadderStep(75, recipients=warned),
        LadderStep(recipients=breached),
        LadderStep(100, promise.escalates, promise.then, recipients=escalated),
    ]


def _sign_definitions(cast: Cast, since: datetime) -> None:
    """The definitions that came with the installation held until both sides signed the second ones."""
    Definition.objects.filter(version=1).update(active_from=since - timedelta(days=180))
    for stage, text, criteria in _DEFINITIONS:
        Definition.objects.create(
            stage=stage,
            version=2,
            text=text,
            criteria=list(criteria),
            marketing_signatory=cast["nora"],
            sales_signatory=cast["max"],
            active_from=since,
        )


_DEFINITIONS: Sequence[tuple[Stage, str, Sequence[dict[str, Any]]]] = (
    (
        Stage.MQL,
        "Somebody of a firm that ships goods, who asked for something and can be reached, with a score of 40 or more.",
        (
            {"field": "score", "op": "at_least", "value": 40},
            {"field": "company", "op": "present", "value": True},
            {"field": "email", "op": "present", "value": True},
        ),
    ),
    (
        Stage.SQL,
        "Sales has spoken to them; there is a need, a person who decides, and a country that we serve.",
        (
            {"field": "title", "op": "present", "value": True},
            {"field": "country", "op": "present", "value": True},
        ),
    ),
)
