"""Do history, states, owners, clocks, alarms and deliveries agree? Read only; every disagreement in words."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import NamedTuple, TypeVar

from django.db.models import Exists, F, Model, OuterRef, Q
from django.utils import timezone

from handoff.amending import deals, leftovers, origins
from handoff.amending.choices import misjudged
from handoff.amending.screening import Screen, leads_after
from handoff.models import Decision, Delivery, DeliveryState, Handoff, Rejection
from leads.models import Lead, State, Transition, Verb
from sla import agreement
from sla.comparison import Alarms, alarms_of, differences
from sla.history import Versions
from sla.models import Alarm, Clock, ClockState, Policy, Step

OFFERS = (Verb.PROMOTE, Verb.RESUBMIT, Verb.OVERTURN)
CHUNK = 1000
Row = TypeVar("Row", bound=Model)


class Kind(StrEnum):
    """What disagrees with what."""

    STATE = "state of a lead, and its history"
    CLOCK = "clock, and the history of its lead"
    POLICY = "policy of a clock, and the one that the rules choose"
    ALARM = "alarm, and its clock"
    RECORD = "act, and its record"
    DEAL = "deal, and the history of its lead"
    MERGE = "lead that was merged, and what belongs to the one that stayed"
    CONSENT = "consent of a lead, and the words of the buyer"
    ORIGIN = "facts of a lead, and where they are from"
    DELIVERY = "message, and its alarm"
    REPORT = "figure of a report, and what it counts"


class Finding(NamedTuple):
    """One disagreement."""

    kind: Kind
    words: str


def disagreements() -> Iterator[str]:
    """All there are, in words."""
    return (finding.words for finding in chain(of_leads(), of_records()))


def of_leads(after: int = 0, until: int | None = None) -> Iterator[Finding]:
    """Those of the leads with ids in (after, until], in chunks, so that memory does not grow with their number."""
    versions, in_force = Versions(), list(agreement.in_force().values())
    breach_steps = set(Step.objects.filter(percent=100, after_seconds=0).values_list("pk", flat=True))
    screen = Screen(versions, in_force)
    doubtful: list[int] = []
    while leads := leads_after(after, until, CHUNK):
        after = leads[-1].pk
        doubtful += screen.doubtful(leads, timezone.now())
        if len(doubtful) >= CHUNK:
            yield from _thorough_look(doubtful, versions, in_force, breach_steps, timezone.now())
            doubtful.clear()
    yield from _thorough_look(doubtful, versions, in_force, breach_steps, timezone.now())


def _thorough_look(
    ids: Collection[int], versions: Versions, in_force: Sequence[Policy], breach_steps: Collection[int], now: datetime
) -> Iterator[Finding]:
    if not ids:
        return
    acts = _by_lead(Transition.objects.filter(lead__in=ids))
    stored = list(Clock.objects.filter(lead__in=ids).order_by("pk"))
    clocks, alarms = _by_lead(stored), alarms_of(stored)
    for lead in Lead.objects.filter(pk__in=ids).select_related("owner", "team", "campaign").order_by("pk"):
        yield from _lead_against_history(lead, acts[lead.pk])
        for difference in differences(acts[lead.pk], clocks[lead.pk], versions, now, alarms):
            yield Finding(Kind.CLOCK, f"Lead {lead.pk}: {difference}")
        for clock in clocks[lead.pk]:
            yield from _alarms(clock, alarms, breach_steps)
        for words in misjudged(lead, clocks[lead.pk], versions, in_force, now):
            yield Finding(Kind.POLICY, words)


def of_records() -> Iterator[Finding]:
    """Those of acts and alarms that lack what goes with them, of deals, of merges, and of where facts are from."""
    yield from _records_of_acts()
    yield from (Finding(Kind.DEAL, words) for words in deals.disagreements())
    yield from (Finding(Kind.MERGE, words) for words in leftovers.left_on_merged())
    yield from (Finding(Kind.CONSENT, words) for words in leftovers.wrong_consents())
    yield from (Finding(Kind.ORIGIN, words) for words in origins.disagreements())
    yield from _deliveries()


def _lead_against_history(lead: Lead, acts: Sequence[Transition]) -> Iterator[Finding]:
    written = sorted(acts, key=lambda act: act.pk)
    state, owner, cycle = str(State.RAW), lead.owner_id, 0
    for act in written:
        if act.from_state != state:
            yield Finding(
                Kind.STATE,
                f"Lead {lead.pk}: {act.verb} ({act.pk}) starts from {act.from_state}, but it stood at {state}.",
            )
        state, owner, cycle = act.to_state, act.owner_id, act.cycle
    if (lead.state, lead.owner_id, lead.cycle) != (state, owner, cycle):
        stored = f"{lead.state}, owner {lead.owner_id}, cycle {lead.cycle}"
        yield Finding(
            Kind.STATE, f"Lead {lead.pk} is {stored}; its history says {state}, owner {owner}, cycle {cycle}."
        )
    moved = [act.at for act in written if act.from_state != act.to_state]
    if moved and lead.entered_at != moved[-1]:
        yield Finding(
            Kind.STATE, f"Lead {lead.pk} entered its state at {lead.entered_at}; its history says {moved[-1]}."
        )


def _alarms(clock: Clock, alarms: Alarms, breach_steps: Collection[int]) -> Iterator[Finding]:
    """No step that has fired waits still, and a breach was dated when it was due."""
    waiting, fired = alarms.waiting.get(clock.pk, {}), alarms.fired.get(clock.pk, {})
    if waiting.keys() & fired.keys():
        yield Finding(Kind.ALARM, f"Clock {clock.pk}: a step that has fired waits still.")
    breaches = [due_at for step, due_at in fired.items() if step in breach_steps]
    if clock.state == ClockState.BREACHED and any(due_at != clock.due_at for due_at in breaches):
        yield Finding(Kind.ALARM, f"Clock {clock.pk}: its breach is not dated when it was due.")


def _records_of_acts() -> Iterator[Finding]:
    """Every rejection and every offer in the history has its own record."""
    rejected = Transition.objects.filter(verb=Verb.REJECT)
    for act in rejected.exclude(Exists(Rejection.objects.filter(transition=OuterRef("pk")))).iterator():
        yield Finding(Kind.RECORD, f"Lead {act.lead_id}: the rejection of act {act.pk} has no record.")
    offered = Transition.objects.filter(verb__in=OFFERS)
    for act in offered.exclude(Exists(Handoff.objects.filter(transition=OuterRef("pk")))).iterator():
        yield Finding(Kind.RECORD, f"Lead {act.lead_id}: the handoff of act {act.pk} has no record.")
    accepted = Handoff.objects.filter(lead=OuterRef("lead"), cycle=OuterRef("cycle"), decision=Decision.ACCEPTED)
    for act in Transition.objects.filter(verb=Verb.ACCEPT).exclude(Exists(accepted)).iterator():
        yield Finding(Kind.RECORD, f"Lead {act.lead_id}: the acceptance of act {act.pk} does not stand on its handoff.")


def _deliveries() -> Iterator[Finding]:
    """Whatever people should be notified of has a message, and no message is about what did not happen."""
    notified = Delivery.objects.filter(alarm=OuterRef("pk"))
    breaches = Alarm.objects.filter(superseded=False, step__percent=100, step__destinations__active=True).distinct()
    for alarm in breaches.exclude(Exists(notified)).iterator():
        yield Finding(Kind.DELIVERY, f"Alarm {alarm.pk} of clock {alarm.clock_id} has no message: nobody was notified.")
    for delivery in Delivery.objects.filter(alarm__superseded=True).iterator():
        yield Finding(Kind.DELIVERY, f"Delivery {delivery.pk} is about an alarm that was superseded.")
    called_off = Q(alarm__clock__excused_by__isnull=False) | Q(alarm__clock__state=ClockState.CANCELLED)
    # A warning whose own step has taken the lead away is sent all the same.
    its_own = Q(alarm__done_by__isnull=False, alarm__done_by=F("alarm__clock__stopped_by"))
    for delivery in Delivery.objects.filter(called_off, state=DeliveryState.PENDING).exclude(its_own).iterator():
        yield Finding(Kind.DELIVERY, f"Delivery {delivery.pk} waits, though its clock was called off.")
    sent = Delivery.objects.filter(state=DeliveryState.SENT)
    for delivery in sent.filter(Q(attempts=0) | Q(sent_at__lt=F("created_at"))).iterator():
        yield Finding(Kind.DELIVERY, f"Delivery {delivery.pk} is marked as sent, but was never attempted.")


def _by_lead(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.lead_id].append(row)  # type: ignore[attr-defined]
    return grouped
