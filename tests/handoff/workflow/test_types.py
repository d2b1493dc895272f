"""A misspelled fact of a verb is found before it runs."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

CALLS = """
from handoff import workflow
from leads.models import User

def calls(max: User, ben: User) -> None:
    workflow.assign(1, by=max, owner=ben)
    workflow.accept(1, by=None)
    workflow.assign(1, by=max, ownr=ben)  # misspelled
    workflow.accept(1)  # without an actor
    workflow.reject(1, by=max)  # without a reason
    workflow.pause(1, by=max, cause="outage", until=5)  # of the wrong type
    workflow.rejct(1, by=max)  # no verb
"""


@pytest.mark.slow
def test_mypy_refuses_a_fact_that_the_verb_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "calls.py").write_text(CALLS)
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-error-summary"]
    answer = subprocess.run(
        [*command, str(tmp_path / "calls.py")], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )

    calls, lines = CALLS.splitlines(), answer.stdout.splitlines()
    refused = [calls[int(line.split(":")[1]) - 1].partition("# ")[2] for line in lines if ": error: " in line]
    expected = ["misspelled", "without an actor", "without a reason", "of the wrong type", "no verb"]
    assert refused == expected, answer.stdout + answer.stderr
    assert "ownr" in answer.stdout
