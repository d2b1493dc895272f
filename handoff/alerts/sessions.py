"""Kept connections: a sender takes one that is free, or opens another."""

import time
from collections import defaultdict, deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from django.core.mail import get_connection

from handoff.alerts.channels import CHANNELS, TransportError, email
from handoff.alerts.messages import Message
from sla.models import Medium

IDLE = 20.0  # seconds, after which a server may have closed a connection from its side


class Session(Protocol):
    def send(self, address: str, message: Message) -> None: ...


class _Mail:
    def __init__(self) -> None:
        self.connection = get_connection()

    def send(self, address: str, message: Message) -> None:
        email.send(address, message, self.connection)


@dataclass(frozen=True)
class _Post:
    medium: str

    def send(self, address: str, message: Message) -> None:
        CHANNELS[self.medium](address, message)


@dataclass
class _Kept:
    session: Session
    closing: ExitStack
    used_at: float = 0.0


@dataclass
class Sessions:
    """The free connections of each medium. Its methods may be called from any thread."""

    _free: dict[str, deque[_Kept]] = field(default_factory=lambda: defaultdict(deque))

    def send(self, medium: str, address: str, message: Message) -> None:
        kept = self._take(medium)
        try:
            kept.session.send(address, message)
        except TransportError as error:
            if error.permanent:
                self._give_back(medium, kept)
            else:
                kept.closing.close()
            raise
        except BaseException:
            kept.closing.close()
            raise
        self._give_back(medium, kept)

    def close(self) -> None:
        for free in self._free.values():
            while free:
                free.pop().closing.close()

    def _take(self, medium: str) -> _Kept:
        free = self._free[medium]
        while True:
            try:
                kept = free.pop()
            except IndexError:
                return self._open(medium)
            if time.monotonic() - kept.used_at < IDLE:
                return kept
            kept.closing.close()

    def _give_back(self, medium: str, kept: _Kept) -> None:
        kept.used_at = time.monotonic()
        self._free[medium].append(kept)

    def _open(self, medium: str) -> _Kept:
        closing = ExitStack()
        if medium != Medium.EMAIL:
            return _Kept(_Post(medium), closing)
        session = _Mail()
        closing.callback(session.connection.close)
        session.connection.open()
        return _Kept(session, closing)
