"""The scoring model. A file signs nothing: other rules make a draft, which comes into force by two signatures."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from handoff.agreement.scoring import COVERED, RULES, draft, drafts, edit
from handoff.ascode.document import Entry
from handoff.ascode.kind import Shape, Value, fill, refuse
from handoff.ascode.kinds.signed import SignedKind, is_unsigned
from handoff.ascode.writing import Line
from handoff.console.settings.scoring import ScoringForm
from leads.models import ScoringModel, User
from leads.models.scoring import REVIEW_MONTHS
from leads.score_rules import keyed

THE_MODEL = "leads"
"""There is one model; a list of entries has a name for each."""


class ScoringModels(SignedKind):
    section, noun, identity = "scoring", "scoring model", ("model",)
    values = (
        Value("model"),
        Value("text"),
        *(Value(name, Shape.ENTRIES, default=[]) for name in RULES),
        Value("grade_a", Shape.NUMBER, default=30),
        Value("grade_b", Shape.NUMBER, default=20),
        Value("grade_c", Shape.NUMBER, default=10),
        Value("review_months", Shape.NUMBER, default=REVIEW_MONTHS),
    )

    def rows(self) -> Iterable[ScoringModel]:
        """The newest rules: those of a draft, if one waits."""
        return self.candidates({})[:1]

    def versions(self, wanted: Mapping[str, Any]) -> QuerySet[ScoringModel]:  # noqa: ARG002
        return ScoringModel.objects.all()

    def candidates(self, wanted: Mapping[str, Any]) -> list[ScoringModel]:  # noqa: ARG002
        in_force = ScoringModel.active()
        return [*reversed(drafts()), *([in_force] if in_force else [])]

    def read(self, row: ScoringModel) -> dict[str, Any]:
        terms = {name: getattr(row, name) for name in COVERED}
        rules = {name: [_rule(rule) for rule in terms[name]] for name in RULES}
        return {"model": THE_MODEL, **terms, "text": row.text.replace("\r\n", "\n"), **rules}

    def write(self, row: ScoringModel | None, wanted: Entry, by: User) -> ScoringModel:  # noqa: ARG002
        if wanted["model"] != THE_MODEL:
            raise refuse(wanted, "model", f"model: there is one model, called “{THE_MODEL}”.")
        data = {name: wanted[name] for name in COVERED} | _with_keys(wanted)
        words = fill(ScoringForm, ScoringModel(), data, wanted).cleaned_data
        terms = {name: words[name] for name in COVERED}
        if row is not None and is_unsigned(row):
            return edit(row.pk, terms, seen="")[0]
        return draft(terms)


def _with_keys(wanted: Entry) -> dict[str, str]:
    """The rules as the form takes them. One that the file gives no key gets the key of its name."""
    taken: set[str] = set()
    sent = {}
    for name in RULES:
        rules = wanted[name]
        if all(isinstance(rule.get("name"), str) for rule in rules):  # else the form says what is missing
            rules = keyed(rules, taken)
            taken |= {str(rule["key"]) for rule in rules}
        sent[name] = json.dumps(rules)
    return sent


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """In one order of its keys, whatever the order in which they are stored: conditions come last."""
    order = ("key", "name", "kinds", "points", "half_life", "cap")
    kept = {name: rule[name] for name in order if rule.get(name) is not None}
    if "conditions" not in rule:
        return Line(kept)
    return {**kept, "conditions": [Line(each) for each in rule["conditions"]]}
