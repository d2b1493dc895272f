"""Refusals and errors as problems of RFC 9457: application/problem+json."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from handoff.engine.outages import Outage, outage_of
from handoff.refusals import Refused

MEDIA_TYPE = "application/problem+json"


class Conflict(APIException):
    """The request contradicts what is stored."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too_large"


class Unavailable(APIException):
    """The database is away, or busy. Nothing was changed, and the same request may work later."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE

    def __init__(self, outage: Outage) -> None:
        super().__init__(f"{outage.problem}. Nothing was changed: try again.", outage.code)
        self.wait = outage.retry_after  # becomes the header Retry-After


class FieldError(serializers.Serializer[Any]):
    field = serializers.CharField(allow_null=True, help_text="Dotted, like external_ids.0.value; null for the whole.")
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """What went wrong, in words that a person can act on."""

    type = serializers.CharField(help_text="Always about:blank; see code.")
    title = serializers.CharField(help_text="The name of the HTTP status.")
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField(help_text="The path that was asked for.")
    code = serializers.CharField(help_text="For programs: wrong_state, not_allowed, facts_refused, invalid …")
    state = serializers.CharField(required=False, help_text="With 409: the state of the lead now.")
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]


class ProblemHandler(ExceptionHandler):
    """Knows the refusals of the workflow besides DRF's own exceptions, and says the media type."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if outage := outage_of(exc):
            return Unavailable(outage)
        match exc:
            case Refused():
                refusal = APIException(exc.message, exc.code)
                refusal.status_code = exc.status
                return refusal
            case RequestDataTooBig():
                return TooLarge()
            case SuspiciousOperation():
                return ParseError("The request is malformed.")
            case DjangoValidationError():
                return ValidationError(serializers.as_serializer_error(exc))
        return super().convert_known_exceptions(exc)

    def get_response(self, exc: APIException, data: dict[str, Any]) -> Response:
        response = super().get_response(exc, data)
        response.content_type = MEDIA_TYPE
        return response


class ProblemFormatter(ExceptionFormatter):
    """Writes an exception as a problem."""

    def run(self) -> dict[str, Any]:
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.exc.status_code).phrase,
            "status": self.exc.status_code,
        }
        request = self.context["request"]
        named = {"instance": request.path if request else ""}
        if isinstance(self.original_exc, Refused):
            return problem | {"detail": self.original_exc.message} | named | _refusal(self.original_exc)
        errors = [(error.attr, error.detail, error.code) for error in self.get_errors()]
        problem |= {"detail": " ".join(detail for _, detail, _ in errors)} | named
        if not isinstance(self.exc, ValidationError):
            return problem | {"code": _code(errors[0][2])}
        return problem | {
            "code": "invalid",
            "errors": [{"field": _field(attr), "detail": detail} for attr, detail, _ in errors],
        }


def _refusal(refused: Refused) -> dict[str, Any]:
    members: dict[str, Any] = {"code": refused.code}
    if refused.state:
        members["state"] = refused.state
    if refused.fields:
        members["errors"] = [
            {"field": field, "detail": detail} for field, details in refused.fields.items() for detail in details
        ]
    return members


def _code(code: str) -> str:
    return "server_error" if code == "error" else code


def _field(attr: str | None) -> str | None:
    of_the_whole = api_settings.NON_FIELD_ERRORS_KEY
    return None if attr in (None, of_the_whole) else attr.removesuffix(f".{of_the_whole}")
