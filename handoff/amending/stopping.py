"""Declare a policy version a mistake: nothing more of its ladder is sent or done, whatever waits for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection, transaction

from handoff.alerts import withdraw
from handoff.refusals import NotAllowed, WrongState
from leads.models import Lead, Role, User
from leads.sql import load
from sla import versions
from sla.models import Alarm, PendingAlarm, Policy

CHUNK = 500  # leads, which are locked for as long as one chunk takes
NOTE = "The policy version was declared a mistake before it could be done."
SIGNED_FIRST = (
    "Both sides sign each change of an SLA value: draft that this policy is retired, or its next version, and declare "
    "this one a mistake once that is signed. Until then, switch off the destinations that it notifies."
)
_LEADS = load("handoff.amending", "leads_of_a_ladder.sql")


@dataclass(frozen=True)
class Progress:
    """How many leads have been gone through, of how many; and what was called off so far."""

    leads: int
    of: int
    alarms: int
    messages: int


def declare(policy: Policy, *, by: User | None, reason: str) -> Policy:
    """Declare a version a mistake. It is out of force, and the sweep sends nothing of it, from the commit on.

    `stop` then clears away what waits. Breaches that happened stay; they can be excused.
    """
    if by and not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not declare a policy version a mistake: RevOps may.")
    with transaction.atomic():
        try:
            declared = versions.declare_mistake(policy, reason)
        except versions.NeedsSignatures as refusal:
            raise WrongState(SIGNED_FIRST) from refusal
        if by:
            words = f"Declared a mistake: {reason}"
            LogEntry.objects.log_actions(by.pk, [declared], CHANGE, words, single_object=True)
    return declared


def leads_left(policy: Policy) -> list[int]:
    """The leads on which something of its ladder still waits."""
    with connection.cursor() as cursor:
        cursor.execute(_LEADS, {"policy": policy.pk})
        return [row[0] for row in cursor.fetchall()]


def stop(policy: Policy) -> Iterator[Progress]:
    """Clear away what waits of a mistake, chunk by chunk, each in its own transaction. Killed, it is run again."""
    leads, alarms, messages = leads_left(policy), 0, 0
    for start in range(0, len(leads), CHUNK):
        chunk = leads[start : start + CHUNK]
        removed, withdrawn = _stop_chunk(policy, chunk)
        alarms, messages = alarms + removed, messages + withdrawn
        yield Progress(start + len(chunk), len(leads), alarms, messages)


def stop_all(most: int = 20 * CHUNK) -> None:
    """Go on with every mistake of which something is left. Beat calls it, for whoever was killed half-way."""
    for policy in Policy.objects.exclude(mistake_at=None):
        for progress in stop(policy):
            if progress.leads >= most:
                return


@transaction.atomic
def _stop_chunk(policy: Policy, lead_ids: Sequence[int]) -> tuple[int, int]:
    """In the order of all locks: leads, waiting alarms, deliveries."""
    list(Lead.objects.filter(pk__in=lead_ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    waiting = PendingAlarm.objects.filter(step__policy=policy, clock__lead__in=lead_ids).order_by("pk")
    ids = list(waiting.select_for_update(of=("self",)).values_list("pk", flat=True))
    PendingAlarm.objects.filter(pk__in=ids).delete()
    fired = Alarm.objects.filter(step__policy=policy, clock__lead__in=lead_ids)
    fired.filter(to_do=True).update(to_do=False, note=NOTE)
    return len(ids), withdraw(fired)
