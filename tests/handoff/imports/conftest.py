"""Bring a small file in, by the command, as a user does."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command


@dataclass(frozen=True)
class Imported:
    """What the command said: its exit status, its counts, and the outcome and the reason of each row."""

    status: int
    counts: dict[str, int]
    outcomes: list[str]
    reasons: list[str]
    errors: str


Import = Callable[..., Imported]
Explain = Callable[..., str]


@pytest.fixture
def bring_in(tmp_path: Path) -> Import:
    def run(kind: str, content: str | bytes, *options: str, system: str = "hubspot") -> Imported:
        file, report = tmp_path / "file.csv", tmp_path / "report.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        out, errors, status = io.StringIO(), io.StringIO(), 0
        arguments: list[Any] = [kind, file, "--system", system, "--report", report, "--json", *options]
        try:
            call_command("import_csv", *arguments, stdout=out, stderr=errors)
        except SystemExit as stop:
            status = int(str(stop.code))
        rows = list(csv.DictReader(io.StringIO(report.read_text(encoding="utf-8-sig"))))
        counts = json.loads(out.getvalue().splitlines()[-1])
        return Imported(
            status, counts, [row["outcome"] for row in rows], [row["reason"] for row in rows], errors.getvalue()
        )

    return run


@pytest.fixture
def explain(tmp_path: Path) -> Explain:
    """How a file is understood, in the words of the command."""

    def run(content: str | bytes, *options: Any, kind: str = "leads") -> str:
        file, out = tmp_path / "file.csv", io.StringIO()
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        call_command("import_csv", kind, file, "--explain", *options, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    return run
