"""What can be killed: a server that comes back at its address, and a program with all its processes."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

from config.tether import die_with_parent

BASE_DIR = Path(__file__).resolve().parent.parent.parent


class Server:
    """PostgreSQL or Redis: stopped and started again at the same address."""

    def __init__(self, run: Callable[[], AbstractContextManager[str]]) -> None:
        self._run, self._running = run, ExitStack()
        self.url = ""

    def start(self) -> None:
        self.url = self._running.enter_context(self._run())

    def stop(self) -> None:
        self._running.close()

    def restart(self) -> None:
        self.stop()
        self.start()


class Program:
    """One program, with the family of processes that it starts."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self._process: subprocess.Popen[bytes] | None = None
        self._families: list[int] = []  # where a main process is killed alone, its children live on for a while
        self.is_wanted = False

    @property
    def pid(self) -> int:
        """Of the main process, and the number of its family too."""
        return self._families[-1]

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=os.environ | self._environment,
                cwd=BASE_DIR,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 the soak has one thread
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._families.append(self._process.pid)
        self.is_wanted = True

    def kill(self) -> None:
        """Kill the whole family at once."""
        self.is_wanted = False
        self.signal_family(signal.SIGKILL)
        self._reap()

    def abandon(self) -> None:
        """Freeze the whole family for good, as a host does that hangs: it keeps its connections and all it holds."""
        self.is_wanted = False
        self.signal_family(signal.SIGSTOP)

    def kill_main(self) -> None:
        """Kill the main process alone: what its children are at, they may finish."""
        self.is_wanted = False
        os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def finish(self, seconds: float) -> None:
        """Ask it to stop, and give it some time to do so."""
        self.is_wanted = False
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._reap(seconds)
        self.kill()

    def signal_family(self, sig: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, sig)

    def has_ended(self) -> bool:
        """Whether it ended though nobody asked it to."""
        return self.is_wanted and self._process is not None and self._process.poll() is not None

    def children(self) -> list[int]:
        try:
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except OSError:
            return []

    def bury(self) -> None:
        """Leave no process of any of its families behind."""
        for family in self._families:
            with suppress(ProcessLookupError):
                os.killpg(family, signal.SIGKILL)
        self._reap()

    def _reap(self, seconds: float = 30) -> None:
        if self._process:
            self._process.wait(seconds)
