"""The doors through which verbs come in: console, API, file, shell."""

from dataclasses import dataclass

import structlog
from django.http import HttpRequest

from leads.models import Transition, Via

_LONGEST_ID: int = Transition._meta.get_field("request_id").max_length or 0


@dataclass(frozen=True, kw_only=True)
class Door:
    """How an act came in: through which door, in which request, and whether it is a backfill of the past.

    A historical act runs no clock, notifies nobody, and need not meet what a stage demands today.
    """

    via: Via = Via.SYSTEM
    request_id: str = ""
    historical: bool = False

    @property
    def source(self) -> str:
        """Where facts are from that come in here without a system of their own."""
        return self.via if self.via in (Via.API, Via.CONSOLE) else ""


SHELL = Door()


def door(via: Via) -> Door:
    """The door of the request at hand. Its id is what the caller sent as X-Request-ID: anything, of any length."""
    sent = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return Door(via=via, request_id="".join(filter(str.isprintable, sent))[:_LONGEST_ID])


def is_looked_at(request: HttpRequest) -> bool:
    """Somebody reads what is answered: a browser that fetches a page in advance says so, and may never show it."""
    purposes = (request.headers.get(name, "").lower() for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return request.method == "GET" and not any(
        word in purpose for purpose in purposes for word in ("prefetch", "prerender", "preview")
    )
