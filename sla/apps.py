"""The app that knows what was promised."""

from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"
