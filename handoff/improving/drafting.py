"""A proposal made into a draft of the definition, which both sides read, replay and sign like any other."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from handoff.agreement.definitions import draft, drafts
from handoff.agreement.signing import SIGNATORIES
from handoff.refusals import FactsRefused, NotAllowed
from leads.conditions import Condition, in_words, validate_conditions
from leads.models import Definition, Role, Stage, User

DRAFTERS = (*SIGNATORIES, Role.REVOPS)
"""Who may draft a change that was found: those who sign it, and RevOps."""


@transaction.atomic
def draft_change(conditions: Sequence[Any], *, by: User, seen: str) -> Definition:
    """Write the next version with these conditions besides those in force, of which `seen` is the digest.

    Asked twice, it is the same draft.
    """
    if not by.has_role(*DRAFTERS):
        raise NotAllowed("You may not draft a change: a marketing lead, a sales manager or RevOps may.")
    in_force = Definition.active(Stage.MQL)
    if in_force is None or in_force.digest != seen:
        raise FactsRefused("Another definition is in force by now: look at the proposals again.")
    _check(conditions)
    # Locked as `draft` locks them, so that of two who press the button at once the second finds the first one's draft.
    list(Definition.objects.filter(stage=Stage.MQL).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    criteria, text = changed(in_force.criteria, conditions), _text(in_force.text, conditions)
    there = [each for each in drafts().filter(stage=Stage.MQL) if (each.criteria, each.text) == (criteria, text)]
    return there[0] if there else draft(Stage.MQL, text, criteria)


def changed(criteria: Sequence[Condition], conditions: Sequence[Condition]) -> list[Condition]:
    """The criteria with these besides: a threshold takes the place of the one that there was."""
    replaced = {_place(each) for each in conditions}
    return [*(each for each in criteria if _place(each) not in replaced), *conditions]


def _place(condition: Condition) -> tuple[Any, ...]:
    """What a condition is about. Of texts that are left out there may be several."""
    rest = {name: value for name, value in condition.items() if name != "value" or condition["op"] == "is_not"}
    return tuple(sorted((name, str(value)) for name, value in rest.items()))


def _check(conditions: Sequence[Any]) -> None:
    try:
        validate_conditions(list(conditions))
    except ValidationError as error:
        raise FactsRefused(" ".join(error.messages)) from error
    if not conditions:
        raise FactsRefused("Choose at least one condition to draft: the request names none.")


def _text(text: str, conditions: Sequence[Condition]) -> str:
    return f"{text}\n\nAlso asked for: {'; '.join(map(in_words, conditions))}."
