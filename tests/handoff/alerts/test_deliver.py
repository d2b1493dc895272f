"""Sending what is due: once if it goes well, again if not, never for ever."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from handoff.alerts import deliver, outbox, resend
from handoff.alerts.channels import TransportError
from handoff.alerts.content import Content
from handoff.alerts.messages import content_of
from handoff.models import Delivery, DeliveryState
from handoff.refusals import NotAllowed, WrongState
from tests.handoff.alerts.conftest import Mailbox
from tests.world import World

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


def test_a_server_may_answer_anything(make_delivery: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = make_delivery()
    monkeypatch.setattr(outbox, "_send", lambda _: TransportError("550 \x00\r\nno", permanent=True))
    deliver()
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

    monkeypatch.setattr("handoff.alerts.channels.email.content_of", all_but_one)
    assert deliver() == 2
    poisoned.refresh_from_db()
    good.refresh_from_db()
    assert (poisoned.state, good.state) == (DeliveryState.DEAD, DeliveryState.SENT)
    assert poisoned.last_error == "The message could not be rendered: KeyError: 'lead'"


def test_a_mail_server_that_is_away_holds_up_only_mail(settings: Any, slack: Any, make_delivery: Make) -> None:
    slack.expect_request("/api/chat.postMessage").respond_with_json({"ok": True})
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    mails = [make_delivery(), make_delivery()]
    posted = make_delivery("UADA", "slack")
    assert deliver() == 2
    posted.refresh_from_db()
    assert posted.state == DeliveryState.SENT
    assert [Delivery.objects.get(pk=mail.pk).attempts for mail in mails] == [1, 0]
    assert "Connection refused" in Delivery.objects.get(pk=mails[0].pk).last_error


def test_what_a_killed_worker_held_is_sent_when_its_lease_ends(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery()
    assert outbox._claim(set()) == [delivery]  # and then it is killed
    assert deliver() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert deliver() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 2)
    assert mailbox.mails[0]["X-Handoff-Key"] == str(delivery.key)


def test_who_outlives_its_lease_does_not_judge_the_others_attempt(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery()
    slow = outbox._claim(set())
    assert slow
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        deliver()
    outbox._settle(slow, TransportError("Too late", permanent=True))
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


def test_a_claim_costs_two_queries_in_its_transaction(
    world: World, make_delivery: Make, django_assert_num_queries: Any
) -> None:
    make_delivery()
    with django_assert_num_queries(4):  # with the savepoint that stands for the transaction
        outbox._claim(set())
