"""Who is told: of acts by subscription, of alarms by their step, and of a breach somebody always."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from handoff.alerts import announce_act, fire_alarms
from handoff.models import Delivery
from leads.models import Campaign, Lead
from sla.models import Alarm, PendingAlarm
from tests.handoff.alerts.conftest import destination, make_act, make_due, make_step, notified, subscribe
from tests.world import World, make_lead

FIRING = 3  # the statement, and the savepoint around it, which is a transaction outside of a test


def mail(*names: str) -> list[tuple[str, str]]:
    return [("email", f"{name}@handoff.example") for name in names]


def told_of_act(lead: Lead, audience: str, medium: str = "email", address: str = "") -> list[tuple[str, str]]:
    subscribe("promote", destination(audience, medium, address))
    act = make_act(lead)
    announce_act(act, lead)
    return notified(transition=act)


def fire(lead: Lead, *destinations: Any, percent: int = 100, after: int = 0) -> Alarm:
    clock = make_due(lead, make_step(*destinations, percent=percent, after=after))
    assert fire_alarms(10) == 1
    return clock.alarms.get()


def test_the_owner_is_told_by_email(world: World) -> None:
    assert told_of_act(make_lead(owner=world.ada), "owner") == mail("ada")


def test_the_owner_is_told_in_slack(world: World) -> None:
    assert told_of_act(make_lead(owner=world.ada), "owner", "slack") == [("slack", "UADA")]


def test_an_owner_who_left_is_not_told(world: World) -> None:
    world.ada.is_active = False
    world.ada.save()
    assert told_of_act(make_lead(owner=world.ada), "owner") == []


def test_an_owner_without_a_slack_id_is_not_told_in_slack(world: World) -> None:
    assert told_of_act(make_lead(owner=world.ben), "owner", "slack") == []


def test_the_manager_of_the_leads_team_is_told(world: World) -> None:
    assert told_of_act(make_lead(owner=world.zoe, team=world.berlin), "manager") == mail("max")


def test_without_a_team_the_manager_of_the_owners_team_is_told(world: World) -> None:
    assert told_of_act(make_lead(owner=world.ada), "manager") == mail("max")


def test_a_team_without_a_manager_leaves_it_to_the_owners_manager(world: World) -> None:
    assert told_of_act(make_lead(owner=world.ada, team=world.new_york), "manager") == mail("max")


def test_the_teams_mailbox_is_told(world: World) -> None:
    assert told_of_act(make_lead(team=world.berlin), "team") == mail("berlin")


def test_the_teams_channel_is_told(world: World) -> None:
    world.berlin.slack_channel = "#berlin"
    world.berlin.save()
    assert told_of_act(make_lead(owner=world.ada), "team", "slack") == [("slack", "#berlin")]


def test_the_owner_of_the_campaign_is_told(world: World) -> None:
    lead = make_lead(campaign=Campaign.objects.create(name="Spring", owner=world.mia))
    assert told_of_act(lead, "marketing") == mail("mia")


@pytest.mark.parametrize("case", ["no campaign", "nobody's campaign", "of somebody who left"])
def test_otherwise_the_marketing_leads_are_told(world: World, case: str) -> None:
    world.mia.is_active = False
    world.mia.save()
    owner = world.mia if case == "of somebody who left" else None
    campaign = None if case == "no campaign" else Campaign.objects.create(name="Spring", owner=owner)
    assert told_of_act(make_lead(campaign=campaign), "marketing") == mail("nora")


def test_all_active_members_of_revops_are_told(world: World) -> None:
    world.eve.groups.set(Group.objects.filter(name="RevOps"))
    world.mia.groups.set(Group.objects.filter(name="RevOps"))
    world.mia.is_active = False
    world.mia.save()
    assert told_of_act(make_lead(), "revops") == mail("eve", "olga")


def test_a_fixed_address_is_told(world: World) -> None:
    url = "https://hooks.slack.example/T1"
    assert told_of_act(make_lead(), "fixed", "slack_webhook", url) == [("slack_webhook", url)]


def test_an_inactive_destination_is_passed_over(world: World) -> None:
    lead = make_lead(owner=world.ada)
    subscribe("promote", destination("owner", active=False), destination("manager"))
    announce_act(make_act(lead), lead)
    assert notified() == mail("max")


def test_an_act_is_told_to_those_who_subscribed_to_its_verb_only(world: World) -> None:
    lead = make_lead(owner=world.ada)
    subscribe("reject", destination("owner"))
    announce_act(make_act(lead), lead)
    assert notified() == []


def test_a_historical_act_is_told_to_nobody(world: World) -> None:
    lead = make_lead(owner=world.ada)
    subscribe("promote", destination("owner"))
    announce_act(make_act(lead, historical=True), lead)
    assert notified() == []


def test_an_owner_who_manages_his_team_gets_one_message(world: World) -> None:
    lead = make_lead(owner=world.max, team=world.berlin)
    fixed = destination("fixed", address="max@handoff.example")
    alarm = fire(lead, destination("owner"), destination("manager"), fixed)
    assert notified(alarm=alarm) == mail("max")
    assert Delivery.objects.get().recipient == world.max


def test_an_alarm_fires_and_is_told_once(world: World) -> None:
    fire(make_lead(owner=world.ada), destination("owner"))
    assert fire_alarms(10) == 0
    assert notified() == mail("ada")


def test_a_superseded_warning_is_told_to_nobody(world: World) -> None:
    step = make_step(destination("owner"), percent=75)
    clock = make_due(make_lead(owner=world.ada), step)
    breach = clock.policy.steps.create(percent=100)
    PendingAlarm.objects.create(clock=clock, step=breach, due_at=timezone.now())
    breach.destinations.add(destination("manager"))
    assert fire_alarms(10) == 2
    assert clock.alarms.get(step=step).superseded
    assert notified(alarm__step=step) == []
    assert notified(alarm__step=breach) == mail("max")


def test_deliveries_of_one_statement_have_different_keys(world: World) -> None:
    fire(make_lead(owner=world.ada), destination("owner"), destination("owner", "slack"), destination("revops"))
    assert Delivery.objects.values("key").distinct().count() == 3


@pytest.mark.parametrize("after", [0, 3600])
def test_a_breach_without_an_owner_reaches_the_manager(world: World, after: int) -> None:
    fire(make_lead(team=world.berlin), destination("owner"), after=after)
    assert notified() == mail("max")


def test_a_breach_whose_owner_and_manager_left_reaches_revops(world: World) -> None:
    for user in (world.ada, world.max):
        user.is_active = False
        user.save()
    fire(make_lead(owner=world.ada, team=world.berlin), destination("owner"), destination("manager"))
    assert notified() == mail("olga")


def test_a_breach_whose_owner_has_no_address_reaches_the_manager(world: World) -> None:
    fire(make_lead(owner=world.ben, team=world.berlin), destination("owner", "slack"))
    assert notified() == mail("max")


def test_a_breach_whose_step_tells_nobody_reaches_the_manager(world: World) -> None:
    fire(make_lead(owner=world.ada, team=world.berlin))
    assert notified() == mail("max")


def test_a_breach_that_reaches_somebody_does_not_fall_back(world: World) -> None:
    fire(make_lead(owner=world.ada, team=world.berlin), destination("owner"))
    assert notified() == mail("ada")


def test_a_warning_does_not_fall_back(world: World) -> None:
    fire(make_lead(team=world.berlin), destination("owner"), percent=75)
    assert notified() == []


def test_in_one_batch_each_breach_falls_back_for_itself(world: World) -> None:
    step = make_step(destination("owner"))
    clocks = [
        make_due(make_lead("Owned", owner=world.ada), step),
        make_due(make_lead("Unowned", team=world.berlin), step),
        make_due(make_lead("Lost"), step),
    ]
    fire_alarms(10)
    assert [notified(alarm__clock=clock) for clock in clocks] == [mail("ada"), mail("max"), mail("olga")]


def test_an_act_costs_one_query_whoever_subscribed_to_it(world: World, django_assert_num_queries: Any) -> None:
    lead = make_lead(owner=world.ada)
    subscribe("promote", destination("owner"), destination("revops"), destination("marketing"))
    act = make_act(lead)
    with django_assert_num_queries(1):
        announce_act(act, lead)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_alarms_cost_one_query_in_one_transaction_however_many(
    world: World, django_assert_num_queries: Any, count: int
) -> None:
    step = make_step(destination("owner"), destination("manager"), destination("revops", "slack"))
    for n in range(count):
        make_due(make_lead(f"Lead {n}", owner=world.ada), step)
    with django_assert_num_queries(FIRING):
        assert fire_alarms(100) == count
    assert Delivery.objects.count() == 2 * count


@pytest.mark.parametrize(("fields", "fallbacks"), [({"owner": "ben"}, 1), ({}, 2)])
def test_each_fallback_costs_one_more(
    world: World, django_assert_num_queries: Any, fields: Any, fallbacks: int
) -> None:
    step = make_step(destination("owner", "slack"))
    owner = {name: getattr(world, username) for name, username in fields.items()}
    for n in range(20):
        make_due(make_lead(f"Lead {n}", **owner), step)
    with django_assert_num_queries(FIRING + fallbacks):
        fire_alarms(100)
    assert Delivery.objects.count() == 20


def test_a_message_names_its_destination(world: World) -> None:
    channel = destination("fixed", "slack_webhook", "https://hooks.slack.example/SECRET")
    fire(make_lead(owner=world.ada), channel)
    delivery = Delivery.objects.get()
    assert delivery.destination == channel
    assert "SECRET" not in str(delivery).replace(channel.name, "")


def test_a_destination_that_is_deleted_leaves_its_messages(world: World) -> None:
    channel = destination("fixed", "slack", "#leads")
    fire(make_lead(owner=world.ada), channel)
    channel.delete()
    assert str(Delivery.objects.get()) == "Slack to an earlier destination"
