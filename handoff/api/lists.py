"""What a client needs to know besides leads: campaigns, reasons, and who it is."""

from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.api.authentication import asker
from handoff.api.pages import KeysetPagination
from handoff.models import Rate
from leads.models import Campaign, Reason, Role, Team, User


class CampaignShape(serializers.ModelSerializer[Campaign]):
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)

    class Meta:
        model = Campaign
        fields = ["id", "name", "system", "external_id", "owner", "promise", "starts_on", "ends_on"]


class ReasonShape(serializers.ModelSerializer[Reason]):
    concerns = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="What criteria may ask for that it is about."
    )
    retired = serializers.SerializerMethodField(help_text="Stays readable on old rejections, cannot be chosen.")

    class Meta:
        model = Reason
        fields = [
            "code",
            "label",
            "route",
            "counts_against",
            "evidence",
            "min_note_length",
            "min_touches",
            "concerns",
            "retired",
        ]

    def get_retired(self, reason: Reason) -> bool:
        return reason.retired_at is not None


class TeamShape(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ["id", "name", "time_zone"]


class MeShape(serializers.ModelSerializer[User]):
    name = serializers.CharField(source="__str__")
    roles = serializers.SerializerMethodField()
    teams = serializers.SerializerMethodField(help_text="Whose leads you work with.")

    class Meta:
        model = User
        fields = ["username", "name", "email", "time_zone", "roles", "teams"]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Role.choices)))
    def get_roles(self, user: User) -> list[str]:
        return sorted(user.roles)

    @extend_schema_field(TeamShape(many=True))
    def get_teams(self, user: User) -> Any:
        return TeamShape(Team.objects.filter(pk__in=user.team_ids), many=True).data


class RateShape(serializers.ModelSerializer[Rate]):
    set = serializers.CharField(source="of_set.name", help_text="The name of the set, as reports ask for it.")
    rate = serializers.CharField(source="worth", help_text="What one unit of `from_currency` is worth, exactly.")
    set_by = serializers.CharField(source="set_by.username", default=None, allow_null=True)

    class Meta:
        model = Rate
        fields = [
            "id",
            "set",
            "from_currency",
            "to_currency",
            "starts_on",
            "rate",
            "since_version",
            "until_version",
            "note",
            "set_by",
            "set_at",
            "ended_at",
        ]


class RatesView(generics.ListAPIView[Rate]):
    """The rates by which reports convert amounts. Those that were replaced or withdrawn have an `until_version`."""

    serializer_class = RateShape
    pagination_class = KeysetPagination
    default_ordering = "-id"
    orderings = {"id": F("id")}

    def get_queryset(self) -> QuerySet[Rate]:
        rates = Rate.objects.select_related("of_set", "set_by")
        user = self.request.user
        return rates if user.is_authenticated and user.roles else rates.none()


class CampaignsView(generics.ListAPIView[Campaign]):
    """The campaigns that leads come from."""

    serializer_class = CampaignShape
    pagination_class = KeysetPagination
    default_ordering = "name"
    orderings = {"name": F("name"), "id": F("id")}

    def get_queryset(self) -> QuerySet[Campaign]:
        campaigns = Campaign.objects.select_related("owner")
        user = self.request.user
        return campaigns if user.is_authenticated and user.roles else campaigns.none()


class ReasonsView(generics.ListAPIView[Reason]):
    """The managed list of reasons for a rejection: those in force first, then the retired ones. Not in pages."""

    serializer_class = ReasonShape
    pagination_class = None
    queryset = Reason.objects.order_by(F("retired_at").asc(nulls_first=True), "position", "label")


class MeView(APIView):
    """Who you are."""

    @extend_schema(operation_id="me_retrieve", responses=MeShape)
    def get(self, request: Request) -> Response:
        """Read who you are, your roles, and the teams whose leads you work with."""
        return Response(MeShape(asker(request)).data)
