"""The decorator that makes a verb of its card and its body."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias

from django.db import transaction

from handoff.doors import SHELL
from handoff.workflow.act import Act, begin
from handoff.workflow.cards import CARDS, Card, Request
from leads.models import Transition

P = ParamSpec("P")
Body: TypeAlias = Callable[Concatenate[Act, P], Transition]
Verb: TypeAlias = Callable[Concatenate[int, P], Transition]

VERBS: dict[str, Callable[..., Transition]] = {}


def verb(card: Card) -> Callable[[Body[P]], Verb[P]]:
    """Make a verb of its body: called with a lead's number and facts, it judges, does and records in one transaction.

    The body takes the act, in which the facts are checked. It declares by a TypedDict what callers may give.
    """

    def make(body: Body[P]) -> Verb[P]:
        @wraps(body)
        @transaction.atomic
        def run(lead_id: int, /, *args: P.args, **given: P.kwargs) -> Transition:
            request = _read(card, lead_id, given)
            return card.before(request) or body(begin(card, request), *args, **given)

        CARDS[card.verb], VERBS[card.verb] = card, run
        return run

    return make


def _read(card: Card, lead_id: int, given: dict[str, Any]) -> Request:
    facts = {name: value for name, value in given.items() if name not in ("by", "door", "at", *card.aside)}
    at = given.get("at")
    if card.is_dated_by_its_facts:
        facts["at"], at = at, None
    return Request(lead_id, given["by"], given.get("door", SHELL), at, facts)
