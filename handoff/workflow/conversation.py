"""What people say to each other about a lead."""

from datetime import datetime
from typing import Any

from django.db import transaction

from handoff.doors import SHELL, Door
from handoff.workflow.act import begin
from leads.models import Transition, User, Verb


@transaction.atomic
def comment(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Write a comment on a lead; it is part of the history."""
    return begin(Verb.COMMENT, lead_id, by=by, door=door, at=at, given=given).record()
