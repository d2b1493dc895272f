"""The scoring model. A file signs nothing: other rules make a draft, which comes into force by two signatures."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from handoff.agreement.scoring import COVERED, RULES, draft, drafts, edit
from handoff.agreement.signing import roles_to_sign
from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill, refuse
from handoff.ascode.writing import Line
from handoff.console.settings.scoring import ScoringForm
from leads.models import ScoringModel, User
from leads.models.scoring import REVIEW_MONTHS
from leads.score_rules import keyed

THE_MODEL = "leads"
"""There is one model; a list of entries has a name for each."""


class ScoringModels(Kind):
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
        return _candidates()[:1]

    def find(self, wanted: Mapping[str, Any]) -> ScoringModel | None:
        """The version in force or the draft that says what the file says, else the newest."""
        # Locked in one order, so that two who apply and one who signs wait for each other.
        list(ScoringModel.objects.order_by("pk").select_for_update(no_key=True))
        candidates = _candidates()
        equal = (each for each in candidates if self._equals(each, wanted))
        return next(equal, candidates[0] if candidates else None)

    def _equals(self, row: ScoringModel, wanted: Mapping[str, Any]) -> bool:
        return all(wanted.get(name, words) == words for name, words in self.read(row).items())

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
        if row is not None and _is_unsigned(row):
            return edit(row.pk, terms, seen="")[0]
        return draft(terms)

    def note(self, row: ScoringModel, is_new: bool) -> str:  # noqa: ARG002
        roles = " and ".join(f"a {role.lower()}" for role in roles_to_sign(row))
        return f"A draft, version {row.version}: it comes into force when {roles} have signed it."


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


def _candidates() -> list[ScoringModel]:
    """The drafts that wait, the newest first, and the version in force."""
    in_force = ScoringModel.active()
    return [*reversed(drafts()), *([in_force] if in_force else [])]


def _is_unsigned(row: ScoringModel) -> bool:
    """What somebody has signed stays as they read it: other rules are another draft."""
    return not (row.active_from or row.marketing_signatory_id or row.sales_signatory_id)
