"""check_integrity passes leads at sight, and still says of each disagreement what a thorough look at all leads says."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import F

from handoff import workflow
from handoff.amending.integrity import Finding, Kind, of_leads, of_records
from handoff.amending.screening import Screen
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Handoff
from leads.models import Lead, State, Transition, User, Via
from sla.models import Alarm, Calendar, Clock, PendingAlarm, Policy
from tests.world import ALWAYS, FACTS, MONDAY, World, make_lead, make_policy

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
LATER, AFTERWARDS = MONDAY + 3 * HOUR, MONDAY + 10 * HOUR
IS_HOT = [{"field": "score", "op": "at_least", "value": 80}]


@pytest.fixture
def lead(world: World) -> Lead:
    """A lead with a breached clock, one that was met in time, one that is overdue, and one that is open."""
    for metric, hours in (("time_to_accept", 1), ("speed_to_lead", 40), ("time_to_touch", 4), ("time_to_qualify", 0.5)):
        make_policy(metric, int(hours * 3600), key=metric.replace("_", "-"), created_at=MONDAY - HOUR)
        make_policy(metric, 7, position=1, conditions=IS_HOT, key=f"hot-{metric}"[:20], created_at=MONDAY - HOUR)
    lead = make_lead(score=10, created_at=MONDAY, entered_at=MONDAY)
    with time_machine.travel(MONDAY, tick=False):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    with time_machine.travel(MONDAY + HOUR / 4, tick=False):
        workflow.assign(lead.pk, by=world.max, owner=world.ben)
    with time_machine.travel(MONDAY + 2 * HOUR, tick=False):
        sweep()
        workflow.accept(lead.pk, by=world.ben)
    with time_machine.travel(LATER, tick=False):
        sweep()
    return lead


@pytest.fixture
def paused_lead(lead: Lead, world: World) -> Lead:
    """The same lead, paused and resumed, handed over meanwhile, touched, and paused again."""
    make_policy("time_to_next_touch", 20 * 3600, key="next-touch", created_at=MONDAY - HOUR)
    for hours, verb, facts in (
        (4, workflow.pause, {"cause": "buyer_away"}),
        (5, workflow.assign, {"owner": world.ada}),
        (9, workflow.resume, {}),
        (9.5, workflow.touch, FACTS["touch"]),
        (9.75, workflow.pause, {"cause": "buyer_away"}),
    ):
        with time_machine.travel(MONDAY + hours * HOUR, tick=False):
            sweep()
            verb(lead.pk, by=world.max, **facts)
    with time_machine.travel(AFTERWARDS, tick=False):
        sweep()
    return lead


def thorough(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What is seen when no lead is passed at sight."""
    with monkeypatch.context() as patch:
        patch.setattr(Screen, "doubtful", lambda _screen, leads, _now: [lead.pk for lead in leads])
        return list(of_leads())


def fail_if_any(ids: Collection[int], *_: object) -> Iterator[Finding]:
    """In place of a thorough look."""
    assert not ids
    yield from ()


def clocks(metric: str) -> Any:
    return Clock.objects.filter(metric=metric)


def change(metric: str, /, **fields: Any) -> Callable[[Lead], object]:
    return lambda _lead: clocks(metric).update(**fields)


def other_act(lead: Lead) -> Transition:
    return Transition.objects.filter(lead=lead).order_by("pk")[1]


def change_lead(assignment: str) -> Callable[[Lead], object]:
    """Past the verbs, which alone move a state."""

    def plant(lead: Lead) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE leads_lead SET {assignment} WHERE id = %s", [lead.pk])  # noqa: S608

    return plant


def an_act_more(**fields: Any) -> Callable[[Lead], object]:
    def plant(lead: Lead) -> None:
        stands = {"from_state": State.SAL, "to_state": State.SAL, "cycle": 1, "owner_id": lead.owner_id, "team": None}
        Transition.objects.create(lead=lead, via=Via.API, **stands | {"at": LATER, "recorded_at": LATER} | fields)

    return plant


def restarted(lead: Lead) -> None:
    policy = Policy.objects.get(key="time-to-qualify")
    an_act_more(verb="assign", facts={"restarted": {policy.metric: policy.pk}})(lead)


def another_calendar(_lead: Lead) -> None:
    calendar = Calendar.objects.create(key="other", name="Other", weekly=ALWAYS)
    clocks("speed_to_lead").update(calendar=calendar)


