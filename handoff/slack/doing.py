"""Doing a verb for a click: once, and without waiting for longer than Slack does."""

from collections.abc import Mapping
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from handoff.doors import door
from handoff.refusals import NoSuchLead, Refused
from handoff.workflow import perform, rights
from handoff.workflow.refusing import not_allowed, wrong_state
from leads.models import Lead, User, Via

BUSY = "Someone else is working on this lead right now. Nothing was changed: try once more."


def do(verb: str, lead_id: int, by: User, facts: Mapping[str, Any]) -> None:
    """Do it, or raise Refused. Call it in a transaction."""
    hurry()
    must_see(by, verb, lead_id)
    perform(verb, lead_id, by=by, door=door(Via.SLACK), facts=facts)


def hurry() -> None:
    """For this transaction. Slack shows an error after three seconds: by then we must have the lock, or have said that
    we do not."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1500ms'")


def must_see(by: User, verb: str, lead_id: int) -> Lead:
    lead = Lead.objects.select_related("team", "owner__team").filter(pk=lead_id).first()
    if lead is None:
        raise NoSuchLead(f"There is no lead {lead_id}.")
    if not rights.sees(by, lead):
        raise not_allowed(verb, lead)
    return lead


def judge_in_advance(verb: str, lead_id: int, by: User) -> Lead:
    """Before a dialog is opened: whoever could not submit it is told so at once. Raise Refused."""
    lead, now = must_see(by, verb, lead_id), timezone.now()
    if not rights.applies(verb, lead, now):
        raise wrong_state(verb, lead, now)
    if not rights.may(by, verb, lead):
        raise not_allowed(verb, lead)
    return lead


def is_busy(error: OperationalError) -> bool:
    return isinstance(error.__cause__, LockNotAvailable)


__all__ = ["BUSY", "Refused", "do", "hurry", "is_busy", "judge_in_advance"]
