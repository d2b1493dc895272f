"""The soak in its short form: every kind of fault, hundreds of alarms, seconds instead of minutes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from tests.config.running import left_in, until

pytestmark = pytest.mark.slow

SOAK = [sys.executable, "-m", "benchmarks.soak", "--short", "--json"]


@pytest.fixture
def place():
    path = Path(tempfile.mkdtemp(prefix="soak-", dir="/tmp"))  # pytest's own are too long for a socket
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def soak(place):
    """Start a soak in that directory; it has servers of its own."""
    running = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        environment = os.environ | {"TMPDIR": str(place)}
        with (place / "progress").open("w") as progress:
            soak = subprocess.Popen(
                [*SOAK, *arguments],
                cwd=settings.BASE_DIR,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=progress,
                text=True,
            )
        running.append(soak)
        return soak

    yield start
    for soak in running:
        soak.kill()
        soak.communicate()
    until(lambda: not left_in(place), 30)


def test_no_alarm_message_or_act_is_lost_or_doubled_whatever_is_killed(soak):
    run = soak("--minutes", "0.2", "--faults", "27", "--alarms", "200", "--movers", "2", "--seed", "20260302")
    report = json.loads(run.communicate(timeout=500)[0])
    assert report["faults_found"] == []
    assert len(report["faults_by_kind"]) == 26 + (os.geteuid() == 0)  # root alone can mount a disk to fill up
    assert report["alarms_fired"] >= 200
    assert report["alarms_checked"] > report["alarms_fired"]
    assert report["acts_acknowledged"] > 30
    assert report["deliveries_arrived"] == report["deliveries"] > 30
    assert run.returncode == 0


def test_a_soak_that_is_told_to_stop_leaves_nothing_behind(soak, place):
    run = soak("--minutes", "10", "--workers", "1", "--movers", "1")
    until(lambda: list(place.glob("handoff-*/acts-*")), 300)
    assert len(left_in(place)) > 8  # two servers, two sinks, beat, sweeper, worker, mover, and itself
    run.send_signal(signal.SIGTERM)
    assert run.wait(60) == 143
    assert left_in(place) == []
    assert list(place.glob("handoff-*")) == []
