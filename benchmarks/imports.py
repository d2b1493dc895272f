"""Files of 200,000 rows beside COPY of the same columns into a plain table; what verbs and alarms notice of them."""

import csv
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks.clocks_running import Pool, load
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.memory import resident_kb
from benchmarks.workers import processes, together
from handoff import workflow
from handoff.amending import undoing
from handoff.doors import SHELL
from handoff.imports import drafts, job
from handoff.imports.run import Wish
from handoff.imports.run import prepare as prepare_file
from handoff.ladder.sweep import sweep
from handoff.models import Import, ImportState
from leads.models import Lead, Opportunity, Touch, Touchpoint, Transition, Verb

ROWS, FEW = 200_000, 20_000
ALARMS = 10_000
"""So many may fall due while one piece of work goes on."""
RATE = "rows a second"
START = datetime(2024, 1, 1, tzinfo=UTC)
Rows = Iterator[Sequence[Any]]


def leads(count: int) -> Rows:
    yield "Record ID", "First Name", "Last Name", "Email", "Phone Number", "Company", "Country", "Source", "Create Date"
    countries, sources = ("Germany", "France", "United States", "Spain"), ("Web", "Trade fair", "Partner", "Webinar")
    for n in range(count):
        day = START + timedelta(minutes=n)
        phone = f"+49 30 {5_000_000 + n}"
        company, country, source = f"Company {n % 5000}", countries[n % 4], sources[n % 3]
        yield (
            n,
            f"First{n % 997}",
            f"Last{n}",
            f"person{n}@bench.example",
            phone,
            company,
            country,
            source,
            day.isoformat(),
        )


def touches(count: int) -> Rows:
    yield "touch_id", "external_id", "channel", "outcome", "at", "note"
    for n in range(count):
        at = START + timedelta(days=200, minutes=n)
        yield f"T{n}", n, "call", ("reached", "no_answer")[n % 2], at.isoformat(), f"Note {n % 50}"


def deals(count: int) -> Rows:
    yield "external_id", "deal id", "deal name", "deal stage", "amount", "currency", "close date"
    for n in range(count):
        at = START + timedelta(days=220, minutes=n)
        yield n, f"D{n}", f"Deal {n}", ("Closed won", "Closed lost")[n % 2], 1000 + n % 977, "EUR", at.isoformat()


def stages(count: int) -> Rows:
    """Two events of every second lead: those that have no deal yet."""
    yield "external_id", "stage", "at"
    for n in range(count):
        at = START + timedelta(days=180, minutes=n)
        yield count + n // 2, ("mql", "sal")[n % 2], at.isoformat()


def touchpoints(count: int) -> Rows:
    yield "touchpoint_id", "external_id", "kind", "source", "at", "detail"
    for n in range(count):
        at = START + timedelta(days=210, minutes=n)
        yield f"P{n}", n, ("form", "page_visit")[n % 2], "Web", at.isoformat(), f"Page {n % 50}"


FILES: dict[str, Callable[[int], Rows]] = {
    "leads": leads,
    "touches": touches,
    "touchpoints": touchpoints,
    "stages": stages,
    "outcomes": deals,
}
MADE: dict[str, Any] = {"leads": Lead, "touches": Touch, "touchpoints": Touchpoint, "outcomes": Opportunity}


