"""Logs on stdout: one JSON object per line, or something readable where a person looks on."""

from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

PROBES = ("/livez", "/readyz", "/metrics")


def drop_noise(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep one line per request, and none for a probe that is well."""
    if event.get("event") == "request_started":
        raise structlog.DropEvent
    if event.get("event") == "request_finished" and event["code"] < 400 and event["request"].endswith(PROBES):
        raise structlog.DropEvent
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str, *, is_for_people: bool) -> dict[str, Any]:
    """Set structlog up, and return Django's LOGGING with every other library's lines in the same form."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            drop_noise,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_render(is_for_people)],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            "django.request": {"level": "CRITICAL"},  # django-structlog says it with the request's id
            "gunicorn.error": {"handlers": [], "propagate": True, "level": level},
            "gunicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
            # A wake-up each second is not news; what it did is logged by the work itself.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }


def _render(is_for_people: bool) -> list[Processor]:
    if is_for_people:
        return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
