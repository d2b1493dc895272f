"""Who works in the house of the soak, and what was agreed: a policy of some seconds for every metric."""

import random
from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from handoff.agreement.ladders import LadderStep, publish_policy
from handoff.models import Audience, Destination
from leads.models import Role, Team, User
from sla.metrics import Metric
from sla.models import Calendar, Policy, StepAction
from sla.versions import publish_calendar

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONE = "Asia/Kolkata"  # half an hour off, and it is another day there than in UTC for a good part of it
ACTIONS: dict[str, str] = {Metric.TIME_TO_ACCEPT: StepAction.REASSIGN, Metric.TIME_TO_QUALIFY: StepAction.QUEUE}


def main(http_port: str, longest_target: str, has_closures: str) -> None:
    people()
    publish_policies(int(longest_target), calendars(has_closures == "yes"), destinations(int(http_port)))


def people() -> None:
    team = Team.objects.create(name="Soak", time_zone=ZONE, email="team@soak.example", slack_channel="C0SOAK")
    for username, role, is_of_team in (
        ("ada", Role.SALES_REP, True),
        ("ben", Role.SALES_REP, True),
        ("max", Role.SALES_MANAGER, True),
        ("mia", Role.MARKETER, False),
        ("olga", Role.REVOPS, False),
    ):
        user = User.objects.create_user(
            username, f"{username}@soak.example", slack_member_id=f"U{username}", team=team if is_of_team else None
        )
        user.groups.add(Group.objects.get(name=role))
    team.manager = User.objects.get(username="max")
    team.save()


def calendars(has_closures: bool) -> list[Calendar]:
    """One that is always open, and for a long run one that closes every fourth minute of these days."""
    always = {day: [["00:00", "24:00"]] for day in WEEK}
    found = [publish_calendar(Calendar(key="always", name="Always", weekly=always))]
    if has_closures:
        minutes = range(0, 24 * 60, 4)
        day = [[f"{m // 60:02}:{m % 60:02}", f"{(m + 3) // 60:02}:{(m + 3) % 60:02}"] for m in minutes]
        today = timezone.now().date()
        overrides = {str(today + timedelta(days=n)): day for n in range(-1, 3)}
        closing = Calendar(key="closing", name="Closing", zone=ZONE, weekly=always, overrides=overrides)
        found.append(publish_calendar(closing))
    return found


def destinations(http_port: int) -> dict[str, Destination]:
    rows = {
        "mailbox": Destination(audience=Audience.FIXED, medium="email", address="all@soak.example"),
        "webhook": Destination(
            audience=Audience.FIXED, medium="slack_webhook", address=f"http://127.0.0.1:{http_port}/hook"
        ),
        "channel": Destination(audience=Audience.TEAM, medium="slack"),
    }
    for name, row in rows.items():
        row.name = name
        row.save()
    return rows


def publish_policies(longest_target: int, in_calendars: list[Calendar], places: dict[str, Destination]) -> None:
    rng = random.Random(1)
    for number, metric in enumerate(Metric.values):
        policy = Policy(
            key=metric.replace("_", "-"),
            name=metric,
            metric=metric,
            target_seconds=rng.randint(2, longest_target),
            calendar=in_calendars[number % len(in_calendars)],
        )
        action = ACTIONS.get(metric, StepAction.NOTHING)
        notified = tuple(places.values())[number % len(places)]
        ladder = [*map(LadderStep, (20, 40, 60, 80)), LadderStep(100, recipients=(notified,))]
        if action:
            ladder.append(LadderStep(100, 2, recipients=(places["mailbox"],), does=action, out_of_rotation_seconds=5))
        publish_policy(policy, ladder)
