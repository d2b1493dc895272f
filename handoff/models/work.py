"""Work that may take longer than the request that asks for it: how it stands, and how it begins and ends."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class WorkState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


UNFINISHED = (WorkState.WAITING, WorkState.RUNNING)
IS_UNFINISHED = Q(state__in=UNFINISHED)
FINISHED_AT_A_MOMENT = IS_UNFINISHED & Q(finished_at=None) | ~IS_UNFINISHED & Q(finished_at__isnull=False)


class Work(models.Model):
    """A worker resumes what is unfinished. Others may do so too, or stop it: only the row says how it stands."""

    state = models.CharField(max_length=8, choices=WorkState, db_default=WorkState.WAITING, default=WorkState.WAITING)
    note = models.TextField(blank=True, db_default="", default="", help_text="Why it was stopped.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    def begin(self) -> bool:
        """Read the row as it stands now, whoever asked for it included. False when it is finished."""
        self._rows(state=WorkState.WAITING).update(state=WorkState.RUNNING, started_at=timezone.now())
        self.refresh_from_db()
        return self.state == WorkState.RUNNING

    def finish(self, state: WorkState, note: str = "") -> bool:
        """False when somebody else has finished it."""
        finished = self._rows(state__in=UNFINISHED).update(state=state, note=note, finished_at=timezone.now())
        return finished == 1

    def _rows(self, **stands: Any) -> models.QuerySet["Work"]:
        return type(self)._default_manager.filter(pk=self.pk, **stands)  # noqa: SLF001 an abstract model has no objects
