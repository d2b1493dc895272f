"""What falls silent is told to RevOps once, and once more when it is back, whoever of the others is alive."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from handoff.alerts import announce_notice, deliver_notices
from handoff.engine import watch
from handoff.models import Delivery, DeliveryState, Incident, Notice
from leads.models import Role
from tests.handoff.alerts.conftest import Mailbox, mailbox, make_delivery
from tests.handoff.engine.conftest import live
from tests.world import World, person

__all__ = ["mailbox", "make_delivery"]
pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[2])
django.setup()
from handoff.alerts import announce_notice, deliver_notices
from handoff.engine import watch
watch.look()
"""


def subjects(mailbox: Mailbox) -> list[tuple[str, str]]:
    return [(mail["To"], mail["Subject"]) for mail in mailbox.mails]


def test_all_is_well_and_nobody_is_told(world: World, mailbox: Mailbox) -> None:
    live()
    watch.look()
    assert not Incident.objects.exists()
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("ages", "name"),
    [
        pytest.param({"sweep": 60, "deliver": 60}, "the worker", id="worker"),
        pytest.param({"beat": 60, "sweep": 60, "deliver": 60}, "beat", id="beat"),
    ],
)
def test_revops_is_told_once_of_the_beginning_and_once_of_the_end(
    ages: dict[str, float], name: str, world: World, mailbox: Mailbox
) -> None:
    live(None, **ages)
    for _ in range(3):
        watch.look()
    assert subjects(mailbox) == [("olga@handoff.example", f"Handoff: {name} is silent")]
    assert " min ago" in mailbox.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]

    live()
    for _ in range(3):
        watch.look()
    assert subjects(mailbox)[1:] == [("olga@handoff.example", f"Handoff: {name} is back")]
    incident = Incident.objects.get()
    assert incident.ended_at is not None
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}


def test_revops_is_notified_once_of_an_outbox_that_is_stuck_and_once_when_it_is_not(
    world: World, mailbox: Mailbox, make_delivery
) -> None:
    stuck = make_delivery(created_at=timezone.now() - timedelta(minutes=11), last_error="Busy", attempts=1)
    live()
    for _ in range(3):
        watch.look()
    assert subjects(mailbox) == [("olga@handoff.example", "Handoff: messages are not being sent")]
    text = mailbox.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "1 messages wait to be sent, the oldest for 11 min; 1 of them have failed before" in text

    Delivery.objects.filter(pk=stuck.pk).update(state=DeliveryState.SENT, sent_at=timezone.now())
    for _ in range(3):
        watch.look()
    assert subjects(mailbox)[1:] == [("olga@handoff.example", "Handoff: messages are being sent again")]


def test_what_waits_on_purpose_is_not_stuck(world: World, mailbox: Mailbox, make_delivery) -> None:
    now, ago = timezone.now(), timezone.now() - timedelta(hours=9)
    world.ada.quiet_from, world.ada.quiet_until = (now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()
    world.ada.save()
    make_delivery("quiet@handoff.example", created_at=ago, next_attempt_at=now + timedelta(hours=1))
    make_delivery("morning@handoff.example", created_at=ago, next_attempt_at=now - timedelta(seconds=1))
    make_delivery("digest@handoff.example", created_at=ago, digest=True, next_attempt_at=now + timedelta(hours=1))
    make_delivery("retried@handoff.example", created_at=ago, attempts=1, next_attempt_at=now + timedelta(minutes=1))
    live()
    watch.look()
    assert subjects(mailbox) == []


def test_the_next_silence_is_another_incident(world: World, mailbox: Mailbox) -> None:
    for _ in range(2):
        live(sweep=60)
        watch.look()
        live()
        watch.look()
    assert Incident.objects.count() == 2
    assert len(mailbox.mails) == 4


def test_many_who_look_at_once_tell_once(world: World, mailbox: Mailbox) -> None:
    live(beat=60, sweep=200)
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-c", ELSEWHERE, database, str(mailbox.port)]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, check=True), range(3)))
    assert len(done) == 3
    assert sorted(subject for _, subject in subjects(mailbox)) == [
        "Handoff: beat is silent",
        "Handoff: the worker is silent",
    ]


def test_a_mail_server_that_is_away_does_not_lose_the_news(world: World, mailbox: Mailbox) -> None:
    live(sweep=60)
    mailbox.answer = "451 Come again"
    watch.look()
    assert mailbox.mails == []
    Delivery.objects.update(next_attempt_at=timezone.now())
    mailbox.answer = "250 Taken"
    watch.look()
    assert subjects(mailbox) == [("olga@handoff.example", "Handoff: the worker is silent")]


def test_only_notices_are_sent_by_who_is_no_worker(mailbox: Mailbox, make_delivery) -> None:
    other = make_delivery()
    live(sweep=60)
    watch.look()
    assert [to for to, _ in subjects(mailbox)] == ["olga@handoff.example"]
    other.refresh_from_db()
    assert other.state == DeliveryState.PENDING


def test_everybody_of_revops_who_is_there_is_told_by_email_or_else_by_slack(world: World, mailbox: Mailbox) -> None:
    person("omar", Role.REVOPS, is_active=False)
    person("otto", Role.REVOPS, slack_member_id="UOTTO")
    silent = person("oda", Role.REVOPS, slack_member_id="UODA")
    silent.email = ""
    silent.save()
    live(sweep=60)
    watch.look()
    told = Delivery.objects.order_by("medium", "address").values_list("medium", "address")
    assert list(told) == [
        ("email", "olga@handoff.example"),
        ("email", "otto@handoff.example"),
        ("slack", "UODA"),
    ]


def test_quiet_hours_hold_a_daily_notice_back_and_not_the_news_of_a_silence(world: World, mailbox: Mailbox) -> None:
    now = timezone.now()
    world.olga.quiet_from, world.olga.quiet_until = (now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()
    world.olga.save()
    announce_notice("unowned today", "Handoff: 1 lead slips through", "1 lead slips through.")
    live(sweep=60)
    watch.look()
    assert subjects(mailbox) == [("olga@handoff.example", "Handoff: the worker is silent")]


def test_a_daily_notice_can_be_part_of_a_digest(world: World, mailbox: Mailbox) -> None:
    now = timezone.now()
    world.olga.digest_at = (now + timedelta(hours=1)).time()
    world.olga.save()
    announce_notice("unowned today", "Handoff: 1 lead slips through", "1 lead slips through.")
    deliver_notices()
    assert mailbox.mails == []
    with time_machine.travel(now + timedelta(hours=2)):
        deliver_notices()
    assert subjects(mailbox) == [("olga@handoff.example", "Your digest: 1 message")]
    body = mailbox.mails[0].get_body(("plain",))
    assert "Handoff: 1 lead slips through" in body.get_content()  # type: ignore[union-attr]


def test_nobody_to_tell_is_no_error(mailbox: Mailbox) -> None:
    live(sweep=60)
    watch.look()
    assert Notice.objects.get().subject == "Handoff: the worker is silent"
    assert not Delivery.objects.exists()


def test_looks_are_several_before_anything_counts_as_silent(settings) -> None:
    for late in (2, 33, 600):
        settings.BEAT_LATE_SECONDS = late
        assert timedelta(seconds=watch.interval()) * 3 < timedelta(seconds=late)
