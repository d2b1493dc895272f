"""Log each request under an id, and tell the caller that id."""

from collections.abc import Callable
from contextlib import suppress

import structlog
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware


class LogMiddleware(RequestMiddleware):
    """Django-structlog's, which chooses the id or takes the caller's."""

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        # Whose session it is stands in the database. While that is away, probes and the answer itself still go out.
        with suppress(Error):
            RequestMiddleware.bind_user_id(request)


class RequestIdMiddleware:
    """Stands right inside the one that chooses the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