def prepare_files(scale: float, stack: ExitStack) -> tuple[Path, int]:
    folder, count = Path(stack.enter_context(tempfile.TemporaryDirectory())), int(ROWS * scale)
    for kind, rows in FILES.items():
        with (folder / f"{kind}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows(count))
    with (folder / "more.csv").open("w", newline="") as file:  # the leads whose stages come in
        header, *rest = leads(2 * count)
        csv.writer(file).writerows([header, *rest[count : count + count // 2 + 1]])
    return folder, count


def prepare(scale: float, stack: ExitStack) -> Part:
    folder, count = prepare_files(scale, stack)
    pool = load(0, spare=ALARMS * len(DISTURBING))
    contenders, asks = [], []
    for kind in FILES:
        plain, ours = f"COPY of {kind}", f"import of {kind}"
        contenders += [
            Contender(plain, lambda kind=kind: copied(folder / f"{kind}.csv", count)),  # type: ignore[misc]
            Contender(ours, lambda kind=kind: imported(folder, kind, count)),  # type: ignore[misc]
        ]
        asks.append(Ask(f"{kind}, as a share of COPY", ours, RATE, plain, at_least=0.10 if kind == "leads" else 0.05))
    for name, work in DISTURBING.items():
        during = f"{name}, while others work"
        contenders.append(Contender(during, lambda work=work: disturbed(folder, pool, work)))  # type: ignore[misc]
        asks += [
            Ask(f"the longest that a verb waits for the {name}, in ms", during, "verb, ms", at_most=200),
            Ask(f"the latest alarm during the {name}, in ms", during, "alarm, ms", at_most=1000),
        ]
    contenders.append(Contender("memory", lambda: {"KB a row more": grown(folder, count, scale)}))
    return Part(f"Imports of {count:,} rows", contenders, asks, rounds=1, check=lambda: check(count))


def check(count: int) -> None:
    """All of it is there."""
    for kind, model in MADE.items():
        assert model.objects.count() >= count, f"{kind} are missing"
    assert Transition.objects.filter(verb=Verb.CONVERT).count() == count


def copied(file: Path, count: int) -> Figures:
    with file.open(encoding="utf-8") as text:
        headers = next(csv.reader(text))
    columns = ", ".join(f'"{header}" text' for header in headers)
    execute(f"DROP TABLE IF EXISTS plain_rows; CREATE TABLE plain_rows ({columns})")
    begin = time.perf_counter()
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY plain_rows FROM STDIN (FORMAT csv, HEADER)") as copy,
        file.open("rb") as data,
    ):
        while block := data.read(1 << 16):
            copy.write(block)
    return {RATE: count / (time.perf_counter() - begin)}


def imported(folder: Path, kind: str, count: int) -> Figures:
    if kind == "stages":
        bring_in(folder / "more.csv", "leads")
    begin = time.perf_counter()
    bring_in(folder / f"{kind}.csv", kind)
    return {RATE: count / (time.perf_counter() - begin)}


def bring_in(file: Path, kind: str) -> Import:
    """As a worker does it: on record, with what it changes, chunk by chunk."""
    stated = {"kind": kind, "system": "bench", "historical": True}
    record = drafts.bring(file.read_bytes(), file.name, stated, by=None, door=SHELL)
    drafts.start(record, by=None)
    job.run(record, lambda: True)
    record.refresh_from_db(fields=["state", "refused", "note"])
    assert record.state == ImportState.DONE, record.note
    assert not record.refused, f"{record.refused} rows of {kind} were refused"
    return record


def change(folder: Path) -> None:
    """Bring the leads in again, with another company each."""
    bring_in(_changed(folder, "Firm "), "leads")


def try_out(folder: Path) -> None:
    """What a dry run does with such a file."""
    wish = Wish(kind="leads", system="bench", historical=True)
    assert all(result.outcome == "updated" for _, result in prepare_file(_changed(folder, "House "), wish).try_out())


def undo(folder: Path) -> None:  # noqa: ARG001 as the others
    """Take back what was just changed."""
    record = Import.objects.filter(kind="leads", file_name="changed.csv").latest("pk")
    undoing.ask(record, by=None)
    job.run(record, lambda: True)
    record.refresh_from_db(fields=["state"])
    assert record.state == ImportState.UNDONE, record.state


DISTURBING = {"import": change, "dry run": try_out, "undo": undo}


def _changed(folder: Path, word: str) -> Path:
    changed = folder / "changed.csv"
    text = (folder / "leads.csv").read_text(encoding="utf-8").replace("Company ", word)
    changed.write_text(text, encoding="utf-8")
    return changed


def disturbed(folder: Path, pool: Pool, work: Callable[[Path], None]) -> Figures:
    """Work with all leads while verbs are done with them and alarms fall due."""
    ids = list(Lead.objects.filter(external_ids__system="bench").values_list("pk", flat=True))
    connection.close()
    over, waits = processes.Event(), processes.Queue()
    others = {"verb": partial(a_verb, ids), "alarm": partial(an_alarm, pool)}
    watchers = [processes.Process(target=watch, args=(name, other, over, waits)) for name, other in others.items()]
    for watcher in watchers:
        watcher.start()
    work(folder)
    over.set()
    longest = dict(waits.get(timeout=60) for _ in watchers)
    for watcher in watchers:
        watcher.join()
    pool.pass_over(ALARMS)  # the process that let them fall due has counted them in its own memory
    return {f"{name}, ms": seconds * 1000 for name, seconds in longest.items()}


def watch(name: str, work: Callable[[], None], over: Event, waits: Any) -> None:
    """Work every 50 ms until it is over, and say how long the longest took; the first only warms up."""
    connection.close()
    work()
    longest = 0.0
    while not over.wait(0.05):
        begin = time.perf_counter()
        work()
        longest = max(longest, time.perf_counter() - begin)
    waits.put((name, longest))


def a_verb(ids: Sequence[int]) -> None:
    """An automatic mail to any of the leads that are being changed."""
    workflow.touch(random.choice(ids), by=None, channel="email", outcome="sent", automatic=True)


def an_alarm(pool: Pool) -> None:
    """Let one fall due, and fire it as the sweeper does."""
    pool.fall_due(1)
    assert sweep() == 1, "the alarm is lost"


def grown(folder: Path, count: int, scale: float) -> float:
    """KB that a process holds more for each row that a file has more."""
    few, size = folder / "few.csv", int(FEW * scale)
    with few.open("w", newline="") as file:
        csv.writer(file).writerows(leads(size))
    held = [together(partial(held_after, path), 1)[0][0] for path in (few, folder / "leads.csv")]
    return (held[1] - held[0]) / (count - size)


def held_after(path: Path) -> int:
    bring_in(path, "leads")
    return resident_kb()
