"""An upgrade without a stop: the release before runs on the new schema, and the schema goes forward and back."""

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader

from tests.config.running import BASE_DIR

pytestmark = pytest.mark.slow

BEFORE = "6082751"  # the release before; set it to the newest tag with each release
OF_US = ("leads", "sla", "handoff")
LIFE = """
from django.contrib.auth.models import Group
from handoff import workflow
from handoff.alerts import deliver
from handoff.integrity import disagreements
from handoff.reports import rollup
from handoff.sweep import sweep
from leads.models import Lead, User
from sla.models import Calendar, Destination, Policy, Step

def person(name, role):
    user = User.objects.create_user(name, f"{name}@handoff.example", "demo")
    user.groups.set(Group.objects.filter(name=role))
    return user

ada, mia = person("ada", "Sales rep"), person("mia", "Marketer")
days = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
calendar = Calendar.objects.create(key="always", version=1, name="Always", weekly=days, zone="UTC")
owner = Destination.objects.create(name="Owner", audience="owner", medium="email")
policy = Policy.objects.create(
    key="accept", name="Accept", metric="time_to_accept", target_seconds=1, calendar=calendar
)
Step.objects.create(policy=policy, percent=100, after_seconds=0).tells.set([owner])
one, other = (Lead.objects.create(name=name, email=f"{name}@buyer.example") for name in ("dana", "kim"))
for lead in (one, other):
    workflow.promote(lead.pk, by=mia, owner=ada)
workflow.accept(one.pk, by=ada)
workflow.touch(one.pk, by=ada, channel="call", outcome="reached")
import time
time.sleep(1.5)
fired = sweep()
workflow.reject(other.pk, by=ada, reason="wrong_territory")
sent = deliver()
rollup.fold()
print(fired > 0, sent > 0, [*disagreements(), *rollup.disagreements()])
"""

Manage = Callable[..., str]


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The code of the release before."""
    archived = subprocess.run(["git", "archive", BEFORE], cwd=BASE_DIR, capture_output=True, check=False)  # noqa: S607
    if archived.returncode:
        pytest.fail(f"The commit {BEFORE} is not in this clone, and the test compares with it: git fetch --unshallow")
    place = tmp_path / "before"
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place


@pytest.fixture
def manage(tmp_path: Path) -> Iterator[Manage]:
    """manage.py of either release, on one database of this test's own."""
    name = f"upgrade_{os.getpid()}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}")
        admin.execute(f"CREATE DATABASE {name}")

    environment = {name: os.environ[name] for name in ("PATH", "REDIS_URL")}
    environment |= {"HANDOFF_DEMO": "1", "ENV_FILE": os.devnull, "HANDOFF_VAR": str(tmp_path / "var")}
    environment |= {"DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}

    def run(code: Path, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield run
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_release_before_runs_on_the_new_schema(before: Path, manage: Manage) -> None:
    manage(BASE_DIR, "migrate", "--verbosity=0")
    assert manage(before, "shell", "--command", LIFE).splitlines()[-1] == "True True []"
    manage(BASE_DIR, "check_integrity")


def test_the_schema_goes_forward_and_back_under_the_data_of_the_release_before(before: Path, manage: Manage) -> None:
    manage(before, "migrate", "--verbosity=0")
    manage(before, "demo")
    manage(BASE_DIR, "migrate", "--verbosity=0")
    # The release before charged an overdue clock to whoever took the lead over: that is all there is to mend.
    assert mended(manage(BASE_DIR, "rebuild_clocks")) <= {"owner_id"}
    manage(BASE_DIR, "check_integrity")
    for app, leaf in leaves(before).items():
        manage(BASE_DIR, "migrate", app, leaf, "--verbosity=0")
    assert mended(manage(before, "rebuild_clocks")) <= {"owner_id"}
    manage(before, "check_integrity")
    manage(BASE_DIR, "migrate", "--verbosity=0")


def test_columns_that_are_added_have_a_value_for_whoever_does_not_know_them(before: Path) -> None:
    """Else each INSERT of the release before fails as soon as the schema is there."""
    known = {(path.parent.parent.name, path.stem) for path in before.glob("*/migrations/0*.py")}
    loader = MigrationLoader(None)
    for (app, name), migration in loader.disk_migrations.items():
        if app in OF_US and (app, name) not in known:
            for operation in migration.operations:
                if isinstance(operation, AddField) and not operation.field.null and not operation.field.many_to_many:
                    assert operation.field.has_db_default(), f"{app}.{name}: {operation.model_name}.{operation.name}"


def mended(shown: str) -> set[str]:
    """The columns of clocks that were otherwise, as `rebuild_clocks` shows them."""
    differences = [line for line in shown.splitlines() if line.startswith("Lead ")]
    assert all(" is " in line and "other alarms" not in line for line in differences), shown
    return {column for line in differences for column in re.findall(r"(\w+) is [^;]+, should be", line)}


def leaves(code: Path) -> dict[str, str]:
    """The newest migration of each app, in the order in which they are taken back."""
    newest = {app: max(path.stem for path in (code / app / "migrations").glob("0*.py")) for app in OF_US}
    return dict(reversed(newest.items()))
