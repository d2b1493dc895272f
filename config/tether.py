"""How a server's process runs: as whom, and no longer than its parent."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(sig: signal.Signals = signal.SIGKILL, parent: int | None = None) -> Callable[[], None]:
    """A `preexec_fn` that makes the kernel send `sig` to the child when its parent (this process) dies; Linux only."""
    parent = parent or os.getpid()

    def tie() -> None:
        if LIBC is None:
            return
        LIBC.prctl(PR_SET_PDEATHSIG, int(sig))
        if os.getppid() != parent:  # it died before the kernel was asked
            os.kill(os.getpid(), sig)

    return tie


@dataclass(frozen=True)
class User:
    """Whom PostgreSQL runs as. Only root can be someone else than itself."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    @property
    def popen(self) -> dict[str, Any]:
        """The arguments that make `subprocess` run something as this user."""
        # "/", because the directory root stands in may be closed to this user.
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"} if self.is_other else {"cwd": "/"}

    def own(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether this user may enter that directory, or execute that program: ask the kernel."""
        return subprocess.run(["test", "-x", path.absolute()], check=False, **self.popen).returncode == 0  # noqa: S607


def ordinary_user() -> User:
    """This user, or for root somebody that every system has: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return _user(os.geteuid())
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name, entry.pw_uid, entry.pw_gid)
    raise LookupError("PostgreSQL refuses to run as root, and there is no user `nobody`: run this as an ordinary user.")


def owner(path: Path) -> User:
    return _user(path.stat().st_uid)


def _user(uid: int) -> User:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return User(f"user {uid}", uid, os.getegid())
    return User(entry.pw_name, uid, entry.pw_gid)
