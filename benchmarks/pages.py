"""Every list of the console and of the API over a million leads: each sort, filter and page that is offered."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from gzip import compress
from statistics import median, quantiles
from typing import Any
from urllib.parse import unquote_plus

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.harness import Ask, Contender, Figures, Part, shown
from benchmarks.pages_asked import PEOPLE, Address, addresses
from benchmarks.pages_data import load
from handoff.models import ApiToken, InboxEntry
from leads.models import State, User

LEADS = 1_000_000
WORST = 20
ACT = "accept in place"
HOST = "localhost"  # one that the settings allow
IN_PLACE = {"X-Handoff-Dialog": "1", "X-Handoff-In-Place": "1"}
MEDIAN, P95, SLOWEST, QUERIES, KIB = "ms, median", "ms, p95", "ms, slowest address", "queries, most", "KiB"
QUICK = ("My leads", "Board", "Lead", "Rejections", "API")
OTHERS = "Other lists"


@dataclass
class Asked:
    """One address, and what it took each time."""

    address: Address
    spans: list[float] = field(default_factory=list)
    queries: int = 0

    @property
    def typical(self) -> float:
        return median(self.spans)


def prepare(scale: float, stack: ExitStack) -> Part:
    load(round(LEADS * scale))
    clients = {who: signed_in(who) for who in PEOPLE}
    tokens = {who: ApiToken.issue(User.objects.get(username=who)) for who in PEOPLE}
    asked = [Asked(address) for address in addresses(clients)]
    stack.callback(show_worst, asked)
    kinds = list(dict.fromkeys(each.address.kind for each in asked))
    contenders = [Contender(kind, partial(ask_all, clients, tokens, asked, kind)) for kind in kinds]
    return Part(
        f"Pages over {round(LEADS * scale):,} leads, {len(asked)} addresses",
        [*contenders, Contender(ACT, partial(act_in_place, clients["rep1"]))],
        [
            *(Ask(f"{kind}, median in ms", kind, MEDIAN, at_most=100) for kind in QUICK),
            *(Ask(f"{kind}, p95 in ms", kind, P95, at_most=300) for kind in QUICK),
            Ask("the slowest of the other lists, in ms", OTHERS, SLOWEST, at_most=200),
            Ask("what travels for one act, in KiB", ACT, KIB, at_most=30),
        ],
    )


def signed_in(who: str) -> Client:
    client = Client(SERVER_NAME=HOST)
    client.force_login(User.objects.get(username=who), "config.sign_in.Backend")
    return client


def ask_all(clients: dict[str, Client], tokens: dict[str, str], asked: list[Asked], kind: str) -> Figures:
    """Each address of a kind once; the first time it is asked before, so that all is in memory."""
    mine = [each for each in asked if each.address.kind == kind]
    spans = []
    for each in mine:
        client, headers = clients[each.address.who], {}
        if each.address.is_api:
            client, headers = Client(SERVER_NAME=HOST), {"Authorization": f"Bearer {tokens[each.address.who]}"}
        ask = partial(client.get, each.address.url, headers=headers)
        if not each.spans:
            with CaptureQueriesContext(connection) as queries:
                assert ask().status_code in (200, 302), each.address
            each.queries = len(queries)
        spans.append(timed(ask))
        each.spans.append(spans[-1])
    cuts = quantiles(spans, n=20) if len(spans) > 1 else [spans[0]]
    most = max(each.queries for each in mine)
    return {MEDIAN: median(spans), P95: cuts[-1], SLOWEST: max(each.typical for each in mine), QUERIES: most}


def act_in_place(client: Client) -> Figures:
    """Accept from the row of an inbox: the answer is what the page's script puts into its list."""
    lead = InboxEntry.objects.filter(owner__username="rep1", state=State.MQL).order_by("?").values_list("lead")[0][0]
    token = client.get(reverse("admin:my_leads")).content.partition(b'data-token="')[2].partition(b'"')[0].decode()
    url = f"{reverse('admin:act', args=['accept', lead])}?next={reverse('admin:my_leads')}"
    answers: list[Any] = []
    span = timed(lambda: answers.append(client.post(url, {"_token": token}, headers=IN_PLACE)))
    assert answers[0].status_code == 200
    return {MEDIAN: span, KIB: len(compress(answers[0].content)) / 1024}


def timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1000


def show_worst(asked: list[Asked]) -> None:
    """Where to look next."""
    slow = sorted((each for each in asked if each.spans), key=lambda each: -each.typical)
    for each in slow[:WORST]:
        address = each.address
        line = f"{shown(each.typical):>6} ms {each.queries:3} queries  {address.who:9} {unquote_plus(address.url)}"
        print(line, file=sys.stderr)
