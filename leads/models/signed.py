"""What both sides sign: a version is in force once one person of each side has signed it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from django.conf import settings
from django.db import models

T = TypeVar("T")
_kept: ContextVar[dict[Any, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Read what is in force at most once until the end: for many acts in a transaction that signs nothing."""
    before = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(before)


def kept(key: Any, read: Callable[[], T]) -> T:
    """What `read` returns, or has returned since `read_once`."""
    values = _kept.get()
    if values is None:
        return read()
    if key not in values:
        values[key] = read()
    value: T = values[key]
    return value


class Signed(models.Model):
    """One version of what marketing and sales agree on."""

    marketing_signatory = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sales_signatory = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    active_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def digest(self) -> str:
        """Of all that a signature covers, so that a signature can name what the signer read."""
        read = json.dumps(self.covered, sort_keys=True, ensure_ascii=False)
        return sha256(read.encode()).hexdigest()

    @property
    def covered(self) -> Any:
        """What a signature covers, as JSON can hold it."""
        raise NotImplementedError

    def come_into_force(self, at: datetime) -> list[str]:
        """Be in force from a moment on, unsaved; return the names of the columns that say so."""
        self.active_from = at
        return ["active_from"]

    @property
    def summary(self) -> str:
        """What a message about it says, in a sentence or a few."""
        raise NotImplementedError
