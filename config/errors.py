"""Answer what no view has answered: as problems below /api/, as pages elsewhere."""

import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults

from handoff.api.problems import MEDIA_TYPE
from handoff.engine.outages import Outage, outage_of


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _problem(request, HTTPStatus.BAD_REQUEST, "The request is malformed.", "parse_error")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _problem(request, HTTPStatus.FORBIDDEN, "You may not do this.", "permission_denied")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _problem(request, HTTPStatus.NOT_FOUND, f"There is nothing at {request.path}.", "not_found")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this where it handles the exception, so that tells whether the database is what is missing."""
    if outage := outage_of(sys.exc_info()[1]):
        return _unavailable(request, outage)
    if _is_api(request):
        detail = "Internal error. Quote this X-Request-ID when reporting it."
        return _problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, "server_error")
    return defaults.server_error(request)


def locked_out(request: HttpRequest, _response: HttpResponse | None, _credentials: Any) -> HttpResponse:
    """After too many failed logins."""
    response = render(request, "locked_out.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(settings.AXES_COOLOFF_TIME * 3600)
    return response


def _unavailable(request: HttpRequest, outage: Outage) -> HttpResponse:
    if _is_api(request):
        detail = f"{outage.problem}. Nothing was changed: try again."
        response: HttpResponse = _problem(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, outage.code)
    else:
        response = render(request, "503.html", {"problem": outage.problem}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(outage.retry_after)
    return response


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _problem(request: HttpRequest, status: HTTPStatus, detail: str, code: str) -> JsonResponse:
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
    }
    return JsonResponse(problem, status=status, content_type=MEDIA_TYPE)
