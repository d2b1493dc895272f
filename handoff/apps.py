"""The app that knows moves leads between teams."""

from django.apps import AppConfig


class HandoffConfig(AppConfig):
    name = "handoff"
