"""Plain facts of a lead that change: which policies judge its clocks may depend on them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from handoff.workflow.act import SHELL, Door
from handoff.workflow.new_intent import announce_intent
from handoff.workflow.timing import judge_again
from leads import correct as correcting
from leads import identity
from leads.models import Lead


@transaction.atomic
def correct(lead_id: int, fields: Mapping[str, Any], *, door: Door = SHELL) -> Lead:
    """Correct what is given, as `leads.correct` does, and choose again which policies judge the running clocks."""
    lead = correcting.correct(lead_id, fields)
    judge_again(lead_id, because=f"Corrected: {', '.join(sorted(fields))}.", door=door)
    return lead


@transaction.atomic
def upsert(fields: Mapping[str, Any], *, door: Door = SHELL, **who: Any) -> identity.Upsert:
    """Make a lead or bring it up to date, as `leads.identity` does, and choose again as above."""
    done = identity.upsert(fields, **who)
    _judge_again(done, door)
    announce_intent(done, door)
    return done


@transaction.atomic
def upsert_many(
    rows: Iterable[identity.Incoming], *, door: Door = SHELL
) -> list[identity.Upsert | ValidationError | identity.IdentityConflict]:
    """The same for many, in order; each row is made, brought up to date, or refused by itself."""
    found = identity.upsert_many(rows)
    for done in found:
        if isinstance(done, identity.Upsert):
            _judge_again(done, door)
            announce_intent(done, door)
    return found


def _judge_again(done: identity.Upsert, door: Door) -> None:
    if done.outcome == "updated":
        judge_again(done.lead.pk, because="Its facts were brought up to date.", door=door)
