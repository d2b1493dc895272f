"""Behind PgBouncer with pool_mode=transaction: everything works, and what would not is told."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from django.db import connection

from config.tether import die_with_parent
from tests.config.running import BASE_DIR, free_port, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LIFE = """
from django.contrib.auth.models import Group
from handoff import workflow
from handoff.alerts import deliver
from handoff.ladder import sweeper
from handoff.ladder.listening import listen
from handoff.ladder.sweep import sweep
from leads.models import Lead, User
from sla.alarms import CHANNEL

def person(name, role):
    user = User.objects.create_user(name, f"{name}@handoff.example", "demo")
    user.groups.set(Group.objects.filter(name=role))
    return user

lead = Lead.objects.create(name="Dana Fox", email="dana@buyer.example")
ada = person("ada", "Sales rep")
workflow.promote(lead.pk, by=person("mia", "Marketer"), owner=ada)
workflow.accept(lead.pk, by=ada)
sweep()
deliver()
listen(CHANNEL)
sweeper._sweep_and_sleep()
print([row.pk for row in Lead.objects.iterator()] == [lead.pk])
"""


@pytest.fixture
def pooled() -> Iterator[str]:
    """The address of the test's database by way of a PgBouncer."""
    server, port = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0], free_port()
    place = Path(tempfile.mkdtemp(prefix="pooler-", dir="/tmp"))
    place.chmod(0o755)
    (place / "users").write_text('"handoff" ""\n')
    (place / "pgbouncer.ini").write_text(
        f"""[databases]
{connection.settings_dict["NAME"]} = host={server} user=handoff
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""
    )
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "needs pgbouncer: apt-get install pgbouncer"
    user = ["-u", pwd.getpwuid(Path(server).stat().st_uid).pw_name] if os.geteuid() == 0 else []
    with (place / "log").open("wb") as log:
        running = subprocess.Popen(
            [program, *user, place / "pgbouncer.ini"],
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 the test is its only thread that forks
        )
    address = f"postgres://handoff@127.0.0.1:{port}/{connection.settings_dict['NAME']}"
    until(lambda: _answers(address), 20)
    assert _answers(address), (place / "log").read_text()
    yield address
    running.terminate()
    running.wait(10)
    shutil.rmtree(place)


def _answers(address: str) -> bool:
    try:
        with psycopg.connect(address, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"} | variables
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def test_what_is_declared_works(pooled: str) -> None:
    done = manage("shell", "--command", LIFE, DATABASE_URL=pooled, DATABASE_POOLER="transaction")
    assert done.stdout.endswith("True\n"), done.stderr


def test_a_pooler_that_is_not_declared_refuses_to_connect_and_loses_nothing_in_silence(pooled: str) -> None:
    done = manage("doctor", DATABASE_URL=pooled)
    assert done.returncode == 1
    assert "unsupported startup parameter" in done.stdout + done.stderr
    assert "DATABASE_POOLER" in done.stdout


def test_the_doctor_misses_the_limits_that_a_pooler_passes_on_from_nobody(pooled: str) -> None:
    done = manage("doctor", DATABASE_URL=pooled, DATABASE_POOLER="transaction")
    assert "ALTER ROLE" in done.stdout