def fired_and_waiting(_lead: Lead) -> None:
    alarm = Alarm.objects.filter(clock__metric="time_to_accept").order_by("pk")[0]
    PendingAlarm.objects.create(clock=alarm.clock, step=alarm.step, due_at=alarm.due_at)


def alarm_of_another_ladder(_lead: Lead) -> None:
    """A breach that is another policy's, under a date that is not when the clock was due."""
    step = Policy.objects.get(key="hot-time_to_accept").steps.get(percent=100)
    Alarm.objects.create(clock=clocks("time_to_accept").get(), step=step, due_at=LATER, fired_at=LATER)


def breach_unfired(_lead: Lead) -> None:
    Delivery.objects.all().delete()
    Alarm.objects.filter(step__percent=100).delete()


def a_clock_more(_lead: Lead) -> None:
    clock = clocks("time_to_accept").get()
    clock.pk, clock.round = None, 2
    clock.save()


PLANTS: dict[str, tuple[Kind, Callable[[Lead], object]]] = {
    "state of the lead": (Kind.STATE, change_lead("state = 'sql'")),
    "owner of the lead": (Kind.STATE, change_lead("owner_id = NULL")),
    "cycle of the lead": (Kind.STATE, change_lead("cycle = 2")),
    "when it entered its state": (Kind.STATE, change_lead("entered_at = entered_at + interval '1 microsecond'")),
    "an act from another state": (Kind.STATE, an_act_more(verb="touch", from_state=State.MQL)),
    "an act that changes the owner": (Kind.STATE, an_act_more(verb="assign", owner_id=None)),
    "an act in another cycle": (Kind.STATE, an_act_more(verb="comment", cycle=2)),
    "an act that asks for a clock": (Kind.CLOCK, an_act_more(verb="touch", facts={"policies": {}})),
    "an act dated long ago": (Kind.CLOCK, an_act_more(verb="touch", at=MONDAY + HOUR / 2)),
    "a touch that is automatic by no boolean": (Kind.CLOCK, an_act_more(verb="touch", facts={"automatic": 0})),
    "a pause": (Kind.CLOCK, an_act_more(verb="pause", at=MONDAY + HOUR / 8, recorded_at=MONDAY + HOUR / 8)),
    "a clock restarted": (Kind.CLOCK, restarted),
    "metric": (Kind.CLOCK, change("time_to_accept", metric="time_to_convert")),
    "cycle": (Kind.CLOCK, change("time_to_accept", cycle=3)),
    "policy": (Kind.CLOCK, lambda _: clocks("speed_to_lead").update(policy=Policy.objects.get(key="time-to-accept"))),
    "calendar": (Kind.CLOCK, another_calendar),
    "owner": (Kind.CLOCK, lambda _: clocks("time_to_accept").update(owner=User.objects.get(username="zoe"))),
    "no owner": (Kind.CLOCK, change("time_to_touch", owner=None)),
    "team": (Kind.CLOCK, lambda _: clocks("time_to_touch").update(team_id=F("team_id") + 1)),
    "target": (Kind.CLOCK, change("time_to_accept", target_seconds=3601)),
    "start": (Kind.CLOCK, change("time_to_qualify", started_at=F("started_at") - SECOND)),
    "due time": (Kind.CLOCK, change("time_to_qualify", due_at=F("due_at") + timedelta(microseconds=1))),
    "no due time": (Kind.CLOCK, change("time_to_touch", due_at=None, error="Never open.")),
    "stop": (Kind.CLOCK, change("time_to_accept", stopped_at=F("stopped_at") + SECOND)),
    "which act stopped it": (
        Kind.CLOCK,
        lambda lead: clocks("time_to_accept").update(stopped_by=other_act(lead)),
    ),
    "which act started it": (
        Kind.CLOCK,
        lambda lead: clocks("time_to_touch").update(started_by=other_act(lead)),
    ),
    "outcome": (Kind.CLOCK, change("time_to_accept", state="cancelled")),
    "stopped at all": (
        Kind.CLOCK,
        lambda lead: clocks("speed_to_lead").update(stopped_at=LATER, state="met", stopped_by=other_act(lead)),
    ),
    "excused": (Kind.CLOCK, lambda lead: clocks("time_to_accept").update(excused_by=other_act(lead))),
    "paused": (Kind.CLOCK, change("time_to_touch", paused=True)),
    "amended": (Kind.CLOCK, change("time_to_touch", amended=True)),
    "business time it took": (Kind.CLOCK, change("time_to_accept", elapsed=F("elapsed") + SECOND)),
    "error": (Kind.CLOCK, change("time_to_touch", error="Never open.")),
    "a clock less": (Kind.CLOCK, lambda _: clocks("speed_to_lead").get().pending.all().delete()),
    "a clock more": (Kind.CLOCK, a_clock_more),
    "an alarm less": (Kind.CLOCK, lambda _: PendingAlarm.objects.filter(clock__metric="time_to_touch").delete()),
    "an alarm at another time": (Kind.CLOCK, lambda _: PendingAlarm.objects.update(due_at=F("due_at") + SECOND)),
    "a breach that never fired": (Kind.CLOCK, breach_unfired),
    "an alarm that fired and waits": (Kind.ALARM, fired_and_waiting),
    "a breach under another date": (
        Kind.ALARM,
        lambda _: Alarm.objects.filter(step__percent=100).update(due_at=F("due_at") + SECOND),
    ),
    "a breach of another ladder": (Kind.ALARM, alarm_of_another_ladder),
    "facts that ask for another policy": (Kind.POLICY, lambda lead: Lead.objects.filter(pk=lead.pk).update(score=90)),
}


