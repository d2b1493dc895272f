"""Sending: many messages at once. Threads talk to the servers, and one alone to the database."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from typing import Self

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from handoff.alerts import about_act, about_alarm
from handoff.alerts.channels import TransportError
from handoff.alerts.messages import content_of
from handoff.alerts.queue import Parcel, Queue, has_had_its_last
from handoff.alerts.sessions import Sessions
from handoff.alerts.settle import settle
from handoff.alerts.windows import Windows
from leads.models import Transition
from sla.models import Alarm

SERVERS = 4  # that may use all their senders at once before others wait
IDLE = 0.2  # seconds between two looks at an outbox in which nothing is due
GATHER = 0.03  # seconds: what gets through together is marked, and followed, in one statement
LONGEST_DRAIN = 8.0  # seconds: whoever hangs for longer is left to its lease

log = structlog.get_logger(__name__)
Outcome = tuple[Parcel, TransportError | None]


class Dispatcher:
    """Takes what is due, has it sent, and writes down what became of it; until it is closed."""

    def __init__(self, *, of_notices: bool = False) -> None:
        self._most = settings.DELIVERY_CONCURRENCY * SERVERS
        self._windows = Windows(settings.DELIVERY_CONCURRENCY)
        self._queue = Queue(of_notices=of_notices)
        self._sessions = Sessions()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="send")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._drain(LONGEST_DRAIN)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._sessions.close()

    def send_all(self, most: int) -> int:
        """Send what is due now, up to so many messages, and return how many were."""
        sent = 0
        while True:
            begun = self._begin(most - sent)
            sent += begun
            if not begun and not self._windows.in_flight:
                return sent
            self._settle(self._wait(IDLE))

    def serve(self, seconds: float, is_stopping: Callable[[], bool], show_life: Callable[[], None]) -> None:
        """Send what falls due, for so long. What is under way at the end is waited for on leaving."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at and not is_stopping():
            self._begin(self._most)
            show_life()
            if self._windows.in_flight:
                self._settle(self._wait(IDLE))
            else:
                time.sleep(IDLE)

    def _begin(self, most: int) -> int:
        """Start what can be started, and return how many messages that are."""
        count = min(most, self._most - self._windows.in_flight, self._windows.total_room())
        parcels = self._queue.take(count, self._windows) if count > 0 else []
        _read(parcels)
        for parcel in parcels:
            self._start(parcel)
        return len(parcels)

    def _start(self, parcel: Parcel) -> None:
        """Hand it to a thread, with what it says."""
        error = _attempted(parcel, partial(_prepare, parcel))
        if error:
            self._outcomes.put((parcel, error))
        else:
            self._threads.submit(self._send, parcel)

    def _send(self, parcel: Parcel) -> None:
        """In a thread of its own."""
        first = parcel.first
        send = partial(self._sessions.send, first.medium, first.address, parcel.deliveries)
        try:
            error = _attempted(parcel, send)
        except (OperationalError, InterfaceError) as failure:
            error = TransportError(f"The database could not be used: {type(failure).__name__}")
        finally:
            connection.close()  # hardly any channel uses it
        self._outcomes.put((parcel, error))

    def _wait(self, seconds: float) -> list[Outcome]:
        """The outcomes of the next moment; none if none comes in time."""
        outcomes: list[Outcome] = []
        ends_at = time.monotonic() + seconds
        while len(outcomes) < self._windows.in_flight:
            try:
                outcomes.append(self._outcomes.get(timeout=max(ends_at - time.monotonic(), 0)))
            except Empty:
                break
            if len(outcomes) == 1:
                ends_at = time.monotonic() + GATHER
        return outcomes

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        for parcel, error in outcomes:
            failed = error is not None and not error.permanent
            asked_for_less = error is not None and error.retry_after is not None
            self._windows.end(parcel.server, failed=failed, asked_for_less=asked_for_less)
        settle(outcomes)

    def _drain(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while self._windows.in_flight and time.monotonic() < ends_at:
            self._settle(self._wait(IDLE))


def _attempted(parcel: Parcel, step: Callable[[], None]) -> TransportError | None:
    """What went wrong is returned, as it is one of the outcomes: one message that fails must not stop the others."""
    try:
        step()
    except TransportError as error:
        return error
    except (OperationalError, InterfaceError):
        raise  # our database is away, and not the message at fault: its lease will end
    except Exception as error:
        log.exception("delivery_poisoned", delivery=parcel.first.pk)
        words = f"The message could not be rendered: {type(error).__name__}: {error}"
        return TransportError(words, permanent=True)
    return None


def _read(parcels: Sequence[Parcel]) -> None:
    """Read all that is said of them, in a few statements for all together. A digest reads its own."""
    deliveries = [parcel.first for parcel in parcels if not parcel.first.digest]
    alarm_ids = [delivery.alarm_id for delivery in deliveries if delivery.alarm_id]
    act_ids = [delivery.transition_id for delivery in deliveries if delivery.transition_id]
    alarms = about_alarm.with_details(Alarm.objects.all()).in_bulk(alarm_ids)
    acts = about_act.with_details(Transition.written.all()).in_bulk(act_ids)
    for delivery in deliveries:
        delivery.alarm_in_full = alarms.get(delivery.alarm_id or 0)
        delivery.act_in_full = acts.get(delivery.transition_id or 0)


def _prepare(parcel: Parcel) -> None:
    """Say here what it says, as the threads do not ask the database."""
    if has_had_its_last(parcel.first):
        raise TransportError("The worker was killed during the final attempt.", permanent=True)
    parcel.first.content = content_of(parcel.deliveries)
