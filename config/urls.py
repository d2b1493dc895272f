"""The address of each door of Handoff."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config import pictures, probes

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("console/", admin.site.urls),
    path("api/v1/", include("handoff.api.urls")),
    path("slack/", include("handoff.slack.urls")),
    path("pictures/<str:token>.png", pictures.show, name="picture"),
    path("livez", probes.livez),
    path("readyz", probes.readyz),
    path("enginez", probes.enginez),
    path("metrics", probes.metrics),
]
handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
