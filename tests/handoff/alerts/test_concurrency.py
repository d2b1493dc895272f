"""Many workers at once, some killed."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_httpserver import HTTPServer

from handoff import tasks
from handoff.alerts import deliver, keep_delivering, worker
from handoff.alerts.dispatch import Dispatcher
from handoff.alerts.leases import leased
from handoff.alerts.settle import settle
from handoff.models import Delivery, DeliveryState, Priority
from tests.handoff.alerts.conftest import Mailbox, claim
from tests.programs import database_url, delivering, in_threads, program, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Delivery]


def test_two_workers_at_once_send_each_message_once(mailbox: Mailbox, make_delivery: Make) -> None:
    addresses = [f"person{number:02}@handoff.example" for number in range(12)]
    for address in addresses:
        make_delivery(address)
    taken = in_threads(2, deliver)
    assert sum(taken) == 12
    assert mailbox.recipients == addresses
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}


def test_a_mail_server_that_hangs_holds_up_nobody_elses_messages(
    mailbox: Mailbox, slack: HTTPServer, make_delivery: Make
) -> None:
    slack.expect_request("/api/chat.postMessage").respond_with_json({"ok": True})
    mailbox.is_hanging = True
    for number in range(60):
        make_delivery(f"person{number}@handoff.example", recipient=None, priority=Priority.BREACH)
    posts = [make_delivery(f"C{number}", "slack", recipient=None) for number in range(60)]
    with Dispatcher() as dispatcher:
        dispatcher.serve(60, lambda: len(slack.log) == len(posts), lambda: None)
        assert len(slack.log) == len(posts)
        assert mailbox.mails == []
        mailbox.is_hanging = False


def test_no_more_than_the_setting_are_under_way_to_one_server(
    mailbox: Mailbox, make_delivery: Make, settings: Any
) -> None:
    settings.DELIVERY_CONCURRENCY = 6
    mailbox.seconds = 0.3
    for number in range(24):
        make_delivery(f"person{number}@handoff.example", recipient=None)
    assert deliver(24) == 24
    assert 1 < mailbox.most_at_once <= 6


def test_connections_are_kept(mailbox: Mailbox, make_delivery: Make, settings: Any) -> None:
    settings.DELIVERY_CONCURRENCY = 2
    for number in range(20):
        make_delivery(f"person{number}@handoff.example", recipient=None)
    assert deliver(20) == 20
    assert mailbox.connections <= 4


def test_a_message_that_something_else_became_of_meanwhile_keeps_it(make_delivery: Make) -> None:
    make_delivery()
    [parcel] = claim()
    Delivery.objects.update(state=DeliveryState.DEAD)
    settle([(parcel, None)])
    assert Delivery.objects.get().state == DeliveryState.DEAD


def test_leases_that_begin_together_end_apart(make_delivery: Make) -> None:
    for number in range(10):
        make_delivery(f"person{number}@handoff.example", recipient=None)
    claim()
    ends = set(Delivery.objects.exclude(attempts=0).values_list("next_attempt_at", flat=True))
    assert len(ends) == Delivery.objects.exclude(attempts=0).count() > 1


def test_one_holds_a_lease_and_the_next_has_it_afterwards() -> None:
    with leased("work", 30) as renew:
        assert renew
        assert renew()
        assert in_threads(1, _is_free) == [False]
    assert in_threads(1, _is_free) == [True]


def test_a_lease_ends_though_its_holder_is_frozen_which_then_knows_that_it_lost_it() -> None:
    with leased("work", 0) as renew:  # and then it is frozen
        assert renew
        with leased("work", 30) as taken_over:
            assert taken_over
            assert not renew()
        # What the first gives back at its end is not the other's.


def test_a_lease_is_free_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), leased("work", 30):
        raise ZeroDivisionError
    assert _is_free()


def test_one_process_of_a_worker_delivers_and_another_when_it_is_killed() -> None:
    child = get_context("fork").Process(target=_hold_the_turn)
    child.start()
    wait_for(lambda: not _has_turn())
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert _has_turn()


def test_who_does_not_have_the_turn_shows_no_life_and_sends_nothing(mailbox: Mailbox, make_delivery: Make) -> None:
    make_delivery()
    signs: list[int] = []
    with worker.turn_to_deliver() as is_mine:
        assert is_mine
        in_threads(1, lambda: keep_delivering(1, lambda: signs.append(1)))
    assert (signs, mailbox.mails) == ([], [])
    keep_delivering(0.5, lambda: signs.append(1))
    assert signs
    assert len(mailbox.mails) == 1


def _is_free() -> bool:
    with leased("work", 30) as renew:
        return renew is not None


def _has_turn() -> bool:
    with worker.turn_to_deliver() as is_mine:
        return is_mine


def _hold_the_turn() -> None:
    with worker.turn_to_deliver():
        signal.pause()


@pytest.mark.slow
def test_a_worker_killed_in_its_sending_is_succeeded(mailbox: Mailbox, make_delivery: Make) -> None:
    mailbox.is_hanging = True
    delivery = make_delivery()
    killed = delivering(mailbox.port)
    assert mailbox.arrived.wait(30)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    mailbox.is_hanging = False

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
    assert deliver() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert deliver() == 1
    assert [mail["X-Handoff-Key"] for mail in mailbox.mails] == [str(delivery.key)]


@pytest.mark.slow
def test_a_worker_that_is_frozen_holds_up_only_what_it_had_begun(mailbox: Mailbox, make_delivery: Make) -> None:
    mailbox.is_hanging = True
    addresses = [f"person{number:02}@handoff.example" for number in range(12)]
    for address in addresses:
        make_delivery(address, recipient=None)
    frozen = delivering(mailbox.port)
    assert mailbox.arrived.wait(60)
    frozen.send_signal(signal.SIGSTOP)
    begun = sorted(Delivery.objects.exclude(attempts=0).values_list("address", flat=True))
    mailbox.is_hanging = False
    try:
        assert deliver() == len(addresses) - len(begun) > 0
        sent = Delivery.objects.filter(state=DeliveryState.SENT)
        assert sorted(sent.values_list("address", flat=True)) == sorted(set(addresses) - set(begun))
        with time_machine.travel(timezone.now() + timedelta(seconds=121)):
            assert deliver() == len(begun)
    finally:
        frozen.kill()
        frozen.wait()
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.SENT}
    assert {mail["X-Handoff-Key"] for mail in mailbox.mails} == {str(row.key) for row in Delivery.objects.all()}


@pytest.mark.slow
def test_a_worker_that_is_asked_to_stop_ends_between_two_messages(mailbox: Mailbox, make_delivery: Make) -> None:
    mailbox.seconds = 1
    for number in range(400):
        make_delivery(f"person{number}@handoff.example", recipient=None)
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
    }
    with program("worker", environment) as running:
        # Again and again, as beat does: a wake-up is not kept for a worker that is not there yet.
        wait_for(lambda: tasks.deliver.delay() and Delivery.objects.filter(state=DeliveryState.SENT).exists())
        running.send_signal(signal.SIGTERM)
        running.wait(30)  # without asking it goes on for two minutes
    assert Delivery.objects.filter(state=DeliveryState.PENDING, attempts=0).exists()
    assert not Delivery.objects.filter(state=DeliveryState.PENDING, attempts=1).exists()
    assert len({mail["To"] for mail in mailbox.mails}) == len(mailbox.mails)
