"""The address below /slack/ that is entered in the Slack app."""

from django.urls import path

from handoff.slack.views import interactivity

app_name = "slack"
urlpatterns = [path("interactivity/", interactivity, name="interactivity")]
