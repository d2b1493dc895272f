"""Rows that were written or read by statements of our own, marked as the ORM marks them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django_fsm import ConcurrentTransitionMixin


def mark_written(row: Model, *lacking: str) -> None:
    """As after `save()` of a new row. What points at it by these names is known not to be there."""
    row._state.adding, row._state.db = False, connection.alias
    row._state.fields_cache |= dict.fromkeys(lacking)


def mark_moved(row: ConcurrentTransitionMixin) -> None:
    """As django-fsm-2 does after it has saved: the next move is checked against the state of now."""
    row._update_initial_state()


def keep_prefetched(row: Model, lists: Mapping[str, Sequence[Any]]) -> None:
    """As `prefetch_related` keeps what it has read for the related managers of a row."""
    prefetched = {}
    for name, rows in lists.items():
        # Not by the manager, which takes ten times as long to make. Whoever filters it gets nothing, not other rows.
        kept = QuerySet[Any](getattr(type(row), name).rel.related_model)
        kept.query.set_empty()
        kept._result_cache = list(rows)
        prefetched[name] = kept
    vars(row)["_prefetched_objects_cache"] = prefetched
