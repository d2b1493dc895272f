"""How soon is what is due delivered: by one worker and many, to slow servers and quick ones, beside one that hangs?"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.contrib.auth.models import Group
from django.db.models import Max
from django.utils import timezone

from benchmarks.clocks_running import Pool, load
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.workers import of_the_procfile, python, until_they_answer
from config.celery import app as celery
from handoff.ladder.sweep import fire
from handoff.models import Delivery, DeliveryState
from leads.models import Role, User

ROUNDS = 3
OWNERS = 2000  # so that nobody has more messages at once than are sent one by one
EACH, BURST = 1000, 10_000  # messages: for each worker, and of the burst
SLOW, NEAR = 0.3, 0.05  # seconds that a server takes for a message
RATE, LAST = "a second", "the last after, s"
HANGS, WELL = "Slack, beside a mail server that hangs", "Slack, beside a mail server that is well"
KINDS = {"instant": 0.0, "near": NEAR, "slow": SLOW, "hanging": float("inf")}
LONGEST = 600  # seconds


def prepare(scale: float, stack: ExitStack) -> Part:
    ports = {name: free_port() for name in (*KINDS, "slack")}
    sinks = [f"smtp:{ports[name]}:{delay}" for name, delay in KINDS.items()]
    stack.enter_context(python(["-m", "benchmarks.sinks", *sinks, f"http:{ports['slack']}:{NEAR}"]))
    each, burst = int(EACH * scale), int(BURST * scale)
    pool = load(1, spare=ROUNDS * (16 * each + 2 * burst))
    many_owners()
    os.environ.update(SLACK_BOT_TOKEN="xoxb-bench", SLACK_API_URL=f"http://127.0.0.1:{ports['slack']}/api/")  # noqa: S106
    stack.enter_context(python(of_the_procfile("beat")))
    send = partial(sent_by, pool, ports)
    contenders = [
        *(Contender(by(count, "slow"), partial(send, count, "slow", count * each)) for count in (1, 2, 4)),
        *(Contender(by(count, "instant"), partial(send, count, "instant", 2 * each)) for count in (1, 2)),
        Contender(by(2, "near"), partial(send, 2, "near", burst)),
        Contender(WELL, partial(slack_beside, pool, ports, "near", each)),
        Contender(HANGS, partial(slack_beside, pool, ports, "hanging", each)),
    ]
    return Part("Delivery: from due to delivered", contenders, ASKS, rounds=ROUNDS)


def by(workers: int, kind: str) -> str:
    return f"{workers} worker{'s' * (workers > 1)}, a mail server of {KINDS[kind]:g} s"


ASKS = [
    Ask("messages a second by a worker, 0.3 s each", by(1, "slow"), RATE, at_least=50),
    Ask("two workers, in times of one", by(2, "slow"), RATE, by(1, "slow"), at_least=1.6),
    Ask("four workers, in times of one", by(4, "slow"), RATE, by(1, "slow"), at_least=3.2),
    Ask("messages a second by two workers, an instant server", by(2, "instant"), RATE, at_least=300),
    Ask("seconds until the last of a burst", by(2, "near"), LAST, at_most=60),
    Ask("Slack beside a mail server that hangs, of its rate beside one that is well", HANGS, RATE, WELL, at_least=0.8),
]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def many_owners() -> None:
    """Give the leads to so many reps that nobody's messages become one."""
    reps = User.objects.bulk_create(
        User(username=f"owner{n}", email=f"owner{n}@handoff.example") for n in range(OWNERS)
    )
    Group.objects.get(name=Role.SALES_REP).user_set.add(*reps)
    execute("UPDATE leads_lead SET owner_id = %s + id %% %s", [reps[0].pk, OWNERS])
    execute("VACUUM (ANALYZE)")


@contextmanager
def workers(count: int, mail_port: int) -> Iterator[None]:
    """So many workers of the Procfile, which send mail to a port."""
    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{mail_port}"
    with ExitStack() as stack:
        for number in range(count):
            stack.enter_context(python([*of_the_procfile("worker"), "--hostname", f"bench{number}@%h"]))
        until_they_answer(celery, count)
        yield


def sent_by(pool: Pool, ports: dict[str, int], count: int, kind: str, messages: int) -> Figures:
    """Fire so many alarms at once while so many workers run, and see when the last of their messages was sent."""
    with workers(count, ports[kind]):
        deliver(pool, 50 * count)  # whoever has just begun carefully allows itself more with each that gets through
        return deliver(pool, messages)


def slack_beside(pool: Pool, ports: dict[str, int], kind: str, messages: int) -> Figures:
    """The same of Slack's, while as many mails wait for a server that is well, or that hangs."""
    with workers(1, ports[kind]):
        figures = deliver(pool, messages, medium="slack")
    Delivery.objects.filter(state=DeliveryState.PENDING).update(state=DeliveryState.DEAD)
    return figures


def deliver(pool: Pool, messages: int, medium: str = "email") -> Figures:
    newest = Delivery.objects.aggregate(newest=Max("pk"))["newest"] or 0
    mine = Delivery.objects.filter(pk__gt=newest, medium=medium)
    begun = timezone.now()
    pool.fall_due(messages)
    fire()
    if medium != "email":
        also_by(medium, newest)
    deadline = time.monotonic() + LONGEST
    while (missing := mine.exclude(state=DeliveryState.SENT).count()) or mine.count() < messages:
        assert time.monotonic() < deadline, f"{missing} of {messages} were not sent"
        time.sleep(0.1)
    seconds = (mine.aggregate(last=Max("sent_at"))["last"] - begun).total_seconds()
    return {RATE: messages / seconds, LAST: seconds}


def also_by(medium: str, newest: int) -> None:
    """Tell all that is told by mail by another medium too."""
    execute(
        "INSERT INTO handoff_delivery (key, alarm_id, medium, address, state, priority, attempts, next_attempt_at, "
        " digest, last_error, created_at) SELECT gen_random_uuid(), alarm_id, %s, 'C' || id, 'pending', priority, 0,"
        " created_at, FALSE, '', created_at FROM handoff_delivery WHERE id > %s",
        [medium, newest],
    )
