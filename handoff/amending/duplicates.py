"""Keep the possible duplicates up to date: what is marked is compared in the background, a part at a time."""

import time
from collections.abc import Callable, Collection

from django.db import connection, transaction

from handoff.alerts import worker
from handoff.alerts.leases import leased
from handoff.models import Lease
from leads.matching.finding import look_at
from leads.models import Lead, LeadToMatch, PairState, PossibleDuplicate, Transition, Verb

CHUNK = 200  # leads compared in one transaction
RUN_SECONDS = 20  # a run of a worker begins nothing after it; the next one goes on
SHARED_SECONDS = 0.3  # where one process does everything
LEASE = "possible duplicates"
LEASE_SECONDS = 60

GoOn = Callable[[], bool]


def find_in_turn() -> None:
    """Compare what is marked, the newest first, unless another process is at it. Beat calls it."""
    if not LeadToMatch.objects.exists():
        return
    ends_at = time.monotonic() + (SHARED_SECONDS if worker.has_one_process() else RUN_SECONDS)
    find_marked(lambda: time.monotonic() < ends_at and not worker.is_shutting_down())


def find_marked(go_on: GoOn = lambda: True, report: Callable[[int], None] = lambda _: None) -> bool:
    """Compare what is marked until nothing is left. False when another process is at it, or when it lost its turn.

    Killed at any point, it has compared whole parts; what is left is still marked.
    """
    with leased(LEASE, LEASE_SECONDS) as renew:
        if renew is None:
            return False
        while renew():
            if not go_on():
                return False
            done = _compare_part()
            if not done:
                return True
            report(done)
        return False


def mark_all() -> int:
    """Mark all leads to be compared, and return how many. Leads that wait already are not marked again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO leads_leadtomatch (lead_id) SELECT id FROM leads_lead WHERE merged_into_id IS NULL"
            " AND NOT EXISTS (SELECT FROM leads_leadtomatch marked WHERE marked.lead_id = leads_lead.id) ORDER BY id"
        )
        return int(cursor.rowcount)


@transaction.atomic
def _compare_part() -> int:
    """Compare some of the leads that are marked, and return how many marks are gone with that."""
    # Its row is locked until the end: whoever takes the lease over, because it ran out, waits for what is written here.
    list(Lease.objects.select_for_update(no_key=True).filter(name=LEASE))
    marks = dict(LeadToMatch.objects.order_by("-pk").values_list("pk", "lead_id")[:CHUNK])
    if marks:
        leads = set(marks.values())
        _close_merged(leads)
        look_at(leads)
        LeadToMatch.objects.filter(pk__in=marks).delete()
    return len(marks)


def _close_merged(leads: Collection[int]) -> None:
    """A suggestion that somebody followed is not open any more."""
    merged = dict(Lead.objects.filter(pk__in=leads, merged_into__isnull=False).values_list("pk", "merged_into_id"))
    for act in Transition.objects.filter(lead__in=merged, verb=Verb.MERGE).order_by("pk"):
        first, second = sorted((act.lead_id, int(act.facts["into"])))
        if act.facts["into"] == merged[act.lead_id]:
            pairs = PossibleDuplicate.objects.filter(first=first, second=second, state=PairState.OPEN)
            pairs.update(state=PairState.MERGED, decided_by=act.by, decided_at=act.recorded_at)