@contextmanager
def planted(spoil: Callable[[Lead], object], lead: Lead, now: datetime) -> Iterator[list[Finding]]:
    """What is said of it then. It is taken back, as the lead is long in the making."""
    with transaction.atomic(), time_machine.travel(now, tick=False):
        spoil(lead)
        yield list(of_leads())
        transaction.set_rollback(True)


def test_whatever_is_planted_is_seen_as_by_a_thorough_look(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    for plant, (kind, spoil) in PLANTS.items():
        with planted(spoil, lead, LATER) as findings:
            assert findings == thorough(monkeypatch), plant
            assert kind in {finding.kind for finding in findings}, plant


def test_a_lead_that_agrees_is_passed_at_sight(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handoff.amending.integrity._thorough_look", fail_if_any)

    with time_machine.travel(LATER, tick=False):
        assert list(of_leads()) == []


PAUSED_PLANTS: dict[str, Callable[[Lead], object]] = {
    "not paused": change("time_to_next_touch", paused=False, due_at=AFTERWARDS + HOUR),
    "not amended": change("speed_to_lead", amended=False),
    "error": change("speed_to_lead", error="Never open."),
    "due time": change("speed_to_lead", due_at=AFTERWARDS + HOUR),
    "due in a pause": change("time_to_next_touch", due_at=AFTERWARDS + HOUR),
    "business time it took": change("time_to_touch", elapsed=F("elapsed") + SECOND),
    "owner": lambda _: clocks("speed_to_lead").update(owner=User.objects.get(username="zoe")),
    "another pause in it": an_act_more(verb="pause", at=MONDAY + 4.5 * HOUR, recorded_at=MONDAY + 4.5 * HOUR),
    "a pause that has an end": an_act_more(
        verb="pause",
        at=MONDAY + 9.25 * HOUR,
        recorded_at=MONDAY + 9.25 * HOUR,
        facts={"until": (MONDAY + 9.3 * HOUR).isoformat()},
    ),
    "an alarm more": lambda _: PendingAlarm.objects.create(
        clock=clocks("time_to_next_touch").get(),
        step=clocks("time_to_next_touch").get().policy.ladder[0],
        due_at=AFTERWARDS,
    ),
}


def test_whatever_is_planted_in_a_lead_with_pauses_is_seen_as_well(
    paused_lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    for plant, spoil in PAUSED_PLANTS.items():
        with planted(spoil, paused_lead, AFTERWARDS) as findings:
            assert findings, plant
            assert findings == thorough(monkeypatch), plant


@pytest.mark.usefixtures("paused_lead")
def test_a_lead_with_pauses_is_passed_at_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handoff.amending.integrity._thorough_look", fail_if_any)

    with time_machine.travel(AFTERWARDS, tick=False):
        assert list(of_leads()) == []


def test_a_touch_logged_late_is_passed_at_sight(lead: Lead, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(LATER, tick=False):
        workflow.touch(lead.pk, by=world.ben, at=MONDAY + HOUR, **FACTS["touch"])
    monkeypatch.setattr("handoff.amending.integrity._thorough_look", fail_if_any)

    with time_machine.travel(LATER, tick=False):
        assert list(of_leads()) == []


def test_an_act_without_its_record_is_named(lead: Lead) -> None:
    Handoff.objects.all().delete()

    assert {finding.kind for finding in of_records()} == {Kind.RECORD}
