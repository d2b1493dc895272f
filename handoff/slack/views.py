"""Where Slack sends clicks and dialogs. It gives up after three seconds, so nothing here waits for long."""

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from handoff.slack import clicks, submissions, suggesting
from handoff.slack.interaction import Interaction, Malformed
from handoff.slack.signature import refusal

LONGEST = 512 * 1024  # bytes; a message and a dialog of Slack's are smaller

log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def interactivity(request: HttpRequest) -> HttpResponse:
    """Take what Slack has signed, and answer at once."""
    if not settings.SLACK_SIGNING_SECRET:
        raise Http404("Slack is not set up: set SLACK_SIGNING_SECRET.")
    body = request.read(LONGEST + 1)
    if len(body) > LONGEST:
        return HttpResponse("The request is too large.", status=413)
    if why := refusal(request, body):
        log.warning("slack_request_refused", why=why)
        return HttpResponse(why, status=401)
    try:
        return _answer(Interaction.read(body))
    except Malformed:
        return HttpResponse("The request is malformed.", status=400)


def _answer(interaction: Interaction) -> HttpResponse:
    if interaction.type == "view_submission":
        return JsonResponse(submissions.submit(interaction))
    if interaction.type == "block_suggestion":
        return JsonResponse(suggesting.suggest(interaction))
    if interaction.type == "block_actions":
        clicks.click(interaction)
    return HttpResponse()
