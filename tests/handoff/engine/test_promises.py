"""What was put off comes back: dates that arrive and holds without an end are told once, to whom they concern."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from handoff import alerts, workflow
from handoff.engine import leaks
from handoff.engine.leaks import Leak
from handoff.models import Delivery, Notice, StandardKind, StandardMessage
from leads.models import Lead, State
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
DAY = "2026-03-04"


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=MONDAY.tzinfo)


def rejected_for_now(world: World) -> Lead:
    with time_machine.travel(MONDAY, tick=False):
        lead = bring_to(State.MQL, make_lead(), world)
        workflow.reject(lead.pk, by=world.ada, reason="not_now", retry_on=DAY)
    return lead


def recycled(world: World) -> Lead:
    lead = rejected_for_now(world)
    with time_machine.travel(MONDAY + timedelta(minutes=1), tick=False):
        workflow.recycle(lead.pk, by=world.mia, reenter_on=DAY)
    return lead


def tell(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        leaks.tell()


def reminded() -> list[str]:
    return sorted(Delivery.objects.filter(notice__lead__isnull=False).values_list("recipient__username", flat=True))


@pytest.mark.parametrize("put_off", [rejected_for_now, recycled])
def test_marketing_is_reminded_once_on_the_day_and_not_before(put_off, world: World) -> None:
    lead = put_off(world)
    tell(day(3, 22))
    assert (reminded(), leaks.counts(day(3, 22))[Leak.RETURN_DUE]) == ([], 0)
    for at in (day(4, 7), day(4, 8), day(5), day(20)):
        tell(at)
    assert reminded() == ["nora"]
    assert Notice.objects.get(lead=lead).subject == "Time to come back to Dana Fox"
    assert leaks.counts(day(20))[Leak.RETURN_DUE] == 1


def test_it_comes_in_the_morning_of_the_recipient_and_as_one_message(world: World) -> None:
    world.nora.time_zone = "America/New_York"
    world.nora.save()
    recycled(world)
    tell(day(4, 0))
    delivery = Delivery.objects.get(notice__lead__isnull=False)
    assert delivery.digest
    assert delivery.next_attempt_at == datetime(2026, 3, 4, 8, tzinfo=ZoneInfo("America/New_York"))


def test_another_date_is_another_reminder(world: World) -> None:
    lead = recycled(world)
    tell(day(4, 9))
    with time_machine.travel(day(4, 10), tick=False):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
        assert leaks.counts()[Leak.RETURN_DUE] == 0
        workflow.reject(lead.pk, by=world.ada, reason="not_now", retry_on="2026-03-09")
    tell(day(9, 9))
    assert reminded() == ["nora", "nora"]


@pytest.mark.parametrize("ending", ["retired", "rejected again", "merged"])
def test_a_date_that_nobody_waits_for_any_more_reminds_nobody(ending: str, world: World) -> None:
    lead = recycled(world) if ending == "rejected again" else rejected_for_now(world)
    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        match ending:
            case "retired":
                workflow.answer(lead.pk, by=world.mia, kind="retire")
            case "rejected again":
                workflow.reject(lead.pk, by=world.mia, reason="spam_or_test")
            case "merged":
                workflow.answer(lead.pk, by=world.mia, kind="acknowledge")
                workflow.merge(lead.pk, by=world.mia, into=bring_to(State.SAL, make_lead("Erin Gale"), world))
    tell(day(5))
    assert reminded() == []


def test_an_open_hold_is_told_to_the_owner_and_the_manager(world: World) -> None:
    make_policy("time_to_accept")
    with time_machine.travel(MONDAY, tick=False):
        lead = bring_to(State.MQL, make_lead(), world)
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away")
    tell(MONDAY + timedelta(days=6))
    assert reminded() == []
    for days in (7, 8, 90):
        tell(MONDAY + timedelta(days=days))
    assert reminded() == ["ada", "max"]
    assert leaks.counts(MONDAY + timedelta(days=8))[Leak.HELD] == 1


def test_a_hold_of_marketings_answer_is_told_to_marketing(world: World) -> None:
    with time_machine.travel(MONDAY, tick=False):
        lead = bring_to(State.REJECTED, make_lead(), world)
        workflow.pause(lead.pk, by=world.mia, cause="buyer_away")
    tell(MONDAY + timedelta(days=8))
    assert reminded() == ["nora"]


def test_a_hold_with_an_end_or_one_that_is_over_is_not_told(world: World) -> None:
    with time_machine.travel(MONDAY, tick=False):
        ending, over = (bring_to(State.MQL, make_lead(name), world) for name in ("Erin Gale", "Finn Hale"))
        workflow.pause(ending.pk, by=world.ada, cause="buyer_away", until=MONDAY + timedelta(days=30))
        workflow.pause(over.pk, by=world.ada, cause="buyer_away")
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        workflow.resume(over.pk, by=world.ada)
    tell(MONDAY + timedelta(days=20))
    assert reminded() == []


def test_revops_switches_a_reminder_off(world: World) -> None:
    recycled(world)
    StandardMessage.objects.filter(kind=StandardKind.RETURN_DUE).update(active=False)
    tell(day(5))
    assert reminded() == []


def test_without_marketing_revops_is_reminded(world: World) -> None:
    world.nora.is_active = False
    world.nora.save()
    recycled(world)
    tell(day(5))
    assert reminded() == ["olga"]


def test_a_reminder_of_which_the_writer_was_killed_is_written_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    recycled(world)
    monkeypatch.setattr(alerts.about_lead, "_wait_for_morning", killed)
    with pytest.raises(KeyboardInterrupt):
        tell(day(4))
    assert not Notice.objects.filter(lead__isnull=False).exists()
    monkeypatch.undo()
    tell(day(4, 1))
    assert reminded() == ["nora"]


@pytest.mark.parametrize(
    ("kind", "indexes"),
    [(Leak.RETURN_DUE, ["lead_reenter_on"]), (Leak.HELD, ["lead_open_pause", "lead_paused"])],  # both hold pauses alone
)
def test_they_are_found_by_an_index_of_their_own(kind: Leak, indexes: list[str], world: World) -> None:
    Lead.objects.bulk_create(Lead(email=f"{number}@buyer.example") for number in range(1000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_lead")
    plan = leaks.leaking(kind, MONDAY).order_by().explain()
    assert any(index in plan for index in indexes)
