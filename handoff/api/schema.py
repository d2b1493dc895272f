"""The OpenAPI description, and the page that shows it."""

from typing import Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction
from rest_framework import serializers

from handoff.api.facts import request_schema
from handoff.api.problems import MEDIA_TYPE, Problem
from leads.internals.serializers import DescribedAnswers
from leads.models import Verb

PROBLEMS = {
    "400": "What was sent is malformed, or a fact is missing or wrong.",
    "401": "No valid token or session.",
    "403": "You may not do this.",
    "404": "It does not exist, or you may not see it.",
    "409": "It contradicts what is stored: the lead is in another state, and someone may have been faster.",
    "415": "The body is not application/json.",
    "429": "Too many requests: see Retry-After.",
    "503": "The database is away or busy, and nothing was changed: try again after Retry-After.",
}


class VerbRequest(serializers.Serializer[Any]):
    """One verb with its facts; see `VerbRequestExtension`."""


class ProblemSchema(DescribedAnswers):
    """Adds to each operation the problems that it can answer with."""

    def get_summary(self) -> str:
        return super().get_summary() or self.get_description().partition(".")[0]

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: Direction) -> str:
        return super().get_serializer_name(serializer, direction).removesuffix("Shape")

    def with_problems(self, answers: dict[str, Any]) -> dict[str, Any]:
        schema = self.resolve_serializer(Problem, "response").ref
        for status in self._problems():
            content = {MEDIA_TYPE: {"schema": schema}}
            answers[status] = {"description": PROBLEMS[status], "content": content}
            if status in ("429", "503"):
                answers[status]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
        return answers

    def _problems(self) -> list[str]:
        statuses = ["400", "401"]
        if self.method != "GET":
            statuses += ["403", "409", "415"]
        if "{" in self.path:
            statuses.append("404")
        return sorted([*statuses, "429", "503"])


class TokenExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "handoff.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:  # noqa: ARG002 spectacular's
        return {"type": "http", "scheme": "bearer", "description": "From `manage.py issue_token USERNAME`."}


class VerbRequestExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """One alternative for each verb, from the forms that check its facts."""

    target_class = VerbRequest

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:  # noqa: ARG002 spectacular's
        refs = {str(verb): _component(auto_schema, str(verb)) for verb in Verb}
        mapping = {verb: ref["$ref"] for verb, ref in refs.items()}
        return {"oneOf": list(refs.values()), "discriminator": {"propertyName": "verb", "mapping": mapping}}


def _component(auto_schema: AutoSchema, verb: str) -> dict[str, str]:
    name = f"{verb.title()}Request"
    component = ResolvedComponent(  # type: ignore[no-untyped-call]
        name=name, type=ResolvedComponent.SCHEMA, schema=request_schema(verb), object=f"verb {verb}"
    )
    auto_schema.registry.register_on_missing(component)
    return cast("dict[str, str]", component.ref)
