"""A file that is brought in is a record, with its rows, its changes and what is remembered of its system."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0020_unmerge"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("system", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("file_name", models.CharField(max_length=200)),
                (
                    "content",
                    models.BinaryField(help_text="The file. Deleted some days after the import has ended.", null=True),
                ),
                ("size", models.BigIntegerField(db_default=0, default=0, help_text="Bytes of the file.")),
                (
                    "stated",
                    models.JSONField(db_default={}, default=dict, help_text="What its author said of the file."),
                ),
                (
                    "layout",
                    models.JSONField(
                        db_default={}, default=dict, help_text="How the file is read, once it was understood."
                    ),
                ),
                (
                    "understanding",
                    models.JSONField(db_default={}, default=dict, help_text="The same for people and programs."),
                ),
                (
                    "remembered",
                    models.JSONField(
                        db_default={}, default=dict, help_text="The same for the next file of the system."
                    ),
                ),
                (
                    "is_preview_wanted",
                    models.BooleanField(
                        db_default=False, default=False, help_text="A worker is to try all rows of the draft."
                    ),
                ),
                ("preview", models.JSONField(db_default={}, default=dict, help_text="What a dry run of it has shown.")),
                (
                    "complaints",
                    models.JSONField(db_default=[], default=list, help_text="Refusals and warnings, by kind."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                            ("undoing", "Undoing"),
                            ("undone", "Undone"),
                        ],
                        db_default="draft",
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("total", models.PositiveIntegerField(db_default=0, default=0, help_text="Rows of the file.")),
                ("created", models.PositiveIntegerField(db_default=0, default=0)),
                ("updated", models.PositiveIntegerField(db_default=0, default=0)),
                ("unchanged", models.PositiveIntegerField(db_default=0, default=0)),
                ("refused", models.PositiveIntegerField(db_default=0, default=0)),
                ("warnings", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "cursor",
                    models.BigIntegerField(db_default=0, default=0, help_text="Rows that were dealt with."),
                ),
                (
                    "reverted",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Records that were undone."),
                ),
                (
                    "kept",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Records that could not be undone."),
                ),
                (
                    "undo_cursor",
                    models.BigIntegerField(db_default=0, default=0, help_text="The last lead that was dealt with."),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, db_default="", default="", help_text="Why it was stopped, or has failed."
                    ),
                ),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("console", "Console"),
                            ("api", "API"),
                            ("slack", "Slack"),
                            ("import", "Import"),
                            ("sweep", "Sweep"),
                            ("system", "System"),
                        ],
                        db_default="console",
                        default="console",
                        max_length=8,
                    ),
                ),
                ("request_id", models.CharField(blank=True, db_default="", default="", max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ImportChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=40)),
                ("row_id", models.BigIntegerField()),
                ("lead_id", models.BigIntegerField(null=True)),
                ("is_new", models.BooleanField()),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                (
                    "of_import",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="handoff.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(help_text="As a spreadsheet shows it; 0 where it is about no row.")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("refused", "Refused"), ("warning", "Warning"), ("kept", "Not undone")], max_length=8
                    ),
                ),
                ("reason", models.TextField()),
                ("field", models.CharField(blank=True, db_default="", default="", max_length=80)),
                ("cells", models.JSONField(db_default=[], default=list)),
                ("lead_id", models.BigIntegerField(null=True)),
                (
                    "of_import",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="handoff.import",
                    ),
                ),
            ],
            options={
                "ordering": ["number", "id"],
            },
        ),
        migrations.CreateModel(
            name="StatedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(help_text="A digest of what the row was about.")),
                ("row", models.BigIntegerField(help_text="The first row about it.")),
                (
                    "names",
                    models.TextField(blank=True, db_default="", default="", help_text="The facts that it has given."),
                ),
                (
                    "of_import",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stated_rows",
                        to="handoff.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FileMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=20)),
                ("remembered", models.JSONField(default=dict)),
                (
                    "saved_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["system", "kind"],
                "constraints": [models.UniqueConstraint(fields=("system", "kind"), name="file_mapping_once")],
            },
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ("waiting", "running", "undoing")), ("is_preview_wanted", True), _connector="OR"
                ),
                fields=["id"],
                name="import_to_go_on_with",
            ),
        ),
        migrations.AddIndex(
            model_name="importchange",
            index=models.Index(fields=["of_import", "lead_id", "id"], name="import_changes_of_lead"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["of_import", "outcome", "number"], name="import_rows_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="statedrow",
            constraint=models.UniqueConstraint(fields=("of_import", "key"), name="stated_row_once"),
        ),
    ]
