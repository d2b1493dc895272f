"""Leads in the order of what is due first: in two parts, each of which an index puts in order."""

from typing import Any

from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value, When

from leads.models import Lead
from sla.models import Clock

DUE = Clock.objects.filter(stopped_at=None, due_at__isnull=False)


def due(leads: QuerySet[Lead]) -> QuerySet[Any]:
    """Those with a running clock that has a due time, once each, with the first such time as `first_due`."""
    first = DUE.filter(lead=OuterRef("pk")).order_by("due_at", "pk").values("pk")[:1]
    running = FilteredRelation("clocks", condition=Q(clocks__stopped_at=None))
    # Asked of the annotations, as each filter of the relation itself would be a join of its own.
    rows = leads.annotate(running=running, first_due=F("running__due_at"), first_clock=F("running__pk"))
    return rows.filter(_opaque(Q(first_clock=Subquery(first))), first_due__isnull=False)


def not_due(leads: QuerySet[Lead]) -> QuerySet[Any]:
    """The others: no clock of theirs runs, or it is paused without an end."""
    return leads.filter(_opaque(~Q(Exists(DUE.filter(lead=OuterRef("pk"))))))


def _opaque(condition: Q) -> Case:
    """PostgreSQL would take the condition for one that hardly any row meets, and read all rows before it sorts them."""
    return Case(When(condition, then=Value(True)), default=Value(False))
