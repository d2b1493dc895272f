"""One POST to a web address: over kept connections, without redirects, in bounded time and size."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
from django.core.exceptions import ValidationError
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, SSLError
from urllib3.exceptions import TimeoutError as TimedOut

from handoff.alerts.channels.target import Target, Unresolved, guarded
from handoff.alerts.channels.transport import TransportError

TIMEOUT = 10  # seconds, for each of connecting and waiting; and for the whole body of the answer
LONGEST_ANSWER = 64 * 1024
LONGEST_WAIT = timedelta(days=7)
USER_AGENT = "Handoff"

# At level DEBUG it logs the path of every request, which is the secret part of a webhook's address.
logging.getLogger("urllib3").setLevel(logging.INFO)
# Shared by all threads of a process. Connections are kept by address and name, and go when the server ends them.
_POOL = urllib3.PoolManager(num_pools=100, maxsize=64, retries=False)


@dataclass(frozen=True)
class Answer:
    """What a server answered. Its body is for programs: no person is shown it."""

    status: int
    body: bytes
    retry_after: timedelta | None

    @property
    def is_transient(self) -> bool:
        """The same request may well succeed later."""
        return self.status in (408, 425, 429) or self.status >= 500

    def refused(self, receiver: str, advice: str = "") -> TransportError:
        words = f"{receiver} answered {self.status}" + (f": {advice}" if advice else ".")
        return TransportError(words, permanent=not self.is_transient, retry_after=self.retry_after)


def post_guarded(
    url: str, payload: Mapping[str, Any] | bytes, headers: Mapping[str, str], *, hosts: Sequence[str], receiver: str
) -> Answer:
    """Post to an address that somebody typed, if it is one that a server may call."""
    try:
        target = guarded(url, hosts)
    except ValidationError as error:
        raise TransportError(" ".join(error.messages), permanent=True) from None
    except Unresolved:
        raise TransportError(f"{receiver} cannot be reached: the name of its host is not known.") from None
    return post(target, payload, headers, receiver=receiver)


def post(
    target: Target,
    payload: Mapping[str, Any] | bytes,
    headers: Mapping[str, str],
    *,
    receiver: str,
    seconds: float | None = None,
) -> Answer:
    """Post JSON, within so many seconds where that is given: somebody waits for the answer then.

    No error names the address, and none carries one that does: it may be a secret.
    """
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    try:
        try:
            return _post(target, body, headers, seconds)
        except ProtocolError:
            # The server had ended the kept connection: once more, on a new one.
            return _post(target, body, headers, seconds)
    except HTTPError as error:
        raise TransportError(f"{receiver} cannot be reached: {_in_words(error)}.") from None


def _post(target: Target, body: bytes, headers: Mapping[str, str], seconds: float | None) -> Answer:
    longest = seconds or TIMEOUT
    deadline = time.monotonic() + longest
    is_default_port = target.port == (443 if target.scheme == "https" else 80)
    host = f"[{target.host}]" if ":" in target.host else target.host
    response = _pool(target).urlopen(
        "POST",
        target.path,
        body=body,
        headers={
            "Host": host if is_default_port else f"{host}:{target.port}",
            "Content-Type": "application/json; charset=utf-8",
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
            **headers,
        },
        redirect=False,
        timeout=urllib3.Timeout(total=seconds, connect=longest, read=longest),
        preload_content=False,
    )
    return Answer(response.status, _read(response, deadline), asked_wait(response.headers.get("Retry-After", "")))


def _pool(target: Target) -> urllib3.HTTPConnectionPool:
    # To the address that was checked, under the name that was typed: both are part of what a connection is kept by.
    named = {"server_hostname": target.host, "assert_hostname": target.host} if target.scheme == "https" else None
    return _POOL.connection_from_host(target.ip, target.port, target.scheme, pool_kwargs=named)


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """As much of the answer as may come. A longer or a slower one is cut off, and its connection ended."""
    body = b""
    while len(body) < LONGEST_ANSWER and time.monotonic() < deadline:
        part = response.read1(LONGEST_ANSWER - len(body), decode_content=False)
        if not part:
            response.release_conn()
            return body
        body += part
    response.close()
    return body


def _in_words(error: HTTPError) -> str:
    match error:
        case NewConnectionError():  # before the timeouts, whose child it is
            return "the connection failed"
        case TimedOut():
            return "it timed out"
        case SSLError():
            return "its certificate is not valid"
        case ProtocolError():
            return "the connection was cut off"
    return "the connection failed"


def asked_wait(header: str, now: datetime | None = None) -> timedelta | None:
    """How long a receiver asks to wait: a number of seconds, or a date."""
    text = header.strip()
    wait = None
    if text.isascii() and text.isdecimal():
        wait = timedelta(seconds=int(text[:9]))
    else:
        with suppress(ValueError, TypeError, OverflowError):
            at = parsedate_to_datetime(text)
            wait = at.replace(tzinfo=at.tzinfo or UTC) - (now or datetime.now(UTC))
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST_WAIT)
