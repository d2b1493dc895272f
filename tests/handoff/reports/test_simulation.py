"""Another promise tried on what happened: the same history, other outcomes, and nothing written."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from handoff import workflow
from handoff.ladder.sweep import sweep
from handoff.models import Audience, Delivery, Destination
from handoff.reports import simulation
from handoff.reports.proposal import NothingToCountBy, Proposal, ladder
from handoff.reports.ranks import at_share
from handoff.reports.simulated import Outcomes, Replayed, as_dict
from handoff.reports.simulation import TooMuch, simulate
from leads.models import Lead, Team, User
from sla.metrics import Metric
from sla.models import Policy
from tests.handoff.console.conftest import Login, as_
from tests.world import MONDAY, OFFICE, World, make_calendar, make_lead, make_policy

__all__ = ["as_"]
pytestmark = pytest.mark.django_db
METRIC = Metric.TIME_TO_ACCEPT
HOUR = 3600


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


NOW = at(3000)


def promoted(world: World, name: str, minute: float, owner: str = "ada") -> Lead:
    lead = make_lead(name, created_at=at(-1), entered_at=at(-1), team=world.berlin)
    with time_machine.travel(at(minute), tick=False):
        workflow.promote(lead.pk, by=world.mia, owner=owner)
    return lead


def accepted(world: World, name: str, minute: float, after: float) -> Lead:
    lead = promoted(world, name, minute)
    with time_machine.travel(at(minute + after), tick=False):
        workflow.accept(lead.pk, by=world.max)
    return lead


@pytest.fixture
def history(world: World) -> None:
    """One kept in half an hour, one in 90 minutes paused for 60, one late, one nobody took, one merged away."""
    accepted(world, "Quick", 0, 30)
    slow = promoted(world, "Paused", 0)
    with time_machine.travel(at(10), tick=False):
        workflow.pause(slow.pk, by=world.ada, cause="buyer_away", until=at(70))
    gone = promoted(world, "Gone", 10)
    with time_machine.travel(at(15), tick=False):
        workflow.merge(gone.pk, by=world.mia, into=slow)
    with time_machine.travel(at(90), tick=False):
        workflow.accept(slow.pk, by=world.ada)
    accepted(world, "Late", 60, 200)
    promoted(world, "Left", 120)
    sweep(NOW)


@pytest.fixture
def policy(world: World) -> Policy:
    owner = Destination.objects.create(name="Owner", audience=Audience.OWNER, medium="email")
    return make_policy(METRIC, HOUR, tells=[owner])


def digest() -> dict[str, list]:
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


def test_the_same_terms_give_what_was_recorded(policy: Policy, history: None) -> None:
    result = simulate(Proposal(METRIC), now=NOW)

    assert result.replayed == Replayed.CLOCKS
    assert result.proposed == result.recorded == Outcomes(met=2, breached=2, cancelled=1)
    assert (result.newly_met, result.newly_missed, result.uncounted) == (0, 0, 0)
    assert [(row.audience, row.who, row.warnings, row.breaches) for row in result.notified] == [("owner", "Ada", 2, 2)]


def test_another_target_and_ladder(policy: Policy, history: None) -> None:
    stricter = simulate(Proposal(METRIC, 20 * 60, ladder=ladder([50], [HOUR])), now=NOW)
    laxer = simulate(Proposal(METRIC, 4 * HOUR), now=NOW)

    assert (stricter.proposed, stricter.newly_missed) == (Outcomes(breached=4, cancelled=1), 2)
    assert stricter.proposed.attainment == 0
    assert [(row.who, row.warnings, row.breaches, row.escalations) for row in stricter.notified] == [
        ("Ada", 4, 4, 0),
        ("Max", 0, 4, 2),
    ]
    assert (laxer.proposed, laxer.newly_met) == (Outcomes(met=3, breached=1, cancelled=1), 1)


def test_another_calendar(policy: Policy, history: None) -> None:
    afternoons = make_calendar("afternoons", {"mon": [["14:00", "18:00"]], "tue": [["14:00", "18:00"]]})

    result = simulate(Proposal(METRIC, HOUR, afternoons), now=NOW)

    assert result.proposed == Outcomes(met=3, breached=1, cancelled=1)  # due on Monday at 15:00


def test_the_load_of_a_rep_in_the_hours_of_his_wall_clock(policy: Policy, history: None) -> None:
    (load,) = simulate(Proposal(METRIC, 4 * HOUR), now=NOW).load

    # Due at 13:00, 13:10 (merged before), 14:00 (paused an hour), 14:00 and 15:00 UTC; Berlin is an hour ahead.
    assert load.who == "Ada"
    assert load.of_deadlines == (5, 2.0, 2)
    assert load.of_alarms == (3, 1.0, 1)
    assert load.busiest == "2026-03-02 14:00"


def test_only_what_started_in_the_period(policy: Policy, history: None) -> None:
    result = simulate(Proposal(METRIC), at(60), at(120), now=NOW)
    assert result.recorded == Outcomes(breached=1)


def test_without_clocks_each_start_of_the_history_is_replayed(world: World, history: None) -> None:
    always = make_calendar()
    result = simulate(Proposal(METRIC, HOUR, always), now=NOW)

    assert (result.replayed, result.recorded) == (Replayed.STARTS, None)
    assert result.proposed == Outcomes(met=2, breached=2, cancelled=1)
    with pytest.raises(NothingToCountBy, match="propose a target and a calendar"):
        simulate(Proposal(METRIC, HOUR), now=NOW)


def test_every_start_also_beside_clocks(world: World, history: None) -> None:
    make_policy(METRIC, HOUR)
    promoted(world, "Later", 600)

    assert simulate(Proposal(METRIC), now=NOW).total == 1
    assert simulate(Proposal(METRIC), every_start=True, now=NOW).total == 6


def test_a_breach_that_no_destination_hears_of_reaches_the_manager(world: World, history: None) -> None:
    make_policy(METRIC, HOUR)
    result = simulate(Proposal(METRIC), every_start=True, now=NOW)
    assert [(row.audience, row.who, row.warnings, row.breaches) for row in result.notified] == [
        ("manager", "Max", 0, 2)
    ]


def test_people_who_left_and_those_without_an_address_are_not_counted(world: World, policy: Policy) -> None:
    promoted(world, "Left", 0)
    reached = lambda: {(row.audience, row.who) for row in simulate(Proposal(METRIC), now=NOW).notified}  # noqa: E731
    assert reached() == {("owner", "Ada")}

    User.objects.filter(username="ada").update(is_active=False)
    assert reached() == {("manager", "Max")}
    User.objects.filter(username="max").update(email="")
    assert reached() == {("revops", "Olga")}


def test_it_counts_the_messages_that_were_written(world: World, policy: Policy, history: None) -> None:
    [step] = policy.steps.filter(percent=100)
    for audience in (Audience.MANAGER, Audience.TEAM, Audience.REVOPS):
        step.destinations.add(Destination.objects.create(name=audience, audience=audience, medium="email"))
    Team.objects.update(email="team@handoff.example")
    lead = promoted(world, "After", 300)
    sweep(at(600))
    breach = Delivery.objects.filter(alarm__clock__lead=lead, alarm__step=step)

    simulated = simulate(Proposal(METRIC), at(300), now=at(600)).notified

    assert sum(row.breaches for row in simulated) == breach.count() == 4


def test_the_address_of_a_webhook_is_shown_to_nobody(world: World, policy: Policy, history: None) -> None:
    secret = Destination.objects.create(
        name="Sales channel", audience=Audience.FIXED, medium="webhook", address="https://hooks.example/SECRET"
    )
    policy.steps.get(percent=100).destinations.add(secret)
    result = simulate(Proposal(METRIC), now=NOW)
    assert "Sales channel" in {row.who for row in result.notified}
    assert "SECRET" not in json.dumps(as_dict(result))


def test_an_excuse_stays_one(world: World, policy: Policy, history: None) -> None:
    late = Lead.objects.get(name="Late")
    with time_machine.travel(NOW, tick=False):
        workflow.excuse(late.pk, by=world.olga, clock=late.clocks.get(metric=METRIC), reason="An outage")

    result = simulate(Proposal(METRIC), now=NOW)

    assert result.proposed == result.recorded == Outcomes(met=2, breached=1, excused=1, cancelled=1)


def test_nothing_is_written_and_chunks_change_nothing(policy: Policy, history: None, monkeypatch) -> None:
    before, whole = digest(), simulate(Proposal(METRIC, 20 * 60), now=NOW)
    monkeypatch.setattr(simulation, "CHUNK", 2)

    in_chunks = simulate(Proposal(METRIC, 20 * 60), now=NOW)

    assert as_dict(in_chunks) == as_dict(whole)
    assert digest() == before


def test_it_takes_as_many_queries_for_many_leads(
    world: World, policy: Policy, history: None, django_assert_max_num_queries: Any
) -> None:
    simulate(Proposal(METRIC), now=NOW)
    with CaptureQueriesContext(connection) as before:
        simulate(Proposal(METRIC), now=NOW)
    for n in range(5):
        promoted(world, f"One more {n}", 120)
    with django_assert_max_num_queries(len(before)):
        simulate(Proposal(METRIC), now=NOW)


def test_too_many_leads_are_refused_at_once(policy: Policy, history: None) -> None:
    with pytest.raises(TooMuch, match="more than 3 leads"):
        simulate(Proposal(METRIC), most=3, now=NOW)


def run(*options: str) -> str:
    out = StringIO()
    call_command("simulate_policy", "--metric", METRIC.value, *options, stdout=out)
    return out.getvalue()


def test_the_command_prints_it_for_people_and_machines(policy: Policy, history: None) -> None:
    make_calendar("office", OFFICE)
    options = ("--target", "20m", "--warn", "50", "--escalate", "1h", "--calendar", "office", "--to", "2026-03-03")
    with time_machine.travel(NOW, tick=False):
        shown, data = run(*options), json.loads(run(*options, "--json"))

    assert data["proposed"]["breached"] == 4
    assert data["ladder"] == [[50, 0], [100, 0], [100, 3600]]
    for text in (
        "5 clocks replayed; nothing is written",
        "Target    20 min",
        "Newly missed: 2",
        "Ada",
        "Office (version 1)",
    ):
        assert text in shown


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--calendar", "moon"], "There is no calendar “moon” in force. There are: always."),
        (["--warn", "100"], "1 to 99 per cent"),
        (["--target", "soon"], "“soon” is not a valid length of time: write one like 4 h"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "The period ends before it starts"),
    ],
)
def test_what_makes_no_sense_is_refused(options: list[str], complaint: str, policy: Policy) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(*options)


def test_revops_tries_it_on_a_page(world: World, policy: Policy, history: None, as_: Login) -> None:
    asked = {"metric": METRIC, "target": "20m", "warn": "50", "escalate": "1h", "from": "2026-03-01"}
    address = reverse("admin:what_if")

    page = as_(world.olga).get(address, asked).content.decode()

    assert "0 would be met that were not, 2 missed that were not." in page
    assert "is not a valid length of time" in as_(world.olga).get(address, asked | {"target": "?"}).content.decode()
    assert "Nothing to replay" in as_(world.olga).get(address, asked | {"from": "2027-01-01"}).content.decode()
    assert as_(world.mia).get(address).status_code == 403


def test_a_share_of_figures() -> None:
    assert [at_share(0.9, figures) for figures in ([], [3], [1, 2], range(11))] == [0, 3, 1.9, 9]
