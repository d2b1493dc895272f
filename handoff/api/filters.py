"""By what leads are found."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from rest_framework import serializers
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from handoff.api.authentication import asker
from handoff.workflow import rights
from leads.cards import ATTRIBUTES
from leads.facts import seen_attributes
from leads.finding import with_attributes
from leads.models import Campaign, Lead, LeadQuerySet, State, Team, User
from leads.moments import storable
from leads.normalise import normalise_source
from leads.search import MOST_MATCHES, READ, search
from sla.metrics import Metric
from sla.models import Clock
from sla.standing import Standing, stands, with_warning

MOST_NEXT = 2_000
"""How many running clocks, those that are due next, are looked at for what is at risk: each has its own warning."""
FEW = 1_000
CLOCK_CONDITIONS = [choice for choice in Standing.choices if choice[0] != Standing.CANCELLED]


def numbers_of(model: type[Team | Campaign], value: str) -> list[int]:
    """Those of this name, or the one of this number."""
    wanted = Q(name=value)
    if value.isascii() and value.isdigit() and len(value) < 19:
        wanted |= Q(pk=int(value))
    return list(model.objects.filter(wanted).order_by().values_list("pk", flat=True))


def few(leads: LeadQuerySet, keys: QuerySet[Any], path: str = "pk") -> LeadQuerySet:
    """The same leads, by their keys where these are few: to find them a page would read a million others."""
    ids = list(keys.values_list(path, flat=True)[: FEW + 1])
    return leads.filter(pk__in=ids) if len(ids) <= FEW else leads


class MomentField(IsoDateTimeField):  # type: ignore[misc]
    """A moment that the database can be asked about, whatever its offset."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        return storable(moment) if moment else None


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = MomentField


class LeadSearch(BaseFilterBackend):
    """`search`: as the console searches."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:  # noqa: ARG002
        text = request.query_params.get("search", "").replace("\0", "")
        if not text.strip():
            return queryset
        return queryset.filter(pk__in=search(Lead.objects.visible_to(asker(request)), text).ids)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:  # noqa: ARG002 the framework's
        return [
            {
                "name": "search",
                "required": False,
                "in": "query",
                "description": f"A number, email, phone or external id as a whole; how a name, its last word or a "
                f"company begins; of the newest {READ:,} leads any part of these. "
                f"At most {MOST_MATCHES:,} are returned.",
                "schema": {"type": "string"},
            }
        ]


class LeadFilter(filters.FilterSet):  # type: ignore[misc]
    """All that are given must hold; `attributes.KEY=value` as well, which may be given several times for either."""

    # Without DISTINCT, for which all rows of these states would be sorted by all of their columns.
    state = filters.MultipleChoiceFilter(choices=State.choices, distinct=False, help_text="May be given several times.")
    owner = filters.CharFilter(method="of_owner", help_text="A username.")
    unowned = filters.BooleanFilter(field_name="owner", lookup_expr="isnull", help_text="Waiting without an owner.")
    source = filters.CharFilter(method="of_source")
    campaign = filters.CharFilter(method="of_campaign", help_text="Its name or its number.")
    team = filters.CharFilter(method="of_team", help_text="Its name or its number.")
    clock = filters.ChoiceFilter(
        choices=CLOCK_CONDITIONS,
        method="of_clock",
        help_text="Has a clock in this state, of that metric if given. What is at risk or overdue is running "
        "too, and what is overdue is breached. At risk is looked for among the 2,000 that are due next.",
    )
    metric = filters.ChoiceFilter(choices=Metric.choices, method="of_clock", help_text="Has a clock of this metric.")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte", help_text="At or after.")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt", help_text="Before.")
    do_not_contact = filters.BooleanFilter(help_text="No one may call or write to the buyer.")

    class Meta:
        model = Lead
        fields: list[str] = []

    def filter_queryset(self, queryset: LeadQuerySet) -> LeadQuerySet:
        leads: LeadQuerySet = super().filter_queryset(queryset)
        asked = {name: self.data.getlist(name) for name in self.data if name.startswith(f"{ATTRIBUTES}.")}
        if not asked:
            return leads
        try:
            return leads.filter(with_attributes(asked, seen_attributes(self.request.user.roles)))
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error

    def of_source(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:  # noqa: ARG002 django-filter's
        return leads.filter(source__iexact=normalise_source(value))

    # Names become numbers first: behind a join the planner would not know how many leads a number has.

    def of_owner(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:  # noqa: ARG002 django-filter's
        return leads.filter(owner__in=list(User.objects.filter(username=value).values_list("pk", flat=True)))

    def of_campaign(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:  # noqa: ARG002 django-filter's
        return leads.filter(campaign__in=numbers_of(Campaign, value))

    def of_team(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:  # noqa: ARG002 django-filter's
        """Of another team a salesperson sees only what their people own there: mostly nothing, so it is read first."""
        teams, user = numbers_of(Team, value), asker(self.request)
        rows = leads.filter(team__in=teams)
        if rights.sees_all(user) or user.team_ids & set(teams):
            return rows
        people = list(User.objects.filter(Q(team__in=user.team_ids) | Q(pk=user.pk)).values_list("pk", flat=True))
        return few(rows, Lead.objects.filter(team__in=teams, owner__in=people).order_by("owner", "created_at"))

    def of_clock(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:  # noqa: ARG002 django-filter's
        """The condition and the metric hold for one and the same clock, so both are applied at once."""
        facts: dict[str, Any] = self.form.cleaned_data
        if name == "metric" and facts["clock"]:
            return leads
        of_metric = {"metric": facts["metric"]} if facts["metric"] else {}
        clocks, now = Clock.objects.filter(**of_metric), timezone.now()
        if not facts["clock"]:
            return leads.filter(Exists(clocks.filter(lead=OuterRef("pk"))))
        asked = stands(facts["clock"], now)
        if facts["clock"] == Standing.AT_RISK:
            next_due = clocks.filter(stopped_at=None, due_at__gte=now).order_by("due_at", "pk")[:MOST_NEXT]
            near = with_warning(Clock.objects.filter(pk__in=list(next_due.values_list("pk", flat=True))))
            return leads.filter(pk__in=set(near.filter(asked).values_list("lead", flat=True)))
        rows = leads.filter(Exists(clocks.filter(asked, lead=OuterRef("pk"))))
        if facts["clock"] not in (Standing.RUNNING, Standing.OVERDUE):
            return rows
        return few(rows, clocks.filter(asked).order_by("due_at", "pk"), "lead")
