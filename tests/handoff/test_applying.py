"""Applying a new version to running clocks, excusing a period, and repair."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from handoff import workflow
from handoff.amending.applying import Outcome, apply_to_running, preview
from handoff.amending.excusing import breached, excuse_all
from handoff.amending.integrity import disagreements
from handoff.amending.rebuilding import rebuild
from handoff.ladder.sweep import sweep
from leads.models import Lead
from sla.models import Alarm, Clock, PendingAlarm, Policy
from sla.versions import revise_policy
from tests.world import MONDAY, World, assert_consistent, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def moment(minutes: float) -> time_machine.travel:
    return time_machine.travel(at(minutes), tick=False)


@pytest.fixture
def policy(world: World) -> Policy:
    return make_policy("time_to_accept", 3600)


def offered(world: World, minute: float, name: str) -> Lead:
    with moment(minute):
        return bring_to("mql", make_lead(name), world)


def test_what_the_preview_says_is_what_applying_does(world: World, policy: Policy) -> None:
    late, old, young = (offered(world, minute, f"Lead {minute}") for minute in (-70, -40, -10))
    with moment(0):
        sweep(at(0))
        revised = revise_policy(policy, {"target_seconds": 1800})
        seen = preview(revised)
        assert Clock.objects.filter(policy=policy).count() == 3  # nothing was written
        done = apply_to_running(revised, by=world.olga, reason="Half an hour, as agreed.")

    assert {outcome: [effect.lead for effect in seen.of(outcome)] for outcome in Outcome} == {
        Outcome.MOVED: [young],
        Outcome.BREACHED: [old],
        Outcome.UNMOVED: [],
        Outcome.OVERDUE: [late],
    }
    assert (done.applied, done.refused) == (2, {})
    for effect in seen.effects:
        assert Clock.objects.get(pk=effect.clock.pk).due_at == effect.due_after
    assert Clock.objects.get(lead=late).policy == policy
    assert [alarm.clock.lead for alarm in Alarm.objects.filter(step__percent=100)] == [late]
    sweep(at(20))
    assert Alarm.objects.filter(step__percent=100, due_at=at(0)).get().clock.lead == old
    assert_consistent()
    assert apply_to_running(revised, by=world.olga, reason="Again.").applied == 0


def test_an_outage_excuses_all_breaches_of_its_time(world: World, policy: Policy) -> None:
    before, within = offered(world, -300, "Before"), offered(world, 0, "Within")
    with moment(120):
        workflow.accept(before.pk, by=world.ada)
        assert [clock.lead for clock in breached(at(0), at(120))] == [within]
        assert excuse_all(at(0), at(120), reason="The telephone was down.", by=world.olga) == 1
        assert excuse_all(at(0), at(120), reason="The telephone was down.", by=world.olga) == 0

    assert Clock.objects.get(lead=within).excused_by is not None
    assert Clock.objects.get(lead=before).excused_by is None
    assert_consistent()


def test_repair_makes_the_clocks_what_the_history_says(world: World, policy: Policy) -> None:
    lead = offered(world, 0, "Lead")
    with moment(10):
        Clock.objects.update(due_at=at(999))
        PendingAlarm.objects.all().delete()
        assert any("due_at is" in line for line in disagreements())
        assert [lead_id for lead_id, _ in rebuild(dry_run=True)] == [lead.pk]
        assert Clock.objects.get().due_at == at(999)
        out = StringIO()
        call_command("rebuild_clocks", stdout=out)

        assert "due_at is" in out.getvalue()
        assert "1 clocks were made what their history says." in out.getvalue()
        assert Clock.objects.get().due_at == at(60)
        assert PendingAlarm.objects.count() == 2
        assert_consistent()
        assert list(rebuild()) == []


def test_repair_writes_a_clock_that_is_missing(world: World, policy: Policy) -> None:
    offered(world, 0, "Lead")
    with moment(10):
        Clock.objects.all().delete()
        list(rebuild())

        assert Clock.objects.get().due_at == at(60)
        assert_consistent()


def test_another_time_zone_database_moves_what_runs_and_not_what_is_over(world: World, policy: Policy) -> None:
    over, running = offered(world, -500, "Over"), offered(world, 0, "Running")
    with moment(10):
        workflow.accept(over.pk, by=world.ada)
        Clock.objects.filter(lead=over).update(due_at=at(-441), tz_version="1999a")
        Clock.objects.filter(lead=running).update(due_at=at(61), tz_version="1999a")
        list(rebuild())

    assert Clock.objects.get(lead=over).due_at == at(-441)
    assert Clock.objects.get(lead=running).due_at == at(60)
