"""Sending what is due: once if it goes well, again if not, never for ever."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from pytest_httpserver import HTTPServer

from handoff import workflow
from handoff.alerts import announce_notice, deliver, fire_alarms, resend
from handoff.alerts.channels import TransportError
from handoff.alerts.content import Content
from handoff.alerts.installation import may_send
from handoff.alerts.messages import content_of
from handoff.alerts.queue import Queue
from handoff.alerts.settle import settle
from handoff.alerts.windows import Windows
from handoff.models import Delivery, DeliveryState, Priority
from handoff.refusals import NotAllowed, WrongState
from tests.handoff.alerts.conftest import Mailbox, claim, destination, make_due, make_step, subscribe
from tests.world import World, make_lead

Make = Callable[..., Delivery]


def test_what_is_due_is_sent(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery()
    assert deliver() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_error) == (DeliveryState.SENT, 1, "")
    assert delivery.sent_at
    assert mailbox.recipients == ["ada@handoff.example"]


def test_what_was_sent_is_not_sent_again(mailbox: Mailbox, make_delivery: Make) -> None:
    make_delivery()
    assert [deliver(), deliver()] == [1, 0]
    assert len(mailbox.mails) == 1


def test_what_is_not_due_waits(mailbox: Mailbox, make_delivery: Make) -> None:
    make_delivery(next_attempt_at=timezone.now() + timedelta(minutes=1))
    assert deliver() == 0
    assert mailbox.mails == []


def test_a_run_ends_after_its_batch(mailbox: Mailbox, make_delivery: Make) -> None:
    for _ in range(3):
        make_delivery()
    assert [deliver(batch_size=2), deliver(batch_size=2)] == [2, 1]


def test_a_busy_mail_server_is_tried_again_later(mailbox: Mailbox, make_delivery: Make) -> None:
    mailbox.refusals["ada@handoff.example"] = "451 Come back later"
    delivery = make_delivery()
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
    assert delivery.last_error == "The mail server refuses ada@handoff.example: 451 Come back later"
    assert delivery.next_attempt_at <= timezone.now() + timedelta(seconds=30)

    mailbox.refusals.clear()
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 2)


def test_after_ten_attempts_it_is_dead_and_says_why(mailbox: Mailbox, make_delivery: Make) -> None:
    mailbox.refusals["ada@handoff.example"] = "451 Come back later"
    delivery = make_delivery(attempts=9)
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, 10)
    assert "451 Come back later" in delivery.last_error


def test_a_refused_recipient_is_dead_at_once(mailbox: Mailbox, make_delivery: Make) -> None:
    mailbox.refusals["ada@handoff.example"] = "550 No such mailbox"
    delivery = make_delivery()
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, 1)
    assert delivery.last_error == "The mail server refuses ada@handoff.example: 550 No such mailbox"


def test_a_server_may_answer_anything(make_delivery: Make) -> None:
    delivery = make_delivery()
    settle([(parcel, TransportError("550 \x00\r\nno", permanent=True)) for parcel in claim()])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == (DeliveryState.DEAD, "550 no")


def test_a_poisoned_message_does_not_stop_the_others(
    mailbox: Mailbox, make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, good = make_delivery(), make_delivery("max@handoff.example")

    def all_but_one(deliveries: Sequence[Delivery]) -> Content:
        if deliveries[0] == poisoned:
            raise KeyError("lead")
        return content_of(deliveries)

    monkeypatch.setattr("handoff.alerts.dispatch.content_of", all_but_one)
    assert deliver() == 2
    poisoned.refresh_from_db()
    good.refresh_from_db()
    assert (poisoned.state, good.state) == (DeliveryState.DEAD, DeliveryState.SENT)
    assert poisoned.last_error == "The message could not be rendered: KeyError: 'lead'"


def test_a_mail_server_that_is_away_holds_up_only_mail(settings: Any, slack: Any, make_delivery: Make) -> None:
    slack.expect_request("/api/chat.postMessage").respond_with_json({"ok": True})
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for number in range(12):
        make_delivery(f"person{number}@handoff.example", recipient=None)
    posted = make_delivery("UADA", "slack")
    deliver()
    posted.refresh_from_db()
    assert posted.state == DeliveryState.SENT
    mails = Delivery.objects.filter(medium="email")
    assert mails.filter(attempts=1, last_error__contains="Connection refused").count() <= 4  # the others wait for it
    assert mails.filter(attempts=0).count() >= 8


def test_what_a_killed_worker_held_is_sent_when_its_lease_ends(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery()
    assert [parcel.deliveries for parcel in claim()] == [[delivery]]  # and then it is killed
    assert deliver() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert deliver() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 2)
    assert mailbox.mails[0]["X-Handoff-Key"] == str(delivery.key)


def test_who_outlives_its_lease_does_not_judge_the_others_attempt(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery()
    [slow] = claim()
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        deliver()
    settle([(slow, TransportError("Too late", permanent=True))])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == (DeliveryState.SENT, "")


def test_a_message_that_kills_its_worker_each_time_is_given_up(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery(attempts=10)
    deliver()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD
    assert "killed" in delivery.last_error
    assert mailbox.mails == []


@pytest.mark.parametrize("state", [DeliveryState.DEAD, DeliveryState.SENT])
def test_revops_sends_again_under_the_same_key(world: World, mailbox: Mailbox, make_delivery: Make, state: str) -> None:
    sent_at = timezone.now() if state == DeliveryState.SENT else None
    delivery = make_delivery(state=state, sent_at=sent_at, attempts=10, last_error="451 Come back later")
    resend(delivery.pk, by=world.olga)
    assert deliver() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 1)
    assert mailbox.mails[0]["X-Handoff-Key"] == str(delivery.key)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (world.olga, str(delivery.pk))
    assert entry.change_message == f"Sent again by hand; it was {state} after attempt 10."


def test_what_is_pending_cannot_be_sent_again(world: World, make_delivery: Make) -> None:
    delivery = make_delivery(attempts=3)
    with pytest.raises(WrongState, match="pending already"):
        resend(delivery.pk, by=world.olga)
    delivery.refresh_from_db()
    assert delivery.attempts == 3


def test_a_rep_cannot_send_again(world: World, make_delivery: Make) -> None:
    delivery = make_delivery(state=DeliveryState.DEAD, attempts=10)
    with pytest.raises(NotAllowed, match="RevOps may"):
        resend(delivery.pk, by=world.ada)
    delivery.refresh_from_db()
    assert (delivery.state, LogEntry.objects.count()) == (DeliveryState.DEAD, 0)


def test_a_claim_costs_as_many_queries_however_much_it_takes(
    world: World, make_delivery: Make, django_assert_num_queries: Any
) -> None:
    for number in range(4):
        make_delivery(f"person{number}@handoff.example", recipient=None)
    may_send()  # the first time it claims the database
    with django_assert_num_queries(7):  # may it send, look for storms, lock, read, lease; the savepoint's two
        assert len(claim()) == 4


def test_the_more_urgent_is_sent_first_whatever_was_written_first(world: World, make_delivery: Make) -> None:
    now = timezone.now()
    for age, priority in enumerate(reversed(Priority)):
        make_delivery(
            f"person{priority}@handoff.example",
            recipient=None,
            priority=priority,
            next_attempt_at=now - timedelta(minutes=10 - age),
        )
    taken = Queue().take(20, roomy())
    assert [parcel.first.priority for parcel in taken] == list(Priority)


def test_many_messages_for_one_person_are_as_urgent_as_the_most_urgent_of_them(
    world: World, make_delivery: Make
) -> None:
    for _ in range(6):
        make_delivery("max@handoff.example", recipient=world.max, priority=Priority.ESCALATION)
    make_delivery(recipient=None, priority=Priority.WARNING)
    breach = make_delivery(recipient=None, priority=Priority.BREACH)
    queue = Queue()
    order = [parcel.first.priority for _ in range(3) for parcel in queue.take(1, roomy())]
    assert order == [breach.priority, Priority.ESCALATION, Priority.WARNING]


@pytest.mark.parametrize(
    ("percent", "after", "priority"),
    [(75, 0, Priority.WARNING), (100, 0, Priority.BREACH), (100, 60, Priority.ESCALATION)],
)
def test_an_alarm_is_as_urgent_as_its_step(world: World, percent: int, after: int, priority: Priority) -> None:
    make_due(make_lead(owner=world.ada), make_step(destination("owner"), percent=percent, after=after))
    fire_alarms(10)
    assert Delivery.objects.get().priority == priority


@pytest.mark.parametrize(("pierces", "priority"), [(True, Priority.BREACH), (False, Priority.NOTICE)])
def test_a_notice_is_urgent_when_it_may_not_wait(world: World, pierces: bool, priority: Priority) -> None:
    announce_notice("key", "Handoff: news", "News.", pierces=pierces)
    assert Delivery.objects.get().priority == priority


def test_an_act_is_less_urgent_than_an_alarm(world: World) -> None:
    subscribe("comment", destination("owner"))
    workflow.comment(make_lead(owner=world.ada).pk, by=world.mia, text="Hello.")
    assert Delivery.objects.get().priority == Priority.ACT


def test_a_receiver_that_asked_for_a_pause_is_not_called_before_and_others_are(
    mailbox: Mailbox, slack: HTTPServer, make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.alerts.settle.random.random", lambda: 1.0)  # else the first may be due as well
    slack.expect_ordered_request("/api/chat.postMessage").respond_with_data("", 429, headers={"Retry-After": "60"})
    slack.expect_ordered_request("/api/chat.postMessage").respond_with_json({"ok": True})
    first = make_delivery("C1", "slack", recipient=None)
    deliver()
    later = make_delivery("C2", "slack", recipient=None)
    make_delivery()
    assert deliver() == 1  # by another worker, as it might be
    assert (len(slack.log), len(mailbox.mails)) == (1, 1)
    later.refresh_from_db()
    assert later.attempts == 0

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert deliver() == 1
    later.refresh_from_db()
    first.refresh_from_db()
    assert (later.state, first.state) == (DeliveryState.SENT, DeliveryState.PENDING)


def test_a_server_that_fails_three_times_in_a_row_is_left_alone_for_a_while_that_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("handoff.alerts.windows.time.monotonic", lambda: now)
    windows = Windows(largest=10)
    for rest in (1, 2, 4, 8, 16, 32, 60, 60):
        failures = 3 if rest == 1 else 1
        for _ in range(failures):
            windows.begin("email")
            windows.end("email", failed=True)
        assert windows.room("email") == 0
        now += rest
        assert windows.room("email") == 1
    windows.begin("email")
    windows.end("email", failed=False)
    assert windows.room("email") == 2


def test_those_that_fail_together_are_one_reason_to_rest() -> None:
    windows = roomy()
    for _ in range(20):
        windows.begin("email")
    for _ in range(20):
        windows.end("email", failed=True)
    assert windows.rest("email") <= 1


def roomy() -> Windows:
    """As of a server that has taken many."""
    windows = Windows(largest=20)
    for _ in range(20):
        windows.begin("email")
        windows.end("email", failed=False)
    return windows
