"""What every benchmark is made of: contenders that take turns, their medians, and what is asked of them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Protocol

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Contender:
    """One way of doing it. `run` does one round and returns its figures; the first figure is the one compared."""

    name: str
    run: Callable[[], Figures]
    rounds: int | None = None  # fewer, where one is slow


@dataclass(frozen=True)
class Ask:
    """What a contender's median must be: as it is, or as a share of another's."""

    what: str
    of: str
    figure: str
    to: str = ""
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Part:
    """A benchmark, ready to run."""

    title: str
    contenders: Sequence[Contender]
    asks: Sequence[Ask] = ()
    rounds: int = 5
    check: Callable[[], None] | None = None  # afterwards: was all of it really done?


class Prepare(Protocol):
    """What a benchmark's module offers: fill the empty database; what must be stopped afterwards goes on the stack."""

    def __call__(self, scale: float, stack: ExitStack) -> Part: ...


@dataclass
class Result:
    """The rounds of every contender, by figure."""

    part: Part
    rounds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def median(self, contender: str, figure: str) -> float | None:
        values = self.rounds.get(contender, {}).get(figure)
        return median(values) if values else None

    def got(self, ask: Ask) -> float | None:
        mine = self.median(ask.of, ask.figure)
        other = self.median(ask.to, ask.figure) if ask.to else 1.0
        return mine / other if mine is not None and other else None

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.part.title,
            "medians": {
                name: {key: median(values) for key, values in row.items()} for name, row in self.rounds.items()
            },
            "rounds": self.rounds,
            "asks": [
                {
                    "what": ask.what,
                    "got": got,
                    "at_least": ask.at_least,
                    "at_most": ask.at_most,
                    "met": is_met(ask, got),
                }
                for ask in self.part.asks
                if (got := self.got(ask)) is not None
            ],
        }

    def as_markdown(self) -> str:
        figures = list(dict.fromkeys(figure for row in self.rounds.values() for figure in row))
        first = next(iter(self.rounds))
        rows = [["", *figures, "ratio"]]
        for name, row in self.rounds.items():
            mine, base = self.median(name, figures[0]), self.median(first, figures[0])
            ratio = shown(mine / base) if mine is not None and base else ""
            rows.append([name, *(shown(median(row[figure])) if figure in row else "" for figure in figures), ratio])
        asks = [f"- {line}" for line in map(self._verdict, self.part.asks) if line]
        return "\n".join([f"### {self.part.title}", "", *table(rows), *([""] * bool(asks)), *asks, ""])

    def _verdict(self, ask: Ask) -> str:
        got = self.got(ask)
        if got is None:
            return ""
        bound = f"at least {ask.at_least:g}" if ask.at_least is not None else f"at most {ask.at_most:g}"
        return f"{ask.what}: {shown(got)}, asked {bound}: {'met' if is_met(ask, got) else 'NOT MET'}"


def is_met(ask: Ask, got: float) -> bool:
    return (ask.at_least is None or got >= ask.at_least) and (ask.at_most is None or got <= ask.at_most)


def measure(part: Part, rounds: int | None = None) -> Result:
    """Take turns, so that a slow spell of the machine falls on all alike."""
    result = Result(part)
    for turn in range(rounds or part.rounds):
        for contender in part.contenders:
            if contender.rounds is None or turn < contender.rounds:
                row, figures = result.rounds.setdefault(contender.name, {}), contender.run()
                print(
                    turn + 1,
                    contender.name,
                    *(f"{shown(value)} {name}" for name, value in figures.items()),
                    file=sys.stderr,
                )
                for figure, value in figures.items():
                    row.setdefault(figure, []).append(value)
    if part.check:
        part.check()
    return result


def shown(value: float) -> str:
    """Three digits that matter."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out as Markdown that is also legible as it is."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in cells) + " |"
        for cells in (list(enumerate(zip(row, widths, strict=True))) for row in rows)
    ]
    rule = "|" + "|".join("-" * (width + 1) + (":" if column else "-") for column, width in enumerate(widths)) + "|"
    return [lines[0], rule, *lines[1:]]
