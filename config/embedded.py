"""Start PostgreSQL and Redis from wheels (or the system), for `make run` and for the tests."""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import redis

from config.programs import NoProgramError, find_postgres, find_redis, within_reach
from config.tether import User, die_with_parent, ordinary_user, owner

Command = list[str | Path]
START_SECONDS = 60
STOP_SECONDS = 30


class ServerError(Exception):
    """A server cannot be started; the message says what to do."""


@contextmanager
def servers(data: Path | None = None) -> Iterator[dict[str, str]]:
    """Yield DATABASE_URL and REDIS_URL of servers that live as long as the block.

    With `data` the database is durable and stays there; without, it is quick and forgotten. A variable that is
    set already is left alone, and no server is started for it.
    """
    urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    with ExitStack() as stack:
        if len(urls) < 2:
            place = stack.enter_context(nest())
        if "DATABASE_URL" not in urls:
            urls["DATABASE_URL"] = stack.enter_context(postgres(place, data))
        if "REDIS_URL" not in urls:
            urls["REDIS_URL"] = stack.enter_context(redis_server(place))
        yield urls


def is_locked(path: Path) -> bool:
    """Whether a living process holds this lock file."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def nest() -> Iterator[Path]:
    """A directory with a short path, for the sockets and for what may be forgotten."""
    parent = Path(tempfile.gettempdir())
    # A socket's path may have 107 bytes, and some TMPDIRs are longer or closed to the user that PostgreSQL gets.
    if len(str(parent)) > 60 or not ordinary_user().reaches(parent):
        parent = Path("/tmp")  # noqa: S108 - mkdtemp makes the directory below
    _sweep(parent)
    place = Path(tempfile.mkdtemp(prefix="handoff-", dir=parent))
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place.chmod(0o711)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the nests of launchers that were killed."""
    for lock in parent.glob("handoff-*/lock"):
        try:
            # One that is a minute old has taken its lock, if it lives.
            is_old = lock.stat().st_mtime < time.time() - 60
            if is_old and lock.stat().st_uid == os.geteuid() and not is_locked(lock):
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # somebody else's, or another sweep was faster


@contextmanager
def postgres(place: Path, durable: Path | None) -> Iterator[str]:
    """Yield its address in a nest. Whoever enters it again there gets the same address, after a crash too."""
    home = _home(durable) if durable else place
    data = home / "postgres"
    user = _user_of(data)
    programs = within_reach(find_postgres(), user, home)
    if not data.exists():
        _initdb(programs, data, user, is_durable=durable is not None)
    _check_version(programs, data)
    _forget_stale_pid(data)
    socket = place / "pg"
    shutil.rmtree(socket, ignore_errors=True)  # of one that crashed
    socket.mkdir(mode=0o700)
    user.own(socket)
    options: dict[str, str | Path] = {"listen_addresses": "", "unix_socket_directories": socket, "log_timezone": "UTC"}
    if durable is None:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command: Command = [programs / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())]
    log = (durable or place) / "postgres.log"
    with _process(command, log, user, stop=signal.SIGINT) as process:
        _wait(process, "PostgreSQL", log, lambda: _is_ready(data, process.pid))
        _create_database(socket)
        yield f"postgres://handoff@/handoff?host={socket}"


def _home(durable: Path) -> Path:
    """`durable`, or a directory that stands in for it where PostgreSQL's user may not enter it, as below /root."""
    durable.mkdir(parents=True, exist_ok=True)
    elsewhere = durable / "elsewhere"
    if elsewhere.exists():
        return elsewhere.resolve()
    if (durable / "postgres").exists() or ordinary_user().reaches(durable):
        return durable
    home = Path(tempfile.mkdtemp(prefix="handoff-", dir="/var/lib"))
    home.chmod(0o711)
    elsewhere.unlink(missing_ok=True)  # it led nowhere
    elsewhere.symlink_to(home)
    return home


def _user_of(data: Path) -> User:
    """Who owns the data, else who shall."""
    if not data.exists():
        return ordinary_user()
    user = owner(data)
    if (user.is_other and os.geteuid() != 0) or not user.reaches(data):
        raise ServerError(f"{data} belongs to {user.name}. Start as the user who started last, or move it away.")
    return user


