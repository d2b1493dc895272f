"""The app that knows who the lead is."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
