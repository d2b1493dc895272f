"""A `make run` of its own for a test, and what is left of it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent


class Running:
    """`make run` in a session of its own; `place` holds everything that it writes."""

    def __init__(self, place: Path, port: int | None = None, **variables: str):
        self.place = place
        self.port = port or free_port()
        self.log = place / f"make-{self.port}.log"
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment |= {"HANDOFF_VAR": str(place / "var"), "HANDOFF_PORT": str(self.port), "ENV_FILE": os.devnull}
        environment |= {"TMPDIR": str(place), "VENV": sys.prefix} | variables
        with self.log.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "-C", BASE_DIR, "run"],  # noqa: S607
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # What a script has put into the background ignores Ctrl-C, and so would all that it starts.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 one thread
            )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def until_ready(self, seconds: float = 240) -> float:
        """Wait for the page; how long that took, in seconds."""
        start = time.monotonic()
        until(lambda: "Handoff is ready" in self.output() or self.make.poll() is not None, seconds)
        assert "Handoff is ready" in self.output(), self.output()
        return time.monotonic() - start

    def launcher(self) -> int:
        return int(Path(f"/proc/{self.make.pid}/task/{self.make.pid}/children").read_text().split()[0])

    def send(self, whom: str, sig: signal.Signals) -> None:
        if whom == "group":
            os.killpg(self.make.pid, sig)
        else:
            os.kill(self.make.pid if whom == "make" else self.launcher(), sig)


def left_in(place: Path) -> list[str]:
    """The command lines of all processes that have to do with this directory."""
    needle = str(place).encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, variables = ((process / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if command and needle in command + variables:
            found.append(command.replace(b"\0", b" ").decode())
    return found


def until(is_done, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
