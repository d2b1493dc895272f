"""Many workers at once, some killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from handoff.alerts import deliver, outbox
from handoff.alerts.slots import slot
from handoff.models import Delivery, DeliveryState
from tests.handoff.alerts.conftest import Mailbox

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Delivery]
ELSEWHERE = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[2])
django.setup()
from handoff.alerts import deliver
deliver()
"""


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    def with_its_own_connection(_: int) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(with_its_own_connection, range(count)))


def test_two_workers_at_once_send_each_message_once(mailbox: Mailbox, make_delivery: Make) -> None:
    addresses = [f"person{number:02}@handoff.example" for number in range(12)]
    for address in addresses:
        make_delivery(address)
    taken = in_threads(2, deliver)
    assert sum(taken) == 12
    assert mailbox.recipients == addresses
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}


def test_only_two_send_at_once(make_delivery: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        make_delivery()
    gate = threading.Barrier(3)
    hanging: list[int] = []

    def hang(claimed: list[Delivery]) -> None:
        hanging.append(claimed[0].pk)
        if len(hanging) <= 2:
            gate.wait(10)
            gate.wait(10)

    monkeypatch.setattr(outbox, "_send", hang)
    workers = threading.Thread(target=in_threads, args=(2, lambda: deliver(1)))
    workers.start()
    gate.wait(10)  # two hang in their sending
    assert deliver() == 0
    gate.wait(10)
    workers.join()
    assert deliver() == 2


def test_a_slot_is_free_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_in_a_slot()
    assert in_threads(1, _is_free) == [True]


def test_a_slot_is_free_again_after_its_session_broke() -> None:
    with slot(1, 1):
        assert in_threads(1, _is_free) == [False]
        session = connection.connection.info.backend_pid
        in_threads(1, lambda: _end_session(session))
    assert in_threads(1, _is_free) == [True]


def _fail_in_a_slot() -> None:
    with slot(1, 1) as is_free:
        assert is_free
        raise ZeroDivisionError


def _is_free() -> bool:
    with slot(1, 1) as is_free:
        return is_free


def _end_session(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.slow
def test_a_worker_killed_in_its_sending_is_succeeded(mailbox: Mailbox, make_delivery: Make) -> None:
    mailbox.is_hanging = True
    delivery = make_delivery()
    arguments = [sys.executable, "-c", ELSEWHERE, connection.settings_dict["NAME"], str(mailbox.port)]
    worker = subprocess.Popen(arguments, env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"})
    assert mailbox.arrived.wait(30)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    mailbox.is_hanging = False

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
    assert deliver() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert deliver() == 1
    assert [mail["X-Handoff-Key"] for mail in mailbox.mails] == [str(delivery.key)]
    assert _held_slots() == 0


def _held_slots() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        return int(cursor.fetchone()[0])
