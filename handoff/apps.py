"""The app that knows moves leads between teams."""

from django.apps import AppConfig


class HandoffConfig(AppConfig):
    name = "handoff"

    def ready(self) -> None:
        # The channels name themselves to the models, so that forms and pages know every medium.
        import handoff.alerts.channels  # noqa: F401, PLC0415 models can be imported only now
        from handoff.engine import checks  # noqa: F401, PLC0415 they read the settings, and register themselves
