"""The Celery application: it carries wake-ups to the workers."""

import logging.config
import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

if os.environ.get("HANDOFF_DEMO") == "1":  # which root may start; the warning comes before the settings are read
    warnings.simplefilter("ignore", SecurityWarning)

app = Celery("handoff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["handoff"])


@setup_logging.connect
def log_like_django(**_: object) -> None:
    """Celery configures no logs of its own once somebody listens to this."""
    logging.config.dictConfig(settings.LOGGING)
