"""The door through which the acts of a request come."""

from typing import Any

import structlog

from handoff.workflow import Door
from leads.models import Transition, Via


def door() -> Door:
    request_id: Any = structlog.contextvars.get_contextvars().get("request_id", "")
    longest = Transition._meta.get_field("request_id").max_length
    return Door(via=Via.API, request_id=str(request_id)[:longest])
