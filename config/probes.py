"""What an orchestrator asks: does the process live, can it serve, does the engine run, and what does it measure?"""

import hmac
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse

from handoff import __version__
from handoff.engine import servers
from handoff.engine.doctor import engine_problems
from handoff.engine.exposition import CONTENT_TYPE, exposition
from handoff.engine.figures import figures
from handoff.engine.life import PROGRAMS
from handoff.engine.outages import problem_of

PLAIN = "text/plain; charset=utf-8"


def livez(_request: HttpRequest) -> JsonResponse:
    """No I/O: a slow database must not get this process restarted."""
    return JsonResponse({"status": "ok", "version": __version__})


def readyz(_request: HttpRequest) -> JsonResponse:
    """503 and what is wrong while this process cannot serve. A dead beat or worker does not count: see `enginez`."""
    return _answer(_failing(TO_SERVE))


def enginez(_request: HttpRequest) -> JsonResponse:
    """503 and what is wrong, by the name of the part, while alarms do not fire or messages are not sent."""
    wrong = _failing(TO_WORK)
    return _answer(wrong | _engine(is_readable="database" not in wrong and "migrations" not in wrong))


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
    except Error as error:
        return HttpResponse(f"{problem_of(error)}\n", status=503, content_type=PLAIN)


def _expected() -> bytes:
    return f"Bearer {settings.METRICS_TOKEN}".encode()


def _failing(checks: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    return {name: problem for name, check in checks.items() if (problem := check())}


def _engine(*, is_readable: bool) -> dict[str, str]:
    if is_readable:
        try:
            return engine_problems(figures())
        except Error as error:
            return {"database": problem_of(error)}
    return {part.value: servers.UNKNOWN for part in PROGRAMS}


def _answer(wrong: dict[str, str]) -> JsonResponse:
    return JsonResponse({"status": "unavailable" if wrong else "ok", "wrong": wrong}, status=503 if wrong else 200)


TO_SERVE: dict[str, Callable[[], str]] = {
    "database": servers.database,
    "migrations": servers.migrations,
    "static_files": servers.static_files,
}
TO_WORK: dict[str, Callable[[], str]] = {
    "database": servers.database,
    "disk": servers.disk,
    "broker": servers.broker,
    "migrations": servers.migrations,
}
