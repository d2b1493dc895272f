"""The people of the tests, for every test of this folder, and many doors at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from tests.world import world

__all__ = ["at_once", "world"]


def at_once(count: int, do: Callable[[int], Any]) -> list[Any]:
    barrier = Barrier(count)

    def start(number: int) -> Any:
        barrier.wait()
        try:
            return do(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))
