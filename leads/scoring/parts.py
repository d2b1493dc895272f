"""The score of a lead as its signed parts: which rule, how many points, what for and when. They sum to the score."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from leads.conditions import Condition, in_words, is_hidden
from leads.conditions.fragments import Sql
from leads.models import Lead, ScoringModel
from leads.score_rules import Exclusion, FitRule
from leads.scoring import compiled
from leads.sql import load

_PARTS = load("leads.scoring", "parts.sql")
HIDDEN = "a fact that you may not see"


class PartKind(StrEnum):
    FIT = "fit"
    BEHAVIOUR = "behaviour"
    EXCLUSION = "exclusion"


@dataclass(frozen=True)
class Part:
    """What one rule adds for one thing that is known of the buyer."""

    rule: str
    """Its key in the model."""
    name: str
    kind: PartKind
    points: int
    evidence: str
    at: datetime | None = None
    """When the buyer did it, or when the fact was stated; empty where that is not on record."""
    touchpoint: int | None = None
    over_cap: int = 0
    """Points that it would add, were it not for the cap of its rule."""


def parts_of(leads: Iterable[Lead], roles: Collection[str] | None = None) -> dict[int, list[Part]]:
    """The parts by lead, as of when each was scored; none where the score is from outside. A few queries for all.

    Evidence on facts that somebody with these roles may not see is withheld; its points are not.
    """
    by_model: defaultdict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        if lead.scored_by_id:
            by_model[lead.scored_by_id].append(lead)
    models = ScoringModel.objects.in_bulk(by_model)
    parts: dict[int, list[Part]] = {}
    for pk, scored in by_model.items():
        parts |= _parts(models[pk], {lead.pk: lead for lead in scored}, roles)
    return parts


def _parts(model: ScoringModel, leads: Mapping[int, Lead], roles: Collection[str] | None) -> dict[int, list[Part]]:
    met, behaviour = _met(model, leads), _behaviour(model, leads)
    return {
        pk: [*(_of_facts(rule, lead, roles) for rule in met.get(pk, ())), *behaviour.get(pk, ())]
        for pk, lead in leads.items()
    }


def _behaviour(model: ScoringModel, leads: Mapping[int, Lead]) -> defaultdict[int, list[Part]]:
    points = compiled.points(model.behaviours, compiled.these(sorted(leads)), None)
    names = model.names
    parts: defaultdict[int, list[Part]] = defaultdict(list)
    for lead, pk, key, kind, at, counted, uncapped in _read(
        Sql(_PARTS.replace("{points}", points.text), points.params)
    ):
        evidence = kind.replace("_", " ").capitalize()
        over = uncapped - counted
        parts[lead].append(Part(key, names[key], PartKind.BEHAVIOUR, counted, evidence, at, pk, over))
    return parts


def _met(model: ScoringModel, leads: Mapping[int, Lead]) -> dict[int, list[FitRule | Exclusion]]:
    """Which rules on facts each lead meets."""
    rules: list[FitRule | Exclusion] = [*model.fits, *model.excluding]
    if not rules:
        return {}
    pieces = [compiled.met(rule.conditions, None) for rule in rules]
    columns = ", ".join(piece.text for piece in pieces)
    scope = compiled.these(sorted(leads))
    params = (*(param for piece in pieces for param in piece.params), *scope.params)
    text = f"SELECT lead.id, {columns} FROM {compiled.LEADS} WHERE {scope.on('lead.id')}"  # noqa: S608 our own pieces
    rows = _read(Sql(text, params))
    return {row[0]: [rule for rule, is_met in zip(rules, row[1:], strict=True) if is_met] for row in rows}


def _of_facts(rule: FitRule | Exclusion, lead: Lead, roles: Collection[str] | None) -> Part:
    evidence = "; ".join(HIDDEN if is_hidden(each, roles) else _sentence(each) for each in rule.conditions)
    is_fit = isinstance(rule, FitRule)
    kind = PartKind.FIT if is_fit else PartKind.EXCLUSION
    points = rule.points if isinstance(rule, FitRule) else 0
    return Part(rule.key, rule.name, kind, points, evidence, _stated_at(rule.conditions, lead))


def _sentence(condition: Condition) -> str:
    words = in_words(condition)
    return words[:1].upper() + words[1:]


def _stated_at(conditions: Iterable[Condition], lead: Lead) -> datetime | None:
    entries = (lead.provenance.get(condition.get("field", "")) for condition in conditions)
    moments = [datetime.fromisoformat(entry["at"]) for entry in entries if entry and entry.get("at")]
    return max(moments, default=None)


def _read(sql: Sql) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        yield from cursor.fetchall()
