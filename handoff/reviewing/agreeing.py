"""What a review agrees on: actions, each with its owner and its day. Both leads enter them."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from handoff.models import ReviewAction, ReviewPack
from handoff.refusals import NotAllowed, Refused
from handoff.reviewing import packing
from leads.models import Role, User

LEADING = (Role.MARKETING_LEAD, Role.SALES_MANAGER, Role.REVOPS)
"""Who leads a side, and whoever prepares the review."""


class ReviewEnded(Refused):
    """The review has ended, or has not begun."""

    status = 409
    code = "review_ended"


@transaction.atomic
def agree(key: str, text: str, owner: User, due_on: date, *, by: User) -> ReviewAction:
    """Enter an action of the review of a period, until it has ended."""
    _check(by)
    pack = ReviewPack.objects.select_for_update().filter(close__key=key).first()
    if pack is not None and pack.ended_at is not None:
        raise ReviewEnded("This review has ended: enter the action in the next one.")
    return ReviewAction.objects.create(period=key, text=text, owner=owner, due_on=due_on, agreed_by=by)


def finish(action_id: int, *, by: User) -> bool:
    """Say that an action is done: its owner does, or whoever leads. It was done when somebody first said so."""
    action = ReviewAction.objects.filter(pk=action_id).first()
    if action is None:
        raise Refused("This action was not found. Reload the page and choose it again.")
    if action.owner_id != by.pk:
        _check(by)
    open_action = ReviewAction.objects.filter(pk=action_id, done_at=None)
    return bool(open_action.update(done_at=timezone.now(), done_by=by))


@transaction.atomic
def end(key: str, *, by: User) -> None:
    """End the review of a closed period: what was agreed belongs to its pack from then on."""
    _check(by)
    pack = packing.pack_of(key)
    if pack is None:
        raise ReviewEnded("The period is open: its review ends once it is closed.")
    packing.end(pack, by=by, at=timezone.now())


def _check(by: User) -> None:
    if not by.has_role(*LEADING):
        raise NotAllowed("You may not do this: a marketing lead, a sales manager or RevOps may.")
