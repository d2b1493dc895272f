"""How the parts are wired; nothing imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
