"""What `make run` starts: the servers, the database with its demo data, and the processes of the Procfile."""

import fcntl
import multiprocessing
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import environ
from honcho.environ import parse_procfile
from honcho.process import Popen

from config.embedded import ServerError, servers
from config.programs import NoProgramError
from config.tether import die_with_parent
from leads.internals.processes import HookedManager, HookedProcess

BASE_DIR = Path(__file__).resolve().parent.parent

RUNNING = "running.env"
EMPTY = ("SECRET_KEY", "HANDOFF_INSECURE_HTTP", "STATIC_ROOT", "EMAIL_URL")


class RunError(Exception):
    """Handoff cannot start; the message says what to do."""


def main() -> int:
    make = Make()
    for sig in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sig, lambda *_: sys.exit(0))  # so that the servers are stopped on the way out
    os.chdir(BASE_DIR)
    environ.FileAwareEnv.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ.setdefault("HANDOFF_DEMO", "1")
    var = Path(os.environ.setdefault("HANDOFF_VAR", str(BASE_DIR / "var"))).absolute()
    is_demo = os.environ["HANDOFF_DEMO"] == "1"
    port = os.environ.setdefault("HANDOFF_PORT", "8000")
    address = os.environ.setdefault("BASE_URL", f"http://localhost:{port}")
    try:
        with _only_one(var, address):
            _check_port(port)
            print("Starting PostgreSQL and Redis ...", flush=True)
            with servers(var) as urls:
                os.environ.update(urls)
                if not is_demo:
                    os.environ.update(_settings_of_empty(var))
                with _told_to_manage(var):
                    return _serve(address, make)
    except (ServerError, NoProgramError, RunError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


@contextmanager
def _only_one(var: Path, address: str) -> Iterator[None]:
    """Two launchers on one `var/` would take each other's database away."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "run.lock").open("a+")
    except PermissionError as error:
        raise RunError(
            f"{var} belongs to another user: start as the user who started last, or move it away."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise RunError(
                f"Handoff runs from this directory already, at {lock.read()}: use that, or stop it."
            ) from error
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


@contextmanager
def _told_to_manage(var: Path) -> Iterator[None]:
    """While it runs, `manage.py` finds the same servers in another terminal without being told."""
    file = var / RUNNING
    names = ["HANDOFF_DEMO", "DATABASE_URL", "REDIS_URL", "BASE_URL"]
    names += [name for name in EMPTY if name in os.environ]
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:  # noqa: PTH123 no chmod after
        out.writelines(f"{name}='{os.environ[name]}'\n" for name in names)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _check_port(port: str) -> None:
    if not (port.isdigit() and 0 < int(port) < 65536):
        raise RunError(f"HANDOFF_PORT is {port!r}, and a port is a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HANDOFF_BIND", "127.0.0.1"), int(port)))
        except OSError as error:
            raise RunError(f"Port {port} cannot be used ({error.strerror}). Try: HANDOFF_PORT=8001 make run") from error


def _serve(address: str, make: "Make") -> int:
    print("Preparing the database ...", flush=True)
    _manage("migrate", "--verbosity=0", "--no-input")
    accounts = _manage("demo") if os.environ["HANDOFF_DEMO"] == "1" else _begin_empty()
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # a child of a fork server would be tied to that instead
    manager = TiedManager(partial(_watch, address, accounts, make))
    for name, command in parse_procfile((BASE_DIR / "Procfile").read_text()).processes.items():
        manager.add_process(name, command)
    manager.loop()
    is_asked_to_stop = manager.returncode in (130, 143)
    return 0 if is_asked_to_stop else manager.returncode or 1


def _settings_of_empty(var: Path) -> dict[str, str]:
    """What an installation without the demo needs on this machine, and is not given. The key is kept."""
    given = {
        "HANDOFF_INSECURE_HTTP": "1",
        "STATIC_ROOT": str(var / "static"),
        "SECRET_KEY": _kept_key(var),
        "EMAIL_URL": f"filemail:///{var / 'outbox'}",
    }
    return {name: os.environ.get(name) or value for name, value in given.items()}


def _kept_key(var: Path) -> str:
    file = var / "secret_key"
    if not file.exists():
        with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:  # noqa: PTH123 no chmod after
            out.write(secrets.token_urlsafe(50))
    return file.read_text()


def _begin_empty() -> str:
    """Without the demo: its own static files, and a link by which the first account is made."""
    _manage("collectstatic", "--no-input", "--verbosity=0")
    return _manage("first_account")


def _manage(*arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=die_with_parent(),
    )
    if done.returncode:
        raise RunError(f"manage.py {arguments[0]} failed:\n{done.stdout}")
    return done.stdout


def _watch(address: str, accounts: str, make: "Make") -> None:
    """Say when the page answers, and pass on what make does not."""
    is_announced = False
    while not make.is_over():
        if not is_announced and _answers(f"http://127.0.0.1:{os.environ['HANDOFF_PORT']}/"):
            print(
                f"\nHandoff is ready: {address}\n\n{accounts}\n{_where_mail_goes()}Stop it with Ctrl-C.\n", flush=True
            )
            is_announced = True
        time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310 - our own
            return bool(page.status == 200)
    except OSError:
        return False


def _where_mail_goes() -> str:
    if not os.environ.get("EMAIL_URL", "filemail:").startswith("filemail:"):
        return ""
    return f"Messages are files in {os.environ['HANDOFF_VAR']}/outbox, until EMAIL_URL names a mail server.\n"


class Make:
    """The make that has started this. It passes SIGTERM on, but at SIGINT to itself alone it waits for its child."""

    def __init__(self) -> None:
        self.pid = os.getppid() if "MAKELEVEL" in os.environ else None
        self.had_handler = self._has_handler()

    def is_over(self) -> bool:
        """Whether make has died, or was told to stop: it then takes its handler of SIGINT away."""
        return self.pid is not None and (os.getppid() != self.pid or (self.had_handler and not self._has_handler()))

    def _has_handler(self) -> bool:
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return False  # no Linux
        caught = re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)
        return caught is not None and bool(int(caught[1], 16) & 1 << (signal.SIGINT - 1))


class TiedProcess(HookedProcess):
    """One that dies with the launcher, even by SIGKILL: honcho stops its processes only when it is asked to."""

    def run(self, *args: Any, **kwargs: Any) -> None:
        parent = multiprocessing.parent_process()
        die_with_parent(parent=parent.pid if parent else None)()
        self.start_program_by(partial(Popen, preexec_fn=die_with_parent()))
        super().run(*args, **kwargs)


class TiedManager(HookedManager):
    """Starts the watch after the processes: a program with threads should not fork."""

    def __init__(self, watch: Callable[[], None]) -> None:
        super().__init__(TiedProcess)
        self.watch = watch

    def has_started(self) -> None:
        Thread(target=self.watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
