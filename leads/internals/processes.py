"""honcho's manager and processes, with two hooks that it does not offer. The launcher has no Django, nor has this."""

from collections.abc import Callable
from typing import Any

from honcho.manager import Manager
from honcho.process import Process


class HookedProcess(Process):  # type: ignore[misc]
    """One whose program is started by another function than honcho's Popen."""

    def start_program_by(self, popen: Callable[..., Any]) -> None:
        self._child_ctor = popen


class HookedManager(Manager):  # type: ignore[misc]
    """One with processes of a class of ours, and a hook after they were started."""

    def __init__(self, process: type[HookedProcess]) -> None:
        super().__init__()
        self._process_ctor = process

    def _start(self) -> None:
        super()._start()
        self.has_started()

    def has_started(self) -> None:
        """Called once all processes were started."""
