"""The Celery application: it carries wake-ups to the workers."""

import logging.config
import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, task_prerun
from django.conf import settings
from django.db import close_old_connections

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


@task_prerun.connect
def begin_like_a_request(**_: object) -> None:
    """Replace a connection that PostgreSQL has ended: Celery would hand a broken one to a thousand tasks to come."""
    close_old_connections()
