"""Something done at the same time, which waits for a lock that the test holds."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections


class Waiting:
    """Something done in a thread with a connection of its own, which waits for a lock that this thread holds."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run, args=[do])
        self.thread.start()
        deadline = time.monotonic() + 10
        while not _is_blocking():
            assert time.monotonic() < deadline, "the thread does not wait for a lock of this one"
            time.sleep(0.02)

    def end(self) -> Exception | None:
        self.thread.join(10)
        return self.error

    def _run(self, do: Callable[[], Any]) -> None:
        try:
            do()
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()


def _is_blocking() -> bool:
    """Another session waits for this one: that any waits would be true of the databases of other tests, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
