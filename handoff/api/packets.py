"""The packet of a lead's handoff: what its buyer need not say again."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoff.agreement.packet_views import note_view, seen
from handoff.api.authentication import asker
from handoff.api.leads import visible
from handoff.api.problems import MEDIA_TYPE, Problem
from handoff.models import Handoff, PacketView
from handoff.workflow.rights import seen_words
from leads.models import User

NOT_SHOWN = ("score_parts",)
"""Of a packet: evidence of a score may name what a reader may not see, and the lead itself says it to those who may."""


class PacketViewShape(serializers.ModelSerializer[PacketView]):
    person = serializers.CharField(source="person.username")

    class Meta:
        model = PacketView
        fields = ["person", "at"]


class PacketShape(serializers.Serializer[Any]):
    """What was frozen as the lead was handed over."""

    cycle = serializers.IntegerField(help_text="The number of the handoff.")
    offered_at = serializers.DateTimeField()
    offered_to = serializers.CharField(allow_null=True)
    definition = serializers.IntegerField(allow_null=True, help_text="The version by which the lead was judged.")
    packet = serializers.DictField(help_text="By the names of the facts; later edits of the lead do not change it.")
    seen = PacketViewShape(many=True, help_text="By those who owed the first touch, as long as they did.")
    contacted_at = serializers.DateTimeField(allow_null=True, help_text="The first touch.")
    seen_before_contact = serializers.BooleanField(
        allow_null=True, help_text="By whoever made the first touch. Null before it, or where nobody knows."
    )


class PacketReadView(APIView):
    """The packet of a lead."""

    @extend_schema(operation_id="leads_packet", responses={200: PacketShape, (404, MEDIA_TYPE): Problem})
    def get(self, request: Request, lead_id: int) -> Response:
        """Read the packet of the present handoff. Whoever owes the first touch has then seen it."""
        lead = get_object_or_404(visible(request), pk=lead_id)
        handoffs = Handoff.objects.filter(lead=lead).select_related("definition", "offered_to")
        handoff = handoffs.order_by("-cycle").first()
        if handoff is None:
            raise Http404("This lead was not handed to sales yet.")
        note_view(request, lead.pk, asker(request))
        return Response(PacketShape(_shown(handoff, asker(request))).data)


def _shown(handoff: Handoff, user: User) -> dict[str, Any]:
    by = seen(handoff)
    packet = {name: value for name, value in handoff.packet.items() if name not in NOT_SHOWN}
    return {
        "cycle": handoff.cycle,
        "offered_at": handoff.offered_at,
        "offered_to": handoff.offered_to and handoff.offered_to.username,
        "definition": handoff.definition and handoff.definition.version,
        "packet": seen_words(packet, user.roles),
        "seen": by.views,
        "contacted_at": by.contacted_at,
        "seen_before_contact": by.before_contact,
    }
