"""Is each running clock judged by the policy that the rules choose for its lead today?"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from leads.models import Lead
from sla.history import Versions
from sla.models import Clock, Policy


def misjudged(
    lead: Lead, clocks: Iterable[Clock], versions: Versions, in_force: Sequence[Policy], now: datetime
) -> Iterator[str]:
    """Say which clocks the facts of their lead have left behind: another policy should judge them, and none did.

    The policies in force come in the order in which they are asked.
    """
    for clock in clocks:
        if not _is_open(clock, now):
            continue  # one that is overdue keeps the policy that judged it
        chosen = next((policy for policy in in_force if policy.metric == clock.metric and policy.judges(lead)), None)
        if chosen and _should_judge(chosen, clock, versions.policy(clock.policy_id), lead):
            runs_by = f"Lead {lead.pk}: clock {clock.pk} ({clock.metric}) runs by {versions.policy(clock.policy_id)}"
            yield f"{runs_by}, but the facts of the lead ask for {chosen}."


def _is_open(clock: Clock, now: datetime) -> bool:
    return clock.stopped_at is None and not clock.error and (clock.due_at is None or clock.due_at > now)


def _should_judge(chosen: Policy, clock: Clock, policy: Policy, lead: Lead) -> bool:
    """A clock keeps its policy when others are published or retired while it runs, and only facts move it.

    So facts have moved if the chosen policy was there from the start, and the other still is or no longer fits.
    """
    was_there = chosen.created_at <= clock.started_at
    return chosen.key != policy.key and was_there and (policy.retired_at is None or not policy.judges(lead))
