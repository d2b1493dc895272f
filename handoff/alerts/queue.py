"""What is due, taken from the outbox under leases: the most urgent first, and as one message what came at once."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from handoff.alerts.installation import may_send
from handoff.alerts.quiet import put_off
from handoff.alerts.retry import MAX_ATTEMPTS
from handoff.alerts.windows import Windows
from handoff.models import Delivery, DeliveryState
from leads.models import User
from leads.sql import load

LEASE = timedelta(seconds=110)  # longer than one message can take: every channel gives up sooner
# Leases that begin together end apart: a message that kills its worker does not meet the same others at each attempt.
LEASE_SPREAD = timedelta(seconds=10)
LARGEST_DIGEST = 1000  # messages; the next digest follows at once
DAILY = 9  # how urgent a daily digest is: the least, as it has waited on purpose
STORM = 5  # whom more messages wait for is sent one that says all
LOOK_SECONDS = 0.15  # between two looks at an outbox in which nothing was due
STORM_SECONDS = 1.0  # between two looks for storms: each reads all that is due

_NEXT = load("handoff.alerts", "next_messages.sql")
_MERGE = load("handoff.alerts", "merge_storms.sql")
_LEASE = load("handoff.alerts", "lease.sql")


@dataclass(frozen=True)
class Parcel:
    """What goes out as one message: one delivery, or several to one person; and the server that takes it."""

    deliveries: list[Delivery]
    server: str

    @property
    def first(self) -> Delivery:
        return self.deliveries[0]


@dataclass(frozen=True)
class _Place:
    """Where merged messages wait for a person."""

    recipient_id: int
    medium: str
    address: str
    server: str
    urgency: int


class Queue:
    """The outbox as one sender sees it."""

    def __init__(self, *, of_notices: bool = False) -> None:
        self._emptied_at = 0.0  # when a look last had all that was due
        self._has_put_off = False
        self._of_notices = of_notices
        self._places: list[_Place] = []
        self._looked_at = 0.0

    def take(self, count: int, windows: Windows) -> list[Parcel]:
        """Lease up to `count` messages that their servers have room for. What its recipient wants later is put off."""
        if time.monotonic() - self._emptied_at < LOOK_SECONDS or not may_send():
            return []
        while True:
            self._has_put_off = False
            parcels = self._take(count, windows)
            if parcels or not self._has_put_off:
                return parcels

    def _take(self, count: int, windows: Windows) -> list[Parcel]:
        now = timezone.now()
        self._look_for_storms(now)
        parcels: list[Parcel] = []
        with transaction.atomic(durable=True):
            singles = self._next(count, windows, now)
            best = singles[0].first.priority if singles else DAILY
            parcels += self._digests(count, windows, now, best)
            parcels += _begin(self._unless_put_off(singles, now), count - len(parcels), windows, now)
        if len(singles) < count and not self._places and not self._has_put_off and not windows.full():
            self._emptied_at = time.monotonic()
        return parcels

    def _look_for_storms(self, now: datetime) -> None:
        if time.monotonic() - self._looked_at < STORM_SECONDS:
            return
        with connection.cursor() as cursor:
            cursor.execute(_MERGE, {"now": now, "storm": STORM, "of_notices": self._of_notices})
            self._places = [_Place(*row) for row in cursor.fetchall()]
        self._looked_at = time.monotonic()

    def _next(self, count: int, windows: Windows, now: datetime) -> list[Parcel]:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, {"now": now, "count": count, "full": windows.full(), "of_notices": self._of_notices})
            servers: dict[int, str] = dict(cursor.fetchall())
        rows = Delivery.objects.select_related("recipient", "destination", "notice").in_bulk(servers) if servers else {}
        return [Parcel([rows[pk]], server) for pk, server in servers.items()]

    def _digests(self, count: int, windows: Windows, now: datetime, best: int) -> list[Parcel]:
        """The digests that are as urgent as the most urgent of the others, or more."""
        parcels: list[Parcel] = []
        while self._places and len(parcels) < count and self._places[0].urgency <= best:
            place = self._places.pop(0)
            if not windows.room(place.server):
                continue  # the next look finds it again
            rows = self._waiting_at(place, now)
            whole = [row for row in rows if _attempt(row) == _attempt(rows[0])][:LARGEST_DIGEST]
            if len(whole) < len(rows):
                self._places.insert(0, place)
            if whole:
                parcels += _begin([Parcel(whole, place.server)], 1, windows, now)
        return parcels

    def _waiting_at(self, place: _Place, now: datetime) -> list[Delivery]:
        # The person is locked, and not row by row: so two workers do not tear a digest in two.
        people = User.objects.filter(pk=place.recipient_id)
        if not people.select_for_update(skip_locked=True, no_key=True).exists():
            return []
        due = Delivery.objects.filter(
            state=DeliveryState.PENDING,
            next_attempt_at__lte=now,
            digest=True,
            recipient=place.recipient_id,
            medium=place.medium,
            address=place.address,
        )
        rows = due.select_for_update(of=("self",), no_key=True).select_related("recipient", "destination", "notice")
        waiting = [Parcel([row], place.server) for row in rows.order_by("priority", "pk")]
        return [parcel.first for parcel in self._unless_put_off(waiting, now)]

    def _unless_put_off(self, parcels: Sequence[Parcel], now: datetime) -> list[Parcel]:
        waiting = {parcel.first.pk: parcel.first for parcel in parcels if put_off(parcel.first, now)}
        if waiting:
            Delivery.objects.bulk_update(waiting.values(), ["digest", "next_attempt_at"])
            self._has_put_off = True
        if any(delivery.next_attempt_at <= now for delivery in waiting.values()):
            self._looked_at = 0.0  # a digest that is late is due at once
        return [parcel for parcel in parcels if parcel.first.pk not in waiting]


def _attempt(delivery: Delivery) -> tuple[int, datetime | None]:
    """What failed together is tried again together and alone, so that its key is the same."""
    return delivery.attempts, delivery.next_attempt_at if delivery.attempts else None


def _begin(parcels: Sequence[Parcel], count: int, windows: Windows, now: datetime) -> list[Parcel]:
    """Lease as many of them as there is room for; the others stay as they are."""
    begun: list[Parcel] = []
    for parcel in parcels:
        if len(begun) < count and windows.room(parcel.server):
            windows.begin(parcel.server)
            begun.append(parcel)
    _lease(begun, now)
    return begun


def _lease(parcels: Sequence[Parcel], now: datetime) -> None:
    for parcel in parcels:
        until = now + LEASE + LEASE_SPREAD * random.random()  # noqa: S311
        for delivery in parcel.deliveries:
            delivery.attempts, delivery.next_attempt_at = delivery.attempts + 1, until
    claimed = [delivery for parcel in parcels for delivery in parcel.deliveries]
    if claimed:
        with connection.cursor() as cursor:
            cursor.execute(_LEASE, leases_of(claimed))


def leases_of(deliveries: Sequence[Delivery]) -> dict[str, list[object]]:
    """The rows and their leases, as the statements take them."""
    return {
        "ids": [delivery.pk for delivery in deliveries],
        "leases": [delivery.next_attempt_at for delivery in deliveries],
    }


def has_had_its_last(delivery: Delivery) -> bool:
    """Whether its worker was killed in the last attempt of all."""
    return delivery.attempts > MAX_ATTEMPTS
