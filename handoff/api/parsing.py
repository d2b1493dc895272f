"""Read JSON that the database can store; refuse any other."""

from collections.abc import Iterator, Mapping
from typing import IO, Any, cast

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from leads.normalise import is_storable


class LengthRequired(APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "Chunked bodies are not supported: send Content-Length."
    default_code = "length_required"


class StorableJSONParser(JSONParser):
    """An object of JSON, without text that PostgreSQL cannot store."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            data: Any = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - it is nested too deeply.") from error
        if not isinstance(data, dict):
            raise ParseError("The body must be an object of JSON.")
        _refuse_unstorable(data)
        return data


def body_of(request: Request) -> dict[str, Any]:
    """What was sent: an object, as this parser is the only one."""
    if "Transfer-Encoding" in request.headers:  # DRF takes it for an empty body
        raise LengthRequired
    return cast("dict[str, Any]", request.data)


def _refuse_unstorable(data: dict[str, Any]) -> None:
    if not all(is_storable(name) for name in data):
        raise ParseError("The name of a field contains invalid characters (NUL or unpaired surrogate).")
    wrong = [name for name, value in data.items() if not all(is_storable(text) for text in _texts(value))]
    if wrong:
        raise ValidationError(dict.fromkeys(wrong, "Contains invalid characters (NUL or unpaired surrogate)."))


def _texts(data: Any) -> Iterator[str]:
    """Every string within, however deep: without recursion, which somebody could exhaust."""
    waiting = [data]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case dict(members):
                waiting += [*members.keys(), *members.values()]
            case list(items):
                waiting += items
