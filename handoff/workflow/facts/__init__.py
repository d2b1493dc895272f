"""The facts that each verb demands, and the words in which a missing or wrong one is refused.

They are Django forms: the console shows them as its dialogs, and every other door fills in the same fields.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from handoff.refusals import FactsRefused
from handoff.workflow.facts.base import Facts, NoteFacts, day_of
from handoff.workflow.facts.conversation import CommentFacts
from handoff.workflow.facts.marketing import AnswerFacts, DecisionFacts, DisputeFacts, RecycleFacts, ResubmitFacts
from handoff.workflow.facts.ownership import MergeFacts, OwnerFacts
from handoff.workflow.facts.rejection import RejectFacts
from handoff.workflow.facts.sales import ConvertFacts, TouchFacts
from handoff.workflow.facts.timing import AcknowledgeFacts, ExcuseFacts, PauseFacts, RejudgeFacts
from leads.models import Lead, Reason, Team, User, Verb

__all__ = ["FORMS", "Facts", "as_json", "check", "day_of"]

FORMS: dict[str, type[Facts]] = {
    Verb.PROMOTE: OwnerFacts,
    Verb.ACCEPT: NoteFacts,
    Verb.QUALIFY: NoteFacts,
    Verb.CONVERT: ConvertFacts,
    Verb.REJECT: RejectFacts,
    Verb.RECYCLE: RecycleFacts,
    Verb.RESUBMIT: ResubmitFacts,
    Verb.OVERTURN: DecisionFacts,
    Verb.UPHOLD: DecisionFacts,
    Verb.ASSIGN: OwnerFacts,
    Verb.TOUCH: TouchFacts,
    Verb.ANSWER: AnswerFacts,
    Verb.DISPUTE: DisputeFacts,
    Verb.COMMENT: CommentFacts,
    Verb.MERGE: MergeFacts,
    Verb.PAUSE: PauseFacts,
    Verb.RESUME: NoteFacts,
    Verb.ACKNOWLEDGE: AcknowledgeFacts,
    Verb.EXCUSE: ExcuseFacts,
    Verb.REJUDGE: RejudgeFacts,
}


def check(
    verb: str,
    lead: Lead,
    given: Mapping[str, Any],
    *,
    by: User | None = None,
    at: datetime | None = None,
    historical: bool = False,
) -> dict[str, Any]:
    """The facts of an act at a moment, cleaned; or a refusal that says of each what is wrong with it."""
    form = FORMS[verb](_as_keys(given), lead=lead, by=by, at=at, historical=historical)
    unknown = {name: ["This is no fact of the verb."] for name in given if name not in form.fields}
    if unknown or not form.is_valid():
        errors = {name: [str(message) for message in messages] for name, messages in form.errors.items()} | unknown
        raise FactsRefused(" ".join(message for messages in errors.values() for message in messages), errors)
    return form.cleaned_data


def as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as the history keeps them: named things by their key, and nothing that was left empty."""
    kept = {name: _key(value) for name, value in facts.items() if value not in (None, "", False)}
    as_stored: dict[str, Any] = json.loads(json.dumps(kept, cls=DjangoJSONEncoder))
    return as_stored


def _as_keys(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _key(value) for name, value in given.items()}


def _key(value: Any) -> Any:
    match value:
        case User():
            return value.username
        case Reason():
            return value.code
        case Team():
            return value.name
        case Model():
            return value.pk
    return value
