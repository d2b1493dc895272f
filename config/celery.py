"""The Celery application: it carries wake-ups to the workers."""

import logging.config
import os
import warnings
from typing import Any

from celery import Celery, Task
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, task_prerun, worker_init, worker_shutting_down
from django.conf import settings
from django.db import Error, close_old_connections

from handoff.engine import outages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

if os.environ.get("HANDOFF_DEMO") == "1":  # which root may start; the warning comes before the settings are read
    warnings.simplefilter("ignore", SecurityWarning)


class Job(Task):  # type: ignore[misc]
    """A task that waits for a database that is away, full or read-only: beat asks for it again in a second."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except Error as error:
            if outages.outage_of(error) is None:
                raise
            outages.note(self.name, error)
            close_old_connections()
            return None


app = Celery("handoff", task_cls=Job)
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


@worker_init.connect
def count_processes(sender: Any, **_: object) -> None:
    """Before the worker forks: its processes share what is noted here."""
    from handoff.alerts import worker  # noqa: PLC0415 it needs Django, which is not set up when Celery finds this

    worker.begin(sender.concurrency or 1)


@worker_shutting_down.connect
def stop_delivering(**_: object) -> None:
    """Celery waits for its tasks to end; a delivery under backlog would keep it for minutes."""
    from handoff.alerts import worker  # noqa: PLC0415 see above

    worker.begin_shutdown()
