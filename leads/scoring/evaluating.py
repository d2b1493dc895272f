"""Bring scores up to date: of the leads that have just changed, or of a range of all."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from leads.models import Lead, ScoringModel
from leads.scoring import compiled
from leads.scoring.compiled import Scope
from leads.sql import load

_SCORE = load("leads.scoring", "score.sql")
_CHANGED = (
    "(graded.score_before, graded.grade_before, graded.scored_by_id) IS DISTINCT FROM (graded.score, graded.grade, %s)"
)
Row = tuple[int, int, int | None, str]


def rescore(leads: Iterable[Lead]) -> None:
    """Score leads by the model in force, if there is one, in the transaction that changed them; they are locked by it.

    Of each the moment is written as well, though nothing else may change: so a run through all leads that has read
    what was there before leaves it alone.
    """
    by_id = {lead.pk: lead for lead in leads}
    model = ScoringModel.active() if by_id else None
    if model is None:
        return
    at = timezone.now()
    for pk, score, stated, grade in _score(model, compiled.these(sorted(by_id)), at, "TRUE", ()):
        lead: Any = by_id[pk]
        lead.score, lead.stated_score, lead.fit_grade = score, stated, grade
        lead.scored_at, lead.scored_by = at, model


def score_between(model: ScoringModel, after: int, last: int, at: datetime) -> list[int]:
    """Score the leads of a range of numbers, and return those whose score or grade has changed."""
    rows = _score(model, compiled.between(after, last), at, _CHANGED, (model.pk,))
    return [pk for pk, *_ in rows]


def _score(model: ScoringModel, scope: Scope, at: datetime, wanted: str, params: Collection[Any]) -> list[Row]:
    points, fit = compiled.points(model.behaviours, scope, at), compiled.fit(model.fits, at)
    excluded = compiled.excluded(model, at)
    pieces = {
        "points": points.text,
        "fit": fit.text,
        "excluded": excluded.text,
        "leads": compiled.LEADS,
        "scope": scope.on("lead.id"),
        "wanted": wanted,
    }
    text = _SCORE
    for name, piece in pieces.items():
        text = text.replace(f"{{{name}}}", piece)
    grades = (model.grade_a, model.grade_b, model.grade_c)
    values = (
        *points.params, *excluded.params, *fit.params, *scope.params, *grades, *scope.params, *params, at, model.pk,
        *scope.params,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        rows: list[Row] = cursor.fetchall()
    return rows
