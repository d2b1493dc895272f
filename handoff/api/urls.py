"""The addresses below /api/v1/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from handoff.api import (
    attributes,
    duplicates,
    explanations,
    imports,
    leads,
    lists,
    packets,
    periods,
    replays,
    reports,
    touchpoints,
    transitions,
)
from handoff.api.docs import DocsView

app_name = "api"
urlpatterns = [
    path("leads/", leads.LeadsView.as_view(), name="leads"),
    path("leads/<int:pk>/", leads.OneLeadView.as_view(), name="lead"),
    path("leads/<int:lead_id>/transitions/", transitions.TransitionsView.as_view(), name="transitions"),
    path("leads/<int:lead_id>/transitions/<int:pk>/", transitions.OneTransitionView.as_view(), name="transition"),
    path("leads/<int:lead_id>/packet/", packets.PacketReadView.as_view(), name="packet"),
    path("leads/<int:lead_id>/alarms/", leads.AlarmsView.as_view(), name="alarms"),
    path("leads/<int:lead_id>/touches/", leads.TouchesView.as_view(), name="touches"),
    path("leads/<int:lead_id>/consents/", attributes.ConsentsView.as_view(), name="consents"),
    path("leads/<int:lead_id>/touchpoints/", touchpoints.LeadTouchpointsView.as_view(), name="lead_touchpoints"),
    path("touchpoints/", touchpoints.TouchpointsView.as_view(), name="touchpoints"),
    path("clocks/<int:pk>/explanation/", explanations.ExplanationView.as_view(), name="explanation"),
    path("duplicates/", duplicates.PossibleDuplicatesView.as_view(), name="duplicates"),
    path("duplicates/<int:pk>/", duplicates.OnePossibleDuplicateView.as_view(), name="duplicate"),
    path("attributes/", attributes.AttributesView.as_view(), name="attributes"),
    path("campaigns/", lists.CampaignsView.as_view(), name="campaigns"),
    path("reasons/", lists.ReasonsView.as_view(), name="reasons"),
    *(path(f"reports/{name}/", view.as_view(), name=name) for name, view in reports.VIEWS.items()),
    path("replays/", replays.ReplaysView.as_view(), name="replays"),
    path("replays/<int:pk>/", replays.OneReplayView.as_view(), name="replay"),
    path("rates/", lists.RatesView.as_view(), name="rates"),
    path("periods/", periods.PeriodsView.as_view(), name="periods"),
    path("periods/<str:key>/", periods.OnePeriodView.as_view(), name="period"),
    path("periods/<str:key>/restatements/", periods.RestatementsView.as_view(), name="restatements"),
    path("periods/<str:key>/review/", periods.ReviewView.as_view(), name="review"),
    path("periods/<str:key>/actions/", periods.ActionsView.as_view(), name="actions"),
    path("periods/<str:key>/close/", periods.CloseView.as_view(), name="close"),
    path("imports/", imports.ImportsView.as_view(), name="imports"),
    path("imports/<int:pk>/", imports.OneImportView.as_view(), name="import"),
    path("imports/<int:pk>/refused/", imports.RefusedView.as_view(), name="import_refused"),
    path("imports/<int:pk>/start/", imports.StartView.as_view(), name="import_start"),
    path("imports/<int:pk>/stop/", imports.StopView.as_view(), name="import_stop"),
    path("imports/<int:pk>/undo/", imports.UndoView.as_view(), name="import_undo"),
    path("me/", lists.MeView.as_view(), name="me"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    # Split, so that its script is a file of its own: the content security policy lets no script stand in a page.
    path("docs/", DocsView.as_view(url_name="api:schema"), name="docs"),
]
