"""The app that knows moves leads between teams."""

from django.apps import AppConfig


class HandoffConfig(AppConfig):
    name = "handoff"

    def ready(self) -> None:
        from handoff.engine import checks  # noqa: F401, PLC0415 they read the settings, and register themselves
