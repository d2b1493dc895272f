"""One accept: its own statements by pgbench, then the verb in process, then the verb through HTTP, signed in."""

import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.clones import Mould, set_tables_apart
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.replay import record, variables
from config.programs import find_postgres
from config.tether import die_with_parent
from handoff import workflow
from handoff.demo.agreement import make_agreement
from handoff.demo.people import make_people
from handoff.models import ApiToken, Handoff
from leads.models import Campaign, Lead, State, Transition, User
from sla.models import Clock, PendingAlarm

CLIENTS = (1, 4, 8, 16)
ASKED = {"verb": 0.5, "HTTP, token": 0.25, "HTTP, session": 0.25}
WARM_UP = 10  # acts of each client before the time is taken
PORT = 8971

Work = Callable[[int], object]
Way = Callable[[range, int], float]


def prepare(scale: float, stack: ExitStack) -> Part:
    """Make the demo's agreement and a lead that waits to be accepted, and record what accepting one like it sends."""
    set_tables_apart()
    mould = Mould(offered_lead())
    script = Path(stack.enter_context(TemporaryDirectory())) / "accept.sql"
    script.write_text(record(lambda lead_id: workflow.accept(lead_id, by=ada()), mould))
    stack.enter_context(web())
    ways: dict[str, tuple[Way, int]] = {
        "pgbench": (partial(by_pgbench, script, mould), 4_800),
        "verb": (partial(by_clients, in_process), 2_400),
        "HTTP, token": (partial(by_clients, partial(over_http, with_token())), 1_600),
        "HTTP, session": (partial(by_clients, partial(over_http, with_session())), 1_600),
    }
    contenders = [
        Contender(named(name, clients), partial(accept_all, way, mould, int(count * scale), clients))
        for clients in CLIENTS
        for name, (way, count) in ways.items()
    ]
    asks = [
        Ask(f"{named(name, n)}, to pgbench", named(name, n), "a second", to=named("pgbench", n), at_least=share)
        for name, share in ASKED.items()
        for n in CLIENTS
    ]
    return Part("Accept a lead", contenders, asks)


def named(name: str, clients: int) -> str:
    return f"{name}, {clients} client{'s' * (clients > 1)}"


def offered_lead() -> Lead:
    """A lead that marketing has offered to ada, with the clocks and alarms of the demo's agreement."""
    cast = make_people()
    make_agreement(cast, timezone.now())
    campaign = Campaign.objects.create(name="Spring fair", owner=cast["mia"])
    lead = Lead.objects.create(
        email="dana@buyer.example",
        name="Dana Fox",
        company="Fox Freight",
        country="DE",
        source="fair",
        score=60,
        campaign=campaign,
    )
    workflow.promote(lead.pk, by=cast["mia"], owner=cast["ada"], team=cast.teams["Berlin"])
    return lead


def ada() -> User:
    """As a request finds her, whose roles nobody has asked for yet."""
    return User.objects.get(username="ada")


