"""The handoff rules. A file signs nothing: other numbers make a draft, which comes into force by two signatures."""

from collections.abc import Iterable, Mapping
from typing import Any

from handoff.agreement.handoff_rules import TERMS, draft, drafts, edit
from handoff.agreement.signing import roles_to_sign
from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill, refuse
from handoff.console.settings.handoff_rules import HandoffRulesForm
from leads.models import HandoffRules, User

KEY = "handoff"
"""There is one set of rules: the section has one entry, of this key."""


def _value(name: str) -> Value:
    default = getattr(HandoffRules(), name)
    return Value(name, Shape.SWITCH if isinstance(default, bool) else Shape.NUMBER, default=default)


class Rules(Kind):
    section, noun, identity = "rules", "set of rules", ("key",)
    values = (Value("key"), *map(_value, TERMS))

    def rows(self) -> Iterable[HandoffRules]:
        """The newest numbers: those of a draft, if one waits."""
        return _candidates()[:1]

    def find(self, wanted: Mapping[str, Any]) -> HandoffRules | None:
        """The version in force or the draft that says what the file says, else the newest."""
        # Locked in one order, so that two who apply and one who signs wait for each other.
        list(HandoffRules.objects.order_by("pk").select_for_update(no_key=True).values_list("pk"))
        candidates = _candidates()
        says_so = (each for each in candidates if all(wanted.get(*item) == item[1] for item in self.read(each).items()))
        return next(says_so, candidates[0])

    def read(self, row: HandoffRules) -> dict[str, Any]:
        return {"key": KEY, **row.covered}

    def write(self, row: HandoffRules | None, wanted: Entry, by: User) -> HandoffRules:  # noqa: ARG002
        if wanted["key"] != KEY:
            raise refuse(wanted, "key", f"key: there is one set of rules, “{KEY}”.")
        words = fill(HandoffRulesForm, HandoffRules(), {name: wanted[name] for name in TERMS}, wanted).cleaned_data
        terms = {name: words[name] for name in TERMS}
        if row is not None and _is_unsigned(row):
            return edit(row.pk, terms, seen="")[0]
        return draft(terms)

    def note(self, row: HandoffRules, is_new: bool) -> str:  # noqa: ARG002
        roles = " and ".join(f"a {role.lower()}" for role in roles_to_sign(row))
        return f"A draft, version {row.version}: it comes into force when {roles} have signed it."


def _candidates() -> list[HandoffRules]:
    """The drafts that wait, the newest first, and the version in force."""
    return [*reversed(drafts()), HandoffRules.active()]


def _is_unsigned(row: HandoffRules) -> bool:
    """What somebody has signed stays as they read it: other numbers are another draft."""
    return bool(row.pk) and not (row.active_from or row.marketing_signatory_id or row.sales_signatory_id)
