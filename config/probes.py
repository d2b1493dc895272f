"""What an orchestrator asks: does the process live, can it work, and what does the engine measure of itself?"""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from handoff.engine import servers
from handoff.engine.exposition import CONTENT_TYPE, exposition
from handoff.engine.figures import figures
from handoff.engine.life import PROGRAMS, silences

PLAIN = "text/plain; charset=utf-8"


def livez(_request: HttpRequest) -> JsonResponse:
    """No I/O: a slow database must not get this process restarted."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """503 and what is wrong, by the name of the part, while something is."""
    wrong = {name: problem for name, check in CHECKS.items() if (problem := check())} | _silent()
    return JsonResponse({"status": "unavailable" if wrong else "ok", "wrong": wrong}, status=503 if wrong else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, and for nobody else: closed until METRICS_TOKEN is set."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("Set METRICS_TOKEN to open this page.\n", status=404, content_type=PLAIN)
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), _expected()):
        answer = HttpResponse("Send the header Authorization: Bearer METRICS_TOKEN.\n", status=401, content_type=PLAIN)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    try:
        return HttpResponse(exposition(figures()), content_type=CONTENT_TYPE)
    except DatabaseError as error:
        return HttpResponse(f"PostgreSQL does not answer: {type(error).__name__}\n", status=503, content_type=PLAIN)


def _expected() -> bytes:
    return f"Bearer {settings.METRICS_TOKEN}".encode()


def _silent() -> dict[str, str]:
    try:
        return {silence.part.value: silence.problem for silence in silences()}
    except DatabaseError:
        return {part.value: servers.UNKNOWN for part in PROGRAMS}


CHECKS: dict[str, Callable[[], str]] = {
    "database": servers.database,
    "broker": servers.broker,
    "migrations": servers.migrations,
}
