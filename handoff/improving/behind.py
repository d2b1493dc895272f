"""The leads behind a number of a replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from handoff.improving.cases import Filter, cases
from handoff.improving.replay import FAILS, UNSURE, Verdict, pattern
from leads.conditions import Condition
from leads.conditions.fragments import Sql, compose, joined, value

ENDINGS: Mapping[str, str] = {
    "accepted": "decision = 'accepted'",
    "rejected": "reason_id IS NOT NULL",
    "won": "is_won",
    "decided": "decision <> ''",
}
"""What may have become of a handoff, as a condition on its row."""
_VERDICTS = {
    Verdict.PASS: f"letters NOT LIKE '%%{FAILS}%%' AND letters NOT LIKE '%%{UNSURE}%%'",
    Verdict.FAIL: f"letters LIKE '%%{FAILS}%%'",
    Verdict.UNKNOWN: f"letters NOT LIKE '%%{FAILS}%%' AND letters LIKE '%%{UNSURE}%%'",
}


class Case(NamedTuple):
    """One handoff behind a number, with the letters of its criteria."""

    id: int
    lead_id: int
    offered_at: datetime
    letters: str
    campaign: str
    source: str
    decision: str
    reason_id: int | None
    is_won: bool


@dataclass(frozen=True)
class Number:
    """Which number: of a verdict, an ending and a reason; each may be left out. `stopped_by` is the place of a
    criterion that did not hold."""

    verdict: Verdict | None = None
    ending: str = ""
    reason: int | None = None
    stopped_by: int | None = None


def behind(
    criteria: Sequence[Condition], chosen: Filter, number: Number, *, most: int, after: Case | None = None
) -> list[Case]:
    """The newest first, at most so many, after one that was shown."""
    wanted = [Sql("counts"), *_wanted(number)]
    if after is not None:
        place = value(after.offered_at, "timestamptz"), value(after.id, "bigint")
        wanted.append(compose("(offered_at, id) < ({}, {})", *place))
    statement = compose(
        "SELECT id, lead_id, offered_at, letters, campaign, source, decision, reason_id, is_won FROM {} "
        "WHERE {} ORDER BY offered_at DESC, id DESC LIMIT {}",
        cases(chosen, {"letters": pattern(criteria)}),
        joined(" AND ", wanted),
        value(most, "integer"),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return [Case(*row) for row in cursor.fetchall()]


def _wanted(number: Number) -> list[Sql]:
    wanted = [Sql(_VERDICTS[number.verdict])] if number.verdict else []
    if number.ending:
        wanted.append(Sql(ENDINGS[number.ending]))
    if number.reason is not None:
        wanted.append(compose("reason_id = {}", value(number.reason, "bigint")))
    if number.stopped_by is not None:
        place = value(number.stopped_by + 1, "integer")
        wanted.append(compose(f"substr(letters, {{}}, 1) = '{FAILS}'", place))
    return wanted
