"""A review pack as titled tables of text: what the page, the PDF and the CSV of it all say, from its data alone.

A format that was released never changes: a pack that was stored by it must read the same for as long as it is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

NOTHING = "–"
Data = Mapping[str, Any]
METRICS = {
    "time_to_assign": "Time to assign",
    "time_to_accept": "Time to accept",
    "time_to_touch": "Time to touch",
    "speed_to_lead": "Speed to lead",
    "time_to_next_touch": "Time to next touch",
    "time_to_qualify": "Time to qualify",
    "time_to_convert": "Time to convert",
    "time_to_answer": "Time to answer",
    "time_to_decide": "Time to decide",
}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Section:
    """A table with its title. Without rows its note says why."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]] = field(default_factory=list)
    note: str = ""
    wide: int = 0
    """The column that holds sentences."""


def head(data: Data) -> tuple[str, str]:
    """The title of a pack, and what it is of."""
    period, closed = data["period"], data["closed"]
    zone = f"Days are those of {period['zone']}."
    if closed is None:
        return (
            f"Review of {period['label']}",
            f"Preliminary: the period is open. As of {_at(data['as_of'], period['zone'])}. {zone}",
        )
    at = _at(closed["at"], period["zone"])
    return f"Review of {period['label']}", f"Closed by {closed['by']} on {at}. {zone}"


def sections(data: Data, format_number: int) -> list[Section]:
    return FORMATS[format_number](data)


def _first(data: Data) -> list[Section]:
    return [
        _actions("Actions of the last review", data["last"], data, "The last review agreed on no action."),
        _scorecard(data),
        _reasons(data),
        _breaches(data),
        _fixed(data),
        _disputes(data),
        _drift(data),
        _proposal(data),
        _actions("Actions agreed", data.get("agreed", []), data, "No action is agreed so far."),
    ]


FORMATS: Mapping[int, Callable[[Data], list[Section]]] = {1: _first}


def _actions(title: str, actions: Sequence[Data], data: Data, nothing: str) -> Section:
    zone = data["period"]["zone"]
    rows = [
        [
            action["text"],
            action["owner"],
            _day(action["due"]),
            f"{_at(action['done'], zone)}, {action['done_by']}" if action["done"] else "Open",
        ]
        for action in actions
    ]
    return Section(title, ["Action", "Owner", "Due on", "Done"], rows, "" if rows else nothing)


def _scorecard(data: Data) -> Section:
    rows = []
    for line in data["lines"]:
        count, missed, goal = line["count"], line["missed"], line["goal"]
        whole = None if missed is None else count + missed
        rows.append(
            [
                line["label"],
                line["side"],
                _number(goal) if goal is not None else NOTHING,
                _number(count),
                NOTHING if whole is None else _number(whole),
                _percent(count, whole if whole is not None else goal),
                NOTHING if not line["excused"] else _number(line["excused"]),
            ]
        )
    header = ["Scorecard", "Side", "Goal", "Count", "Of", "Share", "Excused"]
    return Section("Scorecard", header, rows, "Where there is no whole, the share is that of the goal.")


def _reasons(data: Data) -> Section:
    names = ("rejections", "against_marketing", "against_sales", "overturned")
    rows = [[row["reason"], *(_number(row[name]) for name in names)] for row in data["reasons"]]
    header = ["Reason", "Rejections", "Against marketing", "Against sales", "Overturned"]
    return Section("Top reasons of rejections", header, rows, "" if rows else "Sales rejected no lead.")


def _breaches(data: Data) -> Section:
    rows = [
        [
            METRICS.get(row["metric"], row["metric"]),
            row["owner"] or "(no owner)",
            *(_number(row[name]) for name in ("breaches", "running", "excused")),
        ]
        for row in data["breaches"]
    ]
    header = ["Promise", "Owed by", "Breaches", "Still open", "Excused"]
    return Section("Breaches", header, rows, "" if rows else "No promise was broken.")


def _fixed(data: Data) -> Section:
    zone = data["period"]["zone"]
    rows = [
        [
            f"Lead {row['lead']}",
            METRICS.get(row["metric"], row["metric"]),
            row["owner"] or "(no owner)",
            _at(row["due"], zone),
            _at(row["ended"], zone) if row["ended"] else "Open",
            row["fixed_by"] or NOTHING,
            f"{row['excused_by'] or 'Handoff'}: {row['reason']}" if row["reason"] else NOTHING,
        ]
        for row in data["fixed"]
    ]
    header = ["Lead", "Promise", "Owed by", "Was due", "Ended", "Fixed by", "Excused"]
    note = "The latest 100." if len(rows) >= 100 else "" if rows else "There is nothing to fix."
    return Section("Who fixed what", header, rows, note, wide=6)


def _disputes(data: Data) -> Section:
    zone = data["period"]["zone"]
    rows = [
        [
            f"Lead {row['lead']}",
            row["reason"],
            row["by"],
            _at(row["at"], zone),
            row["decision"].capitalize() if row["decision"] else "Open",
            row["decided_by"] or NOTHING,
        ]
        for row in data["disputes"]
    ]
    header = ["Lead", "Reason", "Disputed by", "On", "Decision", "Decided by"]
    return Section("Disputes", header, rows, "" if rows else "No rejection was disputed.", wide=1)


def _drift(data: Data) -> Section:
    zone = data["period"]["zone"]
    rows = [
        [
            f"Version {row['version']}" if row["version"] else "No definition",
            row["text"] or NOTHING,
            _at(row["since"], zone) if row["since"] else NOTHING,
            _number(row["delivered"]),
            _number(row["decided"]),
            _percent(row["accepted"], row["decided"]),
        ]
        for row in data["drift"]
    ]
    header = ["Definition of MQL", "Text", "In force since", "Delivered", "Decided", "Accepted"]
    return Section("Definition drift", header, rows, "" if rows else "Nothing was handed over.", wide=1)


def _proposal(data: Data) -> Section:
    proposal = data["proposal"]
    header = ["Would also ask for", "Decided", "Withheld", "Rejected among them", "Accepted", "Won"]
    if proposal is None:
        return Section(
            "Proposal", header, [], "No change of the definition stands out among the handoffs of the period."
        )
    names = ("decided", "withheld", "rejected_withheld", "accepted_withheld", "won_withheld")
    row = [" and ".join(proposal["words"]), *(_number(proposal[name]) for name in names)]
    lost = ", ".join(f"{amount} {currency}" for currency, amount in sorted(proposal["lost"].items()))
    return Section("Proposal", header, [row], f"What it would have withheld has brought {lost or 'nothing'}.")


def _number(number: int) -> str:
    return f"{number:,}"


def _percent(part: int, whole: int | None) -> str:
    if not whole:
        return NOTHING
    if part in (0, whole):
        return f"{100 * part // whole} %"
    return f"{min(max(100 * part / whole, 0.1), 99.9 if part < whole else 1e9):.1f} %"


def _at(text: str, zone: str) -> str:
    """Like 3 Apr 2026, 09:00: spelled out here, as the words of a library may change."""
    at = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}"


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
