"""Quiet hours and digests, by the clock on the recipient's wall."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError

from handoff.alerts import deliver
from handoff.alerts.quiet import next_digest, quiet_until
from handoff.models import Delivery, DeliveryState
from leads.models import Lead, User
from sla.models import Step
from tests.handoff.alerts.conftest import Mailbox, make_act, make_alarm, make_step
from tests.world import World, make_lead

Make = Callable[..., Delivery]
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)  # in Berlin an hour ahead of UTC


def on_monday(hour: int, minute: int = 0, **later: int) -> datetime:
    return MONDAY + timedelta(hours=hour, minutes=minute, **later)


def in_berlin(**wishes: time) -> User:
    return User(username="ada", time_zone="Europe/Berlin", **wishes)


@pytest.mark.parametrize(
    ("case", "at", "until"),
    [
        ("in the evening", on_monday(18), on_monday(6, days=1)),
        ("as they begin", on_monday(17), on_monday(6, days=1)),
        ("just before", on_monday(16, 59), None),
        ("past midnight", on_monday(0), on_monday(6)),
        ("as they end", on_monday(6), None),
        ("at noon", on_monday(11), None),
    ],
)
def test_quiet_hours_overnight(case: str, at: datetime, until: datetime | None) -> None:
    assert quiet_until(in_berlin(quiet_from=time(18), quiet_until=time(7)), at) == until, case


@pytest.mark.parametrize(
    ("at", "until"), [(on_monday(11, 30), on_monday(12)), (on_monday(12), None), (on_monday(10, 59), None)]
)
def test_quiet_hours_within_a_day(at: datetime, until: datetime | None) -> None:
    assert quiet_until(in_berlin(quiet_from=time(12), quiet_until=time(13)), at) == until


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert quiet_until(in_berlin(), on_monday(0)) is None


@pytest.mark.parametrize(
    ("case", "evening", "hours"),
    [
        ("spring forward: the night has an hour less", datetime(2026, 3, 28, 22, tzinfo=UTC), 7),
        ("fall back: it has an hour more", datetime(2026, 10, 24, 22, tzinfo=UTC), 8),
    ],
)
def test_quiet_hours_end_by_the_wall_clock_when_it_changes(case: str, evening: datetime, hours: int) -> None:
    user = in_berlin(quiet_from=time(18), quiet_until=time(7))
    assert quiet_until(user, evening) == evening + timedelta(hours=hours), case


@pytest.mark.parametrize(
    ("case", "after", "digest"),
    [
        ("today", on_monday(7), on_monday(8)),
        ("not at this very moment", on_monday(8), on_monday(8, days=1)),
        ("tomorrow", on_monday(9), on_monday(8, days=1)),
        ("late at night, where it is tomorrow already", on_monday(23, 30), on_monday(8, days=1)),
        ("over the change of the clock", datetime(2026, 3, 28, 9, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)),
    ],
)
def test_the_next_digest(case: str, after: datetime, digest: datetime) -> None:
    assert next_digest(in_berlin(digest_at=time(9)), after) == digest, case


def test_a_digest_at_a_skipped_hour_comes_an_hour_later_and_at_a_repeated_one_once() -> None:
    user = in_berlin(digest_at=time(2, 30))
    assert next_digest(user, datetime(2026, 3, 28, 23, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_digest(user, datetime(2026, 10, 24, 23, tzinfo=UTC)) == first
    assert next_digest(user, first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def prefer(user: User, **wishes: time) -> None:
    for name, value in wishes.items():
        setattr(user, name, value)
    user.save()


def deliver_at(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return deliver(batch_size=100)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def alarm_for(world: World, at: datetime, lead: Lead | None = None, step: Step | None = None, **told: Any) -> Delivery:
    """A delivery to ada about an alarm that fired at a moment."""
    step = step or make_step()
    with time_machine.travel(at, tick=False):
        alarm = make_alarm(lead or make_lead(f"Lead {Lead.objects.count()}", owner=world.ada), step, at)
        values = {"medium": "email", "address": "ada@handoff.example", "recipient": world.ada} | told
        return Delivery.objects.create(alarm=alarm, **values)


def test_fault_10_no_mail_comes_at_midnight(world: World, mailbox: Mailbox) -> None:
    prefer(world.ada, quiet_from=time(18), quiet_until=time(7))
    delivery = alarm_for(world, on_monday(22))

    deliver_at(on_monday(22))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, mailbox.mails) == (DeliveryState.PENDING, 0, [])
    assert delivery.next_attempt_at == on_monday(6, days=1)

    deliver_at(on_monday(6, days=1))
    assert mailbox.recipients == ["ada@handoff.example"]


def test_a_step_may_pierce_the_quiet_hours_and_the_digest(world: World, mailbox: Mailbox) -> None:
    prefer(world.ada, quiet_from=time(18), quiet_until=time(7), digest_at=time(9))
    step = make_step()
    step.pierces = True
    step.save()
    alarm_for(world, on_monday(22), step=step)

    deliver_at(on_monday(22))

    assert mailbox.recipients == ["ada@handoff.example"]


def test_a_retry_does_not_come_in_the_quiet_hours_either(world: World, mailbox: Mailbox) -> None:
    prefer(world.ada, quiet_from=time(18), quiet_until=time(7))
    alarm_for(world, on_monday(16, 59))
    mailbox.refusals["ada@handoff.example"] = "451 Come back later"
    deliver_at(on_monday(16, 59))
    mailbox.refusals.clear()

    deliver_at(on_monday(17, 30))
    assert mailbox.mails == []
    deliver_at(on_monday(6, days=1))
    assert len(mailbox.mails) == 1


def test_a_shared_mailbox_has_no_quiet_hours(world: World, mailbox: Mailbox) -> None:
    alarm_for(world, on_monday(2), recipient=None, address="berlin@handoff.example")

    deliver_at(on_monday(2))

    assert mailbox.recipients == ["berlin@handoff.example"]


def test_fault_10_hundreds_at_once_become_one_digest(world: World, mailbox: Mailbox) -> None:
    prefer(world.ada, digest_at=time(9))
    act = make_act(make_lead("Grace Hopper", company="Navy", owner=world.ada), by=world.mia, at=on_monday(9, 30))
    with time_machine.travel(on_monday(9, 30), tick=False):
        told = {"recipient": world.ada, "address": "ada@handoff.example", "medium": "email"}
        Delivery.objects.create(transition=act, **told)
    step = make_step()
    for minute in range(120):
        alarm_for(world, on_monday(10, minute), step=step)

    deliver_at(on_monday(12))
    deliver_at(on_monday(12))
    assert mailbox.mails == []
    assert set(Delivery.objects.values_list("digest", "next_attempt_at")) == {(True, on_monday(8, days=1))}
    deliver_at(on_monday(8, days=1))

    [mail] = mailbox.mails
    assert mail["Subject"] == "Your digest: 121 messages, 120 about what is still open"
    text = text_of(mail)
    assert text.count("- Mon 9 Mar 2026, ") == 121
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}
    deliver_at(on_monday(8, days=2))
    assert len(mailbox.mails) == 1  # nothing waits, so there is no digest


def test_fault_10_a_second_reminder_of_the_same_day_is_not_swallowed(world: World, mailbox: Mailbox) -> None:
    prefer(world.ada, digest_at=time(9))
    lead = make_lead("Grace Hopper", owner=world.ada)
    first = alarm_for(world, on_monday(10), lead)
    again = make_step(percent=50, metric="time_to_touch")
    with time_machine.travel(on_monday(11), tick=False):
        values = {"medium": "email", "address": first.address, "recipient": world.ada}
        Delivery.objects.create(alarm=make_alarm(lead, again, on_monday(11, 30)), **values)

    deliver_at(on_monday(11))
    deliver_at(on_monday(8, days=1))

    [mail] = mailbox.mails
    text = text_of(mail)
    assert text.index("Breach: acceptance – Grace Hopper") < text.index("Warning: first touch – Grace Hopper")


def test_what_was_written_before_a_digest_that_came_late_is_in_it(world: World, mailbox: Mailbox) -> None:
    """The workers were down from before the digest until noon."""
    prefer(world.ada, digest_at=time(9))
    alarm_for(world, on_monday(7, 30))
    later = alarm_for(world, on_monday(8, 30))

    deliver_at(on_monday(11))

    [mail] = mailbox.mails
    assert mail["Subject"].startswith("Your digest: 1 message")
    later.refresh_from_db()
    assert later.next_attempt_at == on_monday(8, days=1)


def test_quiet_hours_hold_a_digest_too(world: World, mailbox: Mailbox) -> None:
    prefer(world.ada, quiet_from=time(18), quiet_until=time(10), digest_at=time(9))
    delivery = alarm_for(world, on_monday(12))

    deliver_at(on_monday(12))

    delivery.refresh_from_db()
    assert (delivery.digest, delivery.next_attempt_at) == (True, on_monday(9, days=1))


def test_quiet_hours_that_never_end_are_refused(world: World) -> None:
    with pytest.raises(IntegrityError, match="user_quiet_hours_end"):
        prefer(world.ada, quiet_from=time(9), quiet_until=time(9))
