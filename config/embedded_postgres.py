"""PostgreSQL from a wheel (or the system), in a nest of `config.embedded`: durable, or quick and forgotten."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config.programs import find_postgres, within_reach
from config.server_process import STOP_SECONDS, Command, ServerError, process, until, wait_until_ready
from config.tether import User, ordinary_user, owner


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
    with process(command, log, user, stop=signal.SIGINT) as child:
        wait_until_ready(child, "PostgreSQL", log, lambda: _is_ready(data, child.pid))
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
        until(lambda: not _serves(pid, data), STOP_SECONDS)
        return
    # Sessions outlive a server that was killed while they are busy, and its file is what keeps a second server out.
    until(lambda: not _is_in_use(data), STOP_SECONDS)
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
