"""Kept connections: a sender takes one that is free, or opens another."""

import time
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from handoff.alerts.channels import CHANNELS, Session, TransportError
from handoff.models import Delivery

IDLE = 20.0  # seconds, after which a server may have closed a connection from its side


@dataclass
class _Kept:
    session: Session
    closing: ExitStack
    used_at: float = 0.0


@dataclass
class Sessions:
    """The free connections of each medium. Its methods may be called from any thread."""

    _free: dict[str, deque[_Kept]] = field(default_factory=lambda: defaultdict(deque))

    def send(self, medium: str, address: str, deliveries: Sequence[Delivery]) -> None:
        kept = self._take(medium)
        try:
            kept.session.send(address, deliveries)
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
        return _Kept(closing.enter_context(CHANNELS[medium].open()), closing)