def accept_all(way: Way, mould: Mould, count: int, clients: int) -> Figures:
    """Let clients accept fresh leads, and check that all is there that an accept writes."""
    ids = mould.cast((count // clients + WARM_UP) * clients)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # now, so that it does not fall into somebody's time
        cursor.execute("CHECKPOINT")
    connection.close()  # no child may take it over
    seconds = way(ids, clients)
    check(ids)
    rate = count // clients * clients / seconds
    return {"a second": rate, "ms": 1e3 * clients / rate}


def check(ids: range) -> None:
    """Whoever accepted, the rows are those that the verb writes."""
    acts = Transition.objects.filter(lead__in=ids, verb="accept")
    clocks = Clock.objects.filter(lead__in=ids)
    found = {
        "accepted": Lead.objects.filter(pk__in=ids, state=State.SAL).count(),
        "decided": Handoff.objects.filter(lead__in=ids, decision="accepted").count(),
        "acts": acts.count(),
        "stopped": clocks.filter(metric="time_to_accept", state="met", stopped_by__in=acts).count(),
        "time to touch": clocks.filter(metric="time_to_touch", stopped_at=None, started_by__in=acts).count(),
        "time to qualify": clocks.filter(metric="time_to_qualify", stopped_at=None, started_by__in=acts).count(),
        "three alarms for each": PendingAlarm.objects.filter(clock__in=clocks).count() / 9,
    }
    assert set(found.values()) == {len(ids)}, f"of {len(ids)} leads: {found}"


def by_pgbench(script: Path, mould: Mould, ids: range, clients: int) -> float:
    """Run the script for each lead, and return the seconds it took. Connecting is no part of them."""
    each = len(ids) // clients
    options: dict[str, object] = {
        "--file": script,
        "--client": clients,
        "--jobs": min(clients, 2),
        "--transactions": each,
    }
    options |= {f"--define={name}": value for name, value in (variables(mould) | {"each": each, "done": 0}).items()}
    settings = connection.settings_dict
    options |= {"--host": settings["OPTIONS"].get("host") or settings["HOST"], "--username": settings["USER"]}
    done = subprocess.run(
        [
            find_postgres() / "pgbench",
            "--no-vacuum",
            *(f"{name}={value}" for name, value in options.items()),
            settings["NAME"],
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    rate = re.search(r"tps = ([\d.]+) \(without initial", done.stdout)
    assert rate, done.stdout + done.stderr
    return (each - WARM_UP) * clients / float(rate[1])


def by_clients(work: Callable[[], Work], ids: range, clients: int) -> float:
    """Let each client, a process, do its share, and return the seconds from the first act of all to the last."""
    context = multiprocessing.get_context("fork")
    start, end = context.Barrier(clients + 1), context.Barrier(clients + 1)
    processes = [
        context.Process(target=_client, args=(work, ids[number::clients], start, end)) for number in range(clients)
    ]
    for process in processes:
        process.start()
    start.wait(60)
    begin = time.perf_counter()
    end.wait(300)
    seconds = time.perf_counter() - begin
    for process in processes:
        process.join()
    return seconds


def _client(prepare_work: Callable[[], Work], ids: range, start: Any, end: Any) -> None:
    work = prepare_work()
    try:
        for lead_id in ids[:WARM_UP]:
            work(lead_id)
        start.wait()
        for lead_id in ids[WARM_UP:]:
            work(lead_id)
        end.wait()
    except BaseException:
        start.abort()
        end.abort()
        raise


def in_process() -> Work:
    """Accept as ada, whom each act gets as a request would: her roles are read again."""
    person = ada()
    columns = {field.attname: getattr(person, field.attname) for field in User._meta.concrete_fields}

    def accept(lead_id: int) -> None:
        workflow.accept(lead_id, by=User(**columns))

    return accept


def with_token() -> str:
    return f"Authorization: Bearer {ApiToken.issue(ada())}\r\n"


def with_session() -> str:
    """As the console's pages ask: by their cookie, with the token against forged requests."""
    client = Client()
    client.force_login(ada(), "config.sign_in.Backend")
    secret = "c" * 32
    return f"Cookie: sessionid={client.cookies['sessionid'].value}; csrftoken={secret}\r\nX-CSRFToken: {secret}\r\n"


def over_http(signed_in: str) -> Work:
    """Accept over one connection that is kept open, by a client that costs next to nothing."""
    link = socket.create_connection(("127.0.0.1", PORT))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = '{"verb":"accept"}'
    rest = (
        f" HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n{signed_in}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )

    def accept(lead_id: int) -> None:
        link.sendall(f"POST /api/v1/leads/{lead_id}/transitions/{rest}".encode())
        answer = link.recv(65536)
        head, _, text = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(text) < length:
            text += link.recv(65536)
        assert head.startswith(b"HTTP/1.1 201"), answer

    return accept


@contextmanager
def web() -> Iterator[None]:
    """The web process as the Procfile starts it, with a rate that nobody reaches but that is counted."""
    told = {"HANDOFF_PORT": str(PORT), "HANDOFF_INSECURE_HTTP": "1", "API_RATE": "10000000/min", "LOG_LEVEL": "INFO"}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
    with subprocess.Popen(
        command,
        env=os.environ | told,
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - one thread, as PDEATHSIG demands anyway
    ) as process:
        try:
            _until_it_answers()
            yield
        finally:
            process.send_signal(signal.SIGTERM)


def _until_it_answers() -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", PORT)).close()
        except ConnectionRefusedError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The web process does not answer.")
