"""Many workers at once, some killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from handoff.alerts import deliver
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
