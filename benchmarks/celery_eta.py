"""Celery with an `eta` for each timer, on the settings of Handoff's own worker: its connection is used again."""

from celery import Celery

app = Celery("benchmarks")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(task_default_queue="benchmarks", task_queues=None, task_routes=None, beat_schedule={})


@app.task
def fire(pending_id: int) -> None:
    from benchmarks.by_row import fire_one  # noqa: PLC0415 the worker makes Django ready after it has read this

    fire_one(pending_id)
