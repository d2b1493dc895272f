"""A mail server, a Slack, and hand-made alarms and acts to notify people of."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone
from pytest_httpserver import HTTPServer

from handoff.alerts.channels import CHANNELS
from handoff.alerts.channels.email import html_of, text_of
from handoff.alerts.channels.slack.blocks import message_of
from handoff.alerts.content import Content
from handoff.alerts.messages import content_of
from handoff.alerts.queue import Parcel, Queue
from handoff.alerts.windows import Windows
from handoff.models import Delivery, Destination, Subscription
from leads.models import Lead, Transition, User, Via
from sla.models import Alarm, Clock, PendingAlarm, Step
from tests.world import make_policy


@dataclass
class Mailbox:
    """What a real SMTP server took, and what it shall answer."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    answer: str = "250 Taken"
    is_hanging: bool = False
    goodbyes: int = 0  # so many senders more are sent away
    seconds: float = 0  # for each mail
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)

    async def handle_MAIL(  # noqa: N802
        self, _s: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.goodbyes:
            self.goodbyes -= 1
            return "421 Too many messages on this connection"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _s: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.arrived.set()
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(self.seconds)
        while self.is_hanging:  # noqa: ASYNC110 - a test sets it from its own thread
            await asyncio.sleep(0.05)
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        self.at_once -= 1
        return self.answer

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = name
        return responses

    @property
    def recipients(self) -> list[str]:
        return sorted(mail["To"] for mail in self.mails)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mailbox = Mailbox(port=free.getsockname()[1])
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", mailbox.port, False
    yield mailbox
    mailbox.is_hanging = False
    controller.stop()


@pytest.fixture
def slack(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.SLACK_BOT_TOKEN = "xoxb-test"
    settings.SLACK_API_URL = httpserver.url_for("/api/")
    return httpserver


@pytest.fixture
def webhooks(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    """A receiver of webhooks, which may be called although it is on this machine."""
    settings.WEBHOOK_ALLOWED_HOSTS = [httpserver.host]
    return httpserver


@dataclass
class Rendered:
    """One message, as people get it."""

    content: Content

    @property
    def key(self) -> UUID:
        return self.content.key

    @property
    def subject(self) -> str:
        return self.content.subject

    @property
    def text(self) -> str:
        return text_of(self.content)

    @property
    def html(self) -> str:
        return html_of(self.content)

    @property
    def blocks(self) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = message_of(self.content)["blocks"]
        return blocks


def render(*deliveries: Delivery) -> Rendered:
    return Rendered(content_of(deliveries))


def send(*deliveries: Delivery, address: str | None = None) -> None:
    """Send by their channel, on a connection of its own."""
    first = deliveries[0]
    with CHANNELS[first.medium].open() as session:
        session.send(first.address if address is None else address, deliveries)


def destination(audience: str, medium: str = "email", address: str = "", **fields: Any) -> Destination:
    name = f"{audience} by {medium} {address}"
    return Destination.objects.create(name=name, audience=audience, medium=medium, address=address, **fields)


def make_act(lead: Lead, verb: str = "promote", by: User | None = None, **fields: Any) -> Transition:
    facts = {"from_state": "raw", "to_state": "mql", "owner": lead.owner, "at": timezone.now(), "via": Via.CONSOLE}
    return Transition.objects.create(lead=lead, verb=verb, by=by, cycle=1, **facts | fields)


def subscribe(verb: str, *destinations: Destination) -> None:
    for place in destinations:
        Subscription.objects.create(verb=verb, destination=place)


def make_step(
    *destinations: Destination, percent: int = 100, after: int = 0, target: int = 3600, metric: str = "time_to_accept"
) -> Step:
    return make_policy(metric, target, steps=[(percent, after)], tells=destinations).steps.get()


def make_alarm(lead: Lead, step: Step, due_at: datetime | None = None, **fields: Any) -> Alarm:
    """An alarm that fired the moment it was due, on a clock that still runs."""
    clock = fields.pop("clock", None) or make_clock(lead, step, due_at)
    moment = (clock.due_at or timezone.now()) + timedelta(
        seconds=step.seconds(step.policy.target_seconds) - step.policy.target_seconds
    )
    return Alarm.objects.create(clock=clock, step=step, **{"due_at": moment, "fired_at": moment} | fields)


def make_due(lead: Lead, step: Step) -> Clock:
    """A clock with this step due just now."""
    clock = make_clock(lead, step, None)
    PendingAlarm.objects.create(clock=clock, step=step, due_at=timezone.now())
    return clock


def make_clock(lead: Lead, step: Step, due_at: datetime | None = None) -> Clock:
    due, policy = due_at or timezone.now(), step.policy
    return Clock.objects.create(
        lead=lead,
        metric=policy.metric,
        cycle=1,
        policy=policy,
        calendar=policy.calendar,
        owner=lead.owner,
        target_seconds=policy.target_seconds,
        started_at=due - timedelta(seconds=policy.target_seconds),
        due_at=due,
        started_by=make_act(lead),
    )


def notified(**cause: Any) -> list[tuple[str, str]]:
    """Whom the outbox notifies, by which medium."""
    return sorted(Delivery.objects.filter(**cause).values_list("medium", "address"))


def claim(count: int = 20) -> list[Parcel]:
    """Take what is due, as a worker does that is killed or frozen then."""
    return Queue().take(count, Windows(largest=20))


@pytest.fixture
def make_delivery(world: Any) -> Callable[..., Delivery]:
    """A message to ada about the promotion of Grace; each call another one."""

    def make(address: str = "ada@handoff.example", medium: str = "email", **fields: Any) -> Delivery:
        number = Lead.objects.count()
        lead = Lead.objects.create(
            name="Grace Hopper", email=f"{number}@buyer.example", owner=world.ada, team=world.berlin
        )
        values = {"transition": make_act(lead, by=world.mia), "recipient": world.ada} | fields
        return Delivery.objects.create(medium=medium, address=address, **values)

    return make
