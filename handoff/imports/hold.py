"""For how long a chunk of rows keeps others from its leads: from the first lock on one to the commit."""

import time
from collections.abc import Callable
from typing import Any

_LOCKS = "FOR NO KEY UPDATE"


class Hold:
    """Sees every statement of a chunk, and so when its first leads are locked.

    Reading and cleaning rows comes before, and keeps nobody waiting: counted in, chunks would be smaller for nothing.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._locked_at: float | None = None

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if self._locked_at is None and _LOCKS in sql and context["cursor"].rowcount:
            self._locked_at = time.monotonic()
        return result

    @property
    def seconds(self) -> float:
        """At least half of the whole time: rows of new leads hold none, but those of the next chunk may."""
        now = time.monotonic()
        held = now - self._locked_at if self._locked_at is not None else 0.0
        return max(held, (now - self._began) / 2)
