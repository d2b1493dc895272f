"""Logs on stdout: one JSON object per line, or something readable where a person looks on."""

import logging
import sys
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from handoff.engine.outages import outage_of

PROBES = ("/livez", "/readyz", "/enginez", "/metrics")


def drop_noise(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep one line per request, and none for a probe that is well."""
    if event.get("event") == "request_started":
        raise structlog.DropEvent
    if event.get("event") == "request_finished" and event["code"] < 400 and event["request"].endswith(PROBES):
        raise structlog.DropEvent
    return event


def name_outage(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """While the database is away each request fails: a line says why, and the same stack trace a hundred times none."""
    error = _error_of(event.get("exc_info"))
    if outage := outage_of(error):
        del event["exc_info"]
        event.update(problem=outage.problem, error=str(error).strip())
        if "code" in event:
            event["code"] = 503
    return event


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        error: BaseException | None = exc_info[1]
        return error
    return sys.exc_info()[1] if exc_info else None


class NoTrace(logging.Filter):
    """For what any scanner can cause at will, like a wrong Host or a NUL: one line, and no alarm."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


STDOUT = {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}


def configure(level: str, *, is_for_people: bool) -> dict[str, Any]:
    """Set structlog up, and return Django's LOGGING with every other library's lines in the same form."""
    _configure_structlog()
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
        "filters": {"no_trace": {"()": NoTrace}},
        "handlers": {"console": STDOUT, "suspicious": STDOUT | {"filters": ["no_trace"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            "django.security": {"handlers": ["suspicious"], "propagate": False},
            "django.request": {"level": "CRITICAL"},  # django-structlog says it with the request's id
            "gunicorn.error": {"handlers": [], "propagate": True, "level": level},
            "gunicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
            # A wake-up each second is not news; what it did is logged by the work itself.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            drop_noise,
            name_outage,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _render(is_for_people: bool) -> list[Processor]:
    if is_for_people:
        return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
