"""Serializers of DRF, and the description that drf-spectacular makes of them."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers


class ReusableSerializer(serializers.Serializer[Any]):
    """One whose fields are made once: that takes longer than to use them. It must not be used by two threads."""

    def show(self, shown: Any, context: dict[str, Any]) -> dict[str, Any]:
        self._context = context  # for which its fields ask their root
        representation: dict[str, Any] = self.to_representation(shown)
        return representation


class DescribedAnswers(AutoSchema):
    """A description whose answers can be added to."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        return self.with_problems(super()._get_response_bodies(direction))

    def with_problems(self, answers: dict[str, Any]) -> dict[str, Any]:
        """The answers by status, and what else the operation can answer with."""
        return answers
