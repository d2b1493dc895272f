"""A scoring model as SQL: one description, whether it is asked about one lead or about a million."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.conditions import Condition, leads, moment, where
from leads.conditions.fragments import Sql
from leads.models import ScoringModel
from leads.score_rules import BehaviourRule, FitRule
from leads.sql import load

POINTS = load("leads.scoring", "points.sql")
LEADS = "leads_lead lead"


@dataclass(frozen=True)
class Scope:
    """Which leads are meant, by the column that has their number."""

    of: str
    params: tuple[Any, ...]

    def on(self, column: str) -> str:
        return self.of.format(column=column)


def these(lead_ids: Sequence[int]) -> Scope:
    return Scope("{column} = ANY(%s)", (list(lead_ids),))


def between(after: int, last: int) -> Scope:
    """Those above the first number, up to the second."""
    return Scope("{column} > %s AND {column} <= %s", (after, last))


def points(rules: Iterable[BehaviourRule], scope: Scope, at: Any) -> Sql:
    """The points of each touchpoint, as of a moment; without one, as of when its lead was scored."""
    moment, rows = ("%s::timestamptz", "leads_touchpoint point") if at else ("lead.scored_at", _WITH_LEADS)
    text = POINTS.replace("{moment}", moment).replace("{rows}", rows).replace("{scope}", scope.on("point.lead_id"))
    return Sql(text, (*([at] if at else []), _as_records(rules), *scope.params))


def fit(rules: Sequence[FitRule], at: datetime) -> Sql:
    """The sum of the points of the rules that a lead meets."""
    pieces = [(rule.points, met(rule.conditions, at)) for rule in rules]
    text = " + ".join(f"CASE WHEN {piece.text} THEN {points} ELSE 0 END" for points, piece in pieces)
    return Sql(text or "0", _params(piece for _, piece in pieces))


def excluded(model: ScoringModel, at: datetime) -> Sql:
    pieces = [met(rule.conditions, at) for rule in model.excluding]
    return Sql(" OR ".join(piece.text for piece in pieces) or "FALSE", _params(pieces))


def met(conditions: Sequence[Condition], at: datetime | None) -> Sql:
    """That a lead meets all conditions at a moment; without one, as of when it was scored."""
    asked_at = moment(at) if at else Sql("lead.scored_at")
    text, params = where(conditions, leads("lead", at=asked_at))
    return Sql(text, tuple(params))


_WITH_LEADS = f"leads_touchpoint point JOIN {LEADS} ON lead.id = point.lead_id"


def _params(pieces: Iterable[Sql]) -> tuple[Any, ...]:
    return tuple(param for piece in pieces for param in piece.params)


def _as_records(rules: Iterable[BehaviourRule]) -> str:
    records = [
        {"key": rule.key, "kind": kind, "points": rule.points, "half_life": rule.half_life, "cap": rule.cap}
        for rule in rules
        for kind in rule.kinds
    ]
    return json.dumps(records)
