"""The same people, teams and policies in every test.

ada and ben are reps of Berlin and max is their manager; zoe is a rep of New York; mia is a marketer, nora the marketing
lead, olga does RevOps and arbitrates; eve is a stranger without a role.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from handoff import workflow
from handoff.amending.integrity import disagreements
from handoff.models import Destination, StepRecipient
from handoff.reports import rollup
from leads.models import Lead, Role, State, Team, Transition, User, Verb
from sla.models import Calendar, Policy, Step

ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class World:
    berlin: Team
    new_york: Team
    ada: User
    ben: User
    max: User
    zoe: User
    mia: User
    nora: User
    olga: User
    eve: User


def person(username: str, *roles: str, team: Team | None = None, **fields: Any) -> User:
    user = User.objects.create_user(
        username, f"{username}@handoff.example", "demo", first_name=username.title(), team=team, **fields
    )
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def world(db: None) -> World:
    """The people and their teams; no policy, so no clock runs until a test makes one."""
    berlin = Team(name="Berlin", time_zone="Europe/Berlin", email="berlin@handoff.example")
    new_york = Team(name="New York", time_zone="America/New_York")
    Team.objects.bulk_create([berlin, new_york])
    of_berlin = {"team": berlin, "time_zone": "Europe/Berlin"}
    people = _people(
        ada=(Role.SALES_REP, of_berlin | {"slack_member_id": "UADA"}),
        ben=(Role.SALES_REP, of_berlin),
        max=(Role.SALES_MANAGER, of_berlin),
        zoe=(Role.SALES_REP, {"team": new_york, "time_zone": "America/New_York"}),
        mia=(Role.MARKETER, {}),
        nora=(Role.MARKETING_LEAD, {}),
        olga=(Role.REVOPS, {}),
        eve=(None, {}),
    )
    berlin.manager = people["max"]
    berlin.save(update_fields=["manager"])
    return World(berlin=berlin, new_york=new_york, **people)


def _people(**people: tuple[str | None, dict[str, Any]]) -> dict[str, User]:
    """All of them at once: most tests begin with them, and one by one they are fifty statements."""
    password = make_password("demo")
    users = {
        name: User(username=name, email=f"{name}@handoff.example", password=password, first_name=name.title(), **fields)
        for name, (_, fields) in people.items()
    }
    User.objects.bulk_create(users.values())
    groups = dict(Group.objects.values_list("name", "pk"))
    membership = User.groups.through
    membership.objects.bulk_create(
        membership(user=users[name], group_id=groups[role]) for name, (role, _) in people.items() if role
    )
    return users


def make_lead(name: str = "Dana Fox", **fields: Any) -> Lead:
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}@buyer.example")
    return Lead.objects.create(name=name, email=email, **fields)


def make_calendar(key: str = "always", weekly: Any = None, zone: str = "UTC") -> Calendar:
    return Calendar.objects.get_or_create(
        key=key, version=1, defaults={"name": key.title(), "weekly": weekly or ALWAYS, "zone": zone}
    )[0]


def make_policy(
    metric: str,
    target_seconds: int = 3600,
    *,
    calendar: Calendar | None = None,
    steps: Iterable[tuple[int, int]] = ((75, 0), (100, 0)),
    tells: Iterable[Destination] = (),
    **fields: Any,
) -> Policy:
    """A policy with a ladder of (percent, seconds after the target)."""
    key = fields.pop("key", None) or f"{metric}-{Policy.objects.count()}".replace("_", "-")
    policy = Policy.objects.create(
        key=key,
        name=fields.pop("name", key),
        metric=metric,
        target_seconds=target_seconds,
        calendar=calendar or make_calendar(),
        **fields,
    )
    ladder = [Step(policy=policy, percent=percent, after_seconds=after_seconds) for percent, after_seconds in steps]
    Step.objects.bulk_create(ladder)
    if destinations := list(tells):
        recipients = [StepRecipient(step=step, destination=each) for step in ladder for each in destinations]
        StepRecipient.objects.bulk_create(recipients)
    return policy


CONVERSION: dict[str, Any] = {
    "name": "Fox deal",
    "amount": "1200.00",
    "currency": "EUR",
    "expected_close": "2031-01-31",
}


# What each verb demands, where it demands something.
FACTS: dict[str, dict[str, Any]] = {
    "convert": CONVERSION,
    "reject": {"reason": "wrong_territory"},
    "recycle": {"reenter_on": "2031-01-01"},
    "resubmit": {"fixed": "The number."},
    "overturn": {"decision": "It fits."},
    "touch": {"channel": "call", "outcome": "reached"},
    "answer": {"kind": "acknowledge"},
    "dispute": {"argument": "It fits."},
    "comment": {"text": "Hello."},
    "uphold": {"decision": "It does not fit."},
    "pause": {"cause": "buyer_away"},
    "update_deal": {"name": "Second deal"},
    "snooze": {"until": "2 hours"},
    "unmerge": {"reason": "They are two people."},
}


def bring_to(state: str, lead: Lead, world: World) -> Lead:
    """Take a raw lead to a state by the verbs, with ada as its owner."""
    if state != State.RAW:
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    if state == State.REJECTED:
        workflow.reject(lead.pk, by=world.ada, reason="wrong_territory")
    if state in (State.SAL, State.SQL, State.OPPORTUNITY):
        workflow.accept(lead.pk, by=world.ada)
    if state in (State.SQL, State.OPPORTUNITY):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
        workflow.qualify(lead.pk, by=world.ada)
    if state == State.OPPORTUNITY:
        workflow.convert(lead.pk, by=world.ada, **CONVERSION)
    lead.refresh_from_db()
    return lead


def last(lead: Lead, verb: Verb | None = None) -> Transition:
    history = lead.transitions.filter(verb=verb) if verb else lead.transitions.all()
    return history.order_by("-id")[0]


def assert_consistent() -> None:
    """What is stored follows from the history, and the figures of the reports from that."""
    assert [*disagreements(), *rollup.disagreements()] == []
