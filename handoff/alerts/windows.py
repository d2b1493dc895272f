"""How many messages may be under way to each server at once: so one that hangs does not use up all senders."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

START = 4  # of a server that has not answered yet; each message that gets through allows one more
STRIKES = 3  # failures in a row, after which a server is tried once in a while only
LONGEST_REST = 60.0  # seconds


@dataclass
class Window:
    """One server: how many messages may be under way to it, how many are, and until when it is left alone."""

    size: int = START
    in_flight: int = 0
    strikes: int = 0
    rests_until: float = 0.0

    @property
    def room(self) -> int:
        return 0 if time.monotonic() < self.rests_until else max(self.size - self.in_flight, 0)


@dataclass
class Windows:
    """The windows of all servers that one process sends to."""

    largest: int
    _of: dict[str, Window] = field(default_factory=lambda: defaultdict(Window))

    @property
    def in_flight(self) -> int:
        return sum(window.in_flight for window in self._of.values())

    def room(self, server: str) -> int:
        return self._of[server].room

    def rest(self, server: str) -> float:
        """How many seconds more it is left alone."""
        return max(self._of[server].rests_until - time.monotonic(), 0.0)

    def full(self) -> list[str]:
        return [server for server, window in self._of.items() if not window.room]

    def total_room(self) -> int:
        """How many messages can go out now, to servers seen before and to one that is new."""
        return START + sum(window.room for window in self._of.values())

    def begin(self, server: str) -> None:
        self._of[server].in_flight += 1

    def end(self, server: str, *, failed: bool, asked_for_less: bool = False) -> None:
        """A message got through, or was refused for good, which a server does that is well; or it failed for now."""
        window = self._of[server]
        window.in_flight -= 1
        if asked_for_less:
            window.size = 1
        elif not failed:
            window.size, window.strikes = min(window.size + 1, self.largest), 0
        elif time.monotonic() >= window.rests_until:  # else it began before the rest, which is for all of them
            window.strikes += 1
            if window.strikes >= STRIKES:
                rest = min(2.0 ** (window.strikes - STRIKES), LONGEST_REST)
                window.size, window.rests_until = 1, time.monotonic() + rest
