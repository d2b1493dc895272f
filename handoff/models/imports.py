"""A file that is brought in, as a record: who, when, what was understood, how far it has come, and what it changed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from leads.models import Via


class ImportState(models.TextChoices):
    DRAFT = "draft", "Draft"
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"
    UNDOING = "undoing", "Undoing"
    UNDONE = "undone", "Undone"


IN_PROGRESS = (ImportState.WAITING, ImportState.RUNNING, ImportState.UNDOING)
ENDED = (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED)


class Import(models.Model):
    """One file and what became of its rows. A worker resumes it after the first `cursor` rows."""

    kind = models.CharField(max_length=20)
    system = models.CharField(max_length=40, blank=True, db_default="", default="")
    file_name = models.CharField(max_length=200)
    content = models.BinaryField(null=True, help_text="The file. Deleted some days after the import has ended.")
    size = models.BigIntegerField(db_default=0, default=0, help_text="Bytes of the file.")
    stated = models.JSONField(db_default={}, default=dict, help_text="What its author said of the file.")
    layout = models.JSONField(db_default={}, default=dict, help_text="How the file is read, once it was understood.")
    understanding = models.JSONField(db_default={}, default=dict, help_text="The same for people and programs.")
    remembered = models.JSONField(db_default={}, default=dict, help_text="The same for the next file of the system.")
    is_preview_wanted = models.BooleanField(
        db_default=False, default=False, help_text="A worker is to try all rows of the draft."
    )
    preview = models.JSONField(db_default={}, default=dict, help_text="What a dry run of it has shown.")
    complaints = models.JSONField(db_default=[], default=list, help_text="Refusals and warnings, by kind.")
    state = models.CharField(max_length=8, choices=ImportState, db_default=ImportState.DRAFT, default=ImportState.DRAFT)
    total = models.PositiveIntegerField(db_default=0, default=0, help_text="Rows of the file.")
    created = models.PositiveIntegerField(db_default=0, default=0)
    updated = models.PositiveIntegerField(db_default=0, default=0)
    unchanged = models.PositiveIntegerField(db_default=0, default=0)
    refused = models.PositiveIntegerField(db_default=0, default=0)
    warnings = models.PositiveIntegerField(db_default=0, default=0)
    cursor = models.BigIntegerField(db_default=0, default=0, help_text="Rows that were dealt with.")
    reverted = models.PositiveIntegerField(db_default=0, default=0, help_text="Records that were undone.")
    kept = models.PositiveIntegerField(db_default=0, default=0, help_text="Records that could not be undone.")
    undo_cursor = models.BigIntegerField(db_default=0, default=0, help_text="The last lead that was dealt with.")
    note = models.TextField(blank=True, db_default="", default="", help_text="Why it was stopped, or has failed.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    via = models.CharField(max_length=8, choices=Via, db_default=Via.CONSOLE, default=Via.CONSOLE)
    request_id = models.CharField(max_length=64, blank=True, db_default="", default="")
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=IN_PROGRESS) | Q(is_preview_wanted=True),
                name="import_to_go_on_with",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def done(self) -> int:
        """The rows that were dealt with."""
        return self.created + self.updated + self.unchanged + self.refused

    @property
    def is_in_progress(self) -> bool:
        return self.state in IN_PROGRESS

    def has_file(self) -> bool:
        """Whether the file is still there, without reading it: it may be large."""
        return Import.objects.filter(pk=self.pk, content__isnull=False).exists()

    @property
    def is_historical(self) -> bool:
        return bool(self.stated.get("historical"))

    def counts(self) -> dict[str, int]:
        names = ("created", "updated", "unchanged", "refused", "warnings")
        return {name: getattr(self, name) for name in names}


class RowOutcome(models.TextChoices):
    REFUSED = "refused", "Refused"
    WARNING = "warning", "Warning"
    KEPT = "kept", "Not undone"


class ImportRow(models.Model):
    """A row that was refused, with its cells as the file has them; or one that was strange, or could not be undone."""

    of_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.BigIntegerField(help_text="As a spreadsheet shows it; 0 where it is about no row.")
    outcome = models.CharField(max_length=8, choices=RowOutcome)
    reason = models.TextField()
    field = models.CharField(max_length=80, blank=True, db_default="", default="")
    cells = models.JSONField(db_default=[], default=list)
    lead_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["number", "id"]
        indexes = [models.Index(fields=["of_import", "outcome", "number"], name="import_rows_by_outcome")]

    def __str__(self) -> str:
        return f"Row {self.number}: {self.reason}"


class ImportChange(models.Model):
    """A row of the database that an import made or changed. Triggers write it: no door and no kind can forget to.

    It is what the import can be undone by, so it is deleted with the file.
    """

    # Without a constraint: its check would cost more than the row.
    of_import = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="changes", db_constraint=False, db_index=False
    )
    table = models.CharField(max_length=40)
    row_id = models.BigIntegerField()
    lead_id = models.BigIntegerField(null=True)
    is_new = models.BooleanField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["of_import", "lead_id", "id"], name="import_changes_of_lead")]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}"


class StatedRow(models.Model):
    """What the rows of an import in progress have stated of a record so far; deleted when the import has ended.

    It is in the database, as an import may go on in another process, and may have any number of rows.
    """

    of_import = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="stated_rows", db_constraint=False, db_index=False
    )
    key = models.UUIDField(help_text="A digest of what the row was about.")
    row = models.BigIntegerField(help_text="The first row about it.")
    names = models.TextField(blank=True, db_default="", default="", help_text="The facts that it has given.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of_import", "key"], name="stated_row_once")]

    def __str__(self) -> str:
        return f"{self.key}: row {self.row}"


class FileMapping(models.Model):
    """How files of a kind from one system were understood last, to be offered for the next one."""

    system = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    remembered = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(db_default=Now(), default=timezone.now)

    class Meta:
        ordering = ["system", "kind"]
        constraints = [models.UniqueConstraint(fields=["system", "kind"], name="file_mapping_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.system}"

    @classmethod
    def keep(cls, remembered: dict[str, Any], by: Any) -> None:
        """Remember this one in the place of an earlier one."""
        cls.objects.update_or_create(
            system=remembered["system"],
            kind=remembered["kind"],
            defaults={"remembered": remembered, "by": by, "saved_at": timezone.now()},
        )
