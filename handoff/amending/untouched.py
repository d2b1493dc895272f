"""Was anything built on what an import did to a lead? Then undoing it would take away what somebody has done since."""

from collections.abc import Iterator

from django.db.models import Q

from handoff.amending.reverting import TABLES, Changes, differing, rows_of, stored
from handoff.models import Delivery, DeliveryState, Import, Notice
from leads.models import Lead, Transition, Verb
from sla.models import Alarm

OWN_TABLES = tuple(table for table in TABLES if table not in ("leads_lead", "leads_campaign", "leads_transition"))
UNSENT = (DeliveryState.PENDING, DeliveryState.WITHDRAWN)


def built_upon(record: Import, lead: Lead, changes: Changes) -> str:
    """Why what was done to the lead stays; empty if it can be undone."""
    return next(_reasons(record, lead, changes), "")


def _reasons(record: Import, lead: Lead, changes: Changes) -> Iterator[str]:
    """Cheap ones first."""
    if lead.merged_into_id:
        yield f"It was merged into lead {lead.merged_into_id} since."
    if gone := Lead.objects.filter(merged_into=lead, updated_at__gte=record.started_at).first():
        yield f"Lead {gone.pk} was merged into it since."
    if changes.acts or changes.is_new_lead:
        yield from _later_acts(lead, changes)
    if changes.acts:
        yield from _alarms(changes)
    yield from _messages(lead, changes)
    yield from _rows_that_changed(changes)
    if changes.is_new_lead:
        yield from _rows_that_were_added(lead, changes)


def _later_acts(lead: Lead, changes: Changes) -> Iterator[str]:
    acts = Transition.written.filter(lead=lead).exclude(pk__in=changes.acts).select_related("by").order_by("pk")
    later = acts.filter(pk__gt=min(changes.acts)) if changes.acts else acts
    if act := later.first():
        done = Verb(act.verb).past
        yield f"{act.by or 'The system'} {done} it on {act.recorded_at:%-d %B %Y}, after the import."


def _alarms(changes: Changes) -> Iterator[str]:
    fired = Alarm.objects.filter(clock__started_by__in=changes.acts, superseded=False)
    if fired.exists():
        yield "An alarm of a clock that the import started has been sent."


def _messages(lead: Lead, changes: Changes) -> Iterator[str]:
    keys = [f"enquiry {pk}" for pk in changes.new("leads_touchpoint")]
    about = Q(transition__in=changes.acts) | Q(notice__in=Notice.objects.filter(lead=lead, key__in=keys))
    sent = Delivery.objects.filter(about).exclude(state__in=UNSENT).select_related("recipient").first()
    if sent is not None:
        yield f"{sent.place} was notified of it."


def _rows_that_changed(changes: Changes) -> Iterator[str]:
    for (table, row_id), expected in changes.expected().items():
        if table == "leads_transition":
            continue  # it cannot change
        is_now = stored(table, row_id)
        if is_now is None:
            yield f"Its {TABLES[table]} was removed since."
        elif changed := sorted(differing(is_now, expected)):
            whose = "Its" if table == "leads_lead" else f"The {TABLES[table]}'s"
            yield f"{whose} {', '.join(name.removesuffix('_id') for name in changed)} changed since."


def _rows_that_were_added(lead: Lead, changes: Changes) -> Iterator[str]:
    for table in OWN_TABLES:
        if rows_of(lead.pk, table) - set(changes.new(table)):
            yield f"It has got another {TABLES[table]} since."
    if Notice.objects.filter(lead=lead).exclude(key__startswith="enquiry ").exists():
        yield "A message about it was written since."
