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
from leads.cards import ATTRIBUTES
from leads.facts import seen_attributes
from leads.finding import with_attributes
from leads.models import Lead, LeadQuerySet, State
from leads.moments import storable
from leads.normalise import normalise_source
from leads.search import MOST_MATCHES, READ, search
from sla.metrics import Metric
from sla.models import Clock
from sla.standing import Standing, stands, with_warning

CLOCK_CONDITIONS = [choice for choice in Standing.choices if choice[0] != Standing.CANCELLED]


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

    state = filters.MultipleChoiceFilter(choices=State.choices, help_text="May be given several times.")
    owner = filters.CharFilter(field_name="owner__username", help_text="A username.")
    unowned = filters.BooleanFilter(field_name="owner", lookup_expr="isnull", help_text="Waiting without an owner.")
    source = filters.CharFilter(method="of_source")
    campaign = filters.CharFilter(method="of_name_or_number", help_text="Its name or its number.")
    team = filters.CharFilter(method="of_name_or_number", help_text="Its name or its number.")
    clock = filters.ChoiceFilter(
        choices=CLOCK_CONDITIONS,
        method="of_clock",
        help_text="Has a clock in this state, of that metric if given. What is at risk or overdue is running "
        "too, and what is overdue is breached.",
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

    def of_name_or_number(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        wanted = Q(**{f"{name}__name": value})
        if value.isascii() and value.isdigit() and len(value) < 19:
            wanted |= Q(**{name: int(value)})
        return leads.filter(wanted)

    def of_clock(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:  # noqa: ARG002 django-filter's
        """The condition and the metric hold for one and the same clock, so both are applied at once."""
        facts: dict[str, Any] = self.form.cleaned_data
        if name == "metric" and facts["clock"]:
            return leads
        clocks = Clock.objects.filter(lead=OuterRef("pk"))
        if facts["clock"]:
            clocks = with_warning(clocks).filter(stands(facts["clock"], timezone.now()))
        if facts["metric"]:
            clocks = clocks.filter(metric=facts["metric"])
        return leads.filter(Exists(clocks))
