"""Does the sweep, or an accept, slow down as the clocks that run grow from ten thousand to five million?"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import islice

from benchmarks.clocks_running import load
from benchmarks.databases import enter, execute, own_database
from benchmarks.due import RATE, in_batches
from benchmarks.harness import Ask, Contender, Figures, Part
from handoff import workflow
from handoff.ladder.sweep import BATCH, sweep
from leads.models import Lead, User

ROUNDS, BURST, ACCEPTS = 5, 10_000, 500
SWEEP, ACCEPT = "alarms fired", "leads accepted"
FEW, MANY = "10,000 clocks run", "5,000,000 clocks run"


Running = Callable[[], Figures]


def prepare(scale: float, stack: ExitStack) -> Part:
    burst = int(BURST * scale)
    sizes = {FEW: 10_000, MANY: 5_000_000}
    contenders = [
        Contender(f"{what}, {name}", run)
        for number, (name, running) in enumerate(sizes.items())
        for what, run in running_in(f"bench_growth_{number}", int(running * scale), burst, stack).items()
    ]
    asks = [
        Ask(
            f"{what} at five million, as a share of ten thousand",
            f"{what}, {MANY}",
            RATE,
            f"{what}, {FEW}",
            at_least=0.85,
        )
        for what in (SWEEP, ACCEPT)
    ]
    # By what is done, so that the two that are compared take turns.
    contenders.sort(key=lambda contender: contender.name.startswith(ACCEPT))
    return Part(f"Growth: {burst:,} alarms at once, and accepts", contenders, asks, rounds=ROUNDS)


def running_in(database: str, running: int, burst: int, stack: ExitStack) -> dict[str, Running]:
    """A database of its own with so many clocks, and what is done there in a round."""
    accepts = min(ACCEPTS, running // (2 * ROUNDS))
    stack.enter_context(own_database(database))
    pool = load(running, spare=ROUNDS * (burst + min(BATCH, burst)))
    offered = Lead.objects.order_by("pk").values_list("pk", flat=True)[0]
    leads = iter(range(offered + 1, offered + running, max(1, running // (ROUNDS * accepts + 1))))

    def swept() -> Figures:
        enter(database)
        execute("CHECKPOINT")  # of what the other one wrote
        return in_batches(sweep, 1, burst, pool.fall_due)

    def accepted() -> Figures:
        enter(database)
        execute("CHECKPOINT")
        return {RATE: accept_some(list(islice(leads, accepts)))}

    return {SWEEP: swept, ACCEPT: accepted}


def accept_some(leads: Sequence[int]) -> float:
    """Accept leads from all over the table, each as its owner, and return how many a second."""
    owners = dict(Lead.objects.filter(pk__in=leads).values_list("pk", "owner"))
    people = {person.pk: person for person in User.with_rights()}
    workflow.accept(leads[0], by=people[owners[leads[0]]])  # it reads the policies
    begin = time.perf_counter()
    for lead_id in leads[1:]:
        workflow.accept(lead_id, by=people[owners[lead_id]])
    return (len(leads) - 1) / (time.perf_counter() - begin)
