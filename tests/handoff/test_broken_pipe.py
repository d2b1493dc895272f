"""A command whose reader goes away, as `head` does, ends in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

MANAGE = str(Path(settings.BASE_DIR) / "manage.py")


@pytest.mark.parametrize("command", [["report", "--help"], ["diffsettings", "--all"]])
def test_a_command_that_nobody_reads_prints_no_traceback(command: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)  # before the first line is printed
    with os.fdopen(write, "wb") as output:
        done = subprocess.run([sys.executable, MANAGE, *command], stdout=output, stderr=subprocess.PIPE, check=False)
    assert done.stderr.decode() == ""
