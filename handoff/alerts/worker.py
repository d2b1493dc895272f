"""What the processes of one Celery worker share, as they are its forks: whether it shuts down, and who delivers."""

import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_shared = mmap.mmap(-1, 1)  # one byte of memory that the forks have in common
with tempfile.TemporaryFile() as _nameless:
    _file = os.dup(_nameless.fileno())  # its lock is the turn to deliver, which ends with the process that holds it
_thread = Lock()  # the kernel's lock is the process's; this one is among its threads
_SHUTTING_DOWN, _HAS_ONE_PROCESS = 1, 2


def begin_shutdown() -> None:
    _shared[0] |= _SHUTTING_DOWN


def is_shutting_down() -> bool:
    return bool(_shared[0] & _SHUTTING_DOWN)


def begin(processes: int) -> None:
    """Note how many processes the worker has, as it starts."""
    _shared[0] = _HAS_ONE_PROCESS if processes < 2 else 0


def has_one_process() -> bool:
    """Then whoever delivers must make room for the sweep."""
    return bool(_shared[0] & _HAS_ONE_PROCESS)


@contextmanager
def turn_to_deliver() -> Iterator[bool]:
    """One process of a worker delivers, so that the others are free to sweep while it waits for slow servers.

    Tell whether it is this one. Whoever is killed loses the turn at once; whoever is frozen stops its own worker only.
    """
    if not _thread.acquire(blocking=False):
        yield False
        return
    try:
        fcntl.lockf(_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        is_mine = False
    else:
        is_mine = True
    try:
        yield is_mine
    finally:
        if is_mine:
            fcntl.lockf(_file, fcntl.LOCK_UN)
        _thread.release()