def _initdb(programs: Path, data: Path, user: User, *, is_durable: bool) -> None:
    unfinished = data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    user.own(unfinished)
    locale = (
        ["--locale=C.UTF-8"]
        if _major(programs) < 17
        else ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    )
    command: Command = [
        programs / "initdb",
        "-D",
        unfinished,
        "--username=handoff",
        "--auth=trust",
        "--encoding=UTF8",
        *locale,
    ]
    if not is_durable:
        command.append("--no-sync")
    done = subprocess.run(command, capture_output=True, text=True, check=False, **user.popen)
    if done.returncode:
        raise ServerError(f"PostgreSQL's initdb failed: {done.stderr.strip()}")
    unfinished.rename(data)  # only a finished one gets the name


def _major(programs: Path) -> int:
    """18 for `postgres (PostgreSQL) 18.4`."""
    version = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.split("(PostgreSQL)")[1].strip().partition(".")[0])


def _check_version(programs: Path, data: Path) -> None:
    made_by, installed = int((data / "PG_VERSION").read_text()), _major(programs)
    if made_by != installed:
        raise ServerError(
            f"{data} was made by PostgreSQL {made_by}, this is {installed}: move it away, or use that version."
        )


def _forget_stale_pid(data: Path) -> None:
    """Stop a server that was left behind; forget one that is gone, though its number may be another process's now."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return
    if _serves(pid, data):
        os.kill(pid, signal.SIGINT)
        _until(lambda: not _serves(pid, data), STOP_SECONDS)
        return
    # Sessions outlive a server that was killed while they are busy, and its file is what keeps a second server out.
    _until(lambda: not _is_in_use(data), STOP_SECONDS)
    if _is_in_use(data):
        raise ServerError(f"A PostgreSQL that was killed still works on {data}: try again when its processes are gone.")
    pid_file.unlink(missing_ok=True)


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is a PostgreSQL on this data; where there is no /proc, whether it is alive."""
    if Path("/proc/self").exists():
        return Path(f"/proc/{pid}/cwd").exists() and Path(f"/proc/{pid}/cwd").samefile(data)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _is_in_use(data: Path) -> bool:
    """Whether any process of a PostgreSQL is at home there."""
    for home in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if home.samefile(data):
                return True
        except OSError:
            continue  # it has just ended, or belongs to somebody else
    return False


def _is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _create_database(socket: Path) -> None:
    with psycopg.connect(host=str(socket), user="handoff", dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'handoff'").fetchone():
            connection.execute("CREATE DATABASE handoff")


@contextmanager
def redis_server(place: Path) -> Iterator[str]:
    """Yield its address in a nest, the same each time."""
    socket, log = place / "redis.sock", place / "redis.log"
    # Nothing is saved: it carries wake-ups and counters, and what must not be lost is in PostgreSQL.
    options: dict[str, str | Path] = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "save": "",
        "databases": "64",
    }
    options |= {"appendonly": "no", "dir": place}
    command: Command = [find_redis(), *(part for name, value in options.items() for part in (f"--{name}", value))]
    url = f"unix://{socket}"
    with _process(command, log, None, stop=signal.SIGTERM) as process:
        _wait(process, "Redis", log, lambda: _answers(url))
        yield url


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


@contextmanager
def _process(command: Command, log: Path, user: User | None, stop: signal.Signals) -> Iterator[subprocess.Popen[bytes]]:
    """A server that gets `stop` when the block ends, or when this process is killed."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    with log.open("wb") as output:
        process = subprocess.Popen(  # a session of its own, so that Ctrl-C does not reach it before its clients
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
            preexec_fn=die_with_parent(stop),  # noqa: PLW1509 - one thread, as PDEATHSIG demands anyway
            **(user.popen if user else {}),
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], name: str, log: Path, is_ready: Callable[[], bool]) -> None:
    _until(lambda: is_ready() or process.poll() is not None, START_SECONDS)
    if process.poll() is not None or not is_ready():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
        raise ServerError(f"{name} did not start. The end of {log}:\n{tail}")


def _until(is_done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded", description="Run a command with servers of its own."
    )
    parser.add_argument("--data", type=Path, help="keep the database here, and make it durable")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped on the way out
    try:
        with servers(arguments.data and arguments.data.absolute()) as urls:
            return subprocess.run(
                arguments.command, env=os.environ | urls, check=False, preexec_fn=die_with_parent()
            ).returncode
    except (ServerError, NoProgramError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
