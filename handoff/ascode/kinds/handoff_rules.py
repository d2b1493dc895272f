"""The handoff rules. A file signs nothing: other numbers make a draft, which comes into force by two signatures."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from handoff.agreement.handoff_rules import TERMS, draft, drafts, edit
from handoff.ascode.document import Entry
from handoff.ascode.kind import Shape, Value, fill, refuse
from handoff.ascode.kinds.signed import SignedKind, is_unsigned
from handoff.console.settings.handoff_rules import HandoffRulesForm
from leads.models import HandoffRules, User

KEY = "handoff"
"""There is one set of rules: the section has one entry, of this key."""


def _value(name: str) -> Value:
    default = getattr(HandoffRules(), name)
    return Value(name, Shape.SWITCH if isinstance(default, bool) else Shape.NUMBER, default=default)


class Rules(SignedKind):
    section, noun, identity = "rules", "set of rules", ("key",)
    values = (Value("key"), *map(_value, TERMS))

    def rows(self) -> Iterable[HandoffRules]:
        """The newest numbers: those of a draft, if one waits."""
        return self.candidates({})[:1]

    def versions(self, wanted: Mapping[str, Any]) -> QuerySet[HandoffRules]:  # noqa: ARG002
        return HandoffRules.objects.all()

    def candidates(self, wanted: Mapping[str, Any]) -> list[HandoffRules]:  # noqa: ARG002
        return [*reversed(drafts()), HandoffRules.active()]

    def read(self, row: HandoffRules) -> dict[str, Any]:
        return {"key": KEY, **row.covered}

    def write(self, row: HandoffRules | None, wanted: Entry, by: User) -> HandoffRules:  # noqa: ARG002
        if wanted["key"] != KEY:
            raise refuse(wanted, "key", f"key: there is one set of rules, “{KEY}”.")
        words = fill(HandoffRulesForm, HandoffRules(), {name: wanted[name] for name in TERMS}, wanted).cleaned_data
        terms = {name: words[name] for name in TERMS}
        if row is not None and is_unsigned(row):
            return edit(row.pk, terms, seen="")[0]
        return draft(terms)
