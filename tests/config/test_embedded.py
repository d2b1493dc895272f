"""The embedded servers: they start, stay apart, survive what is stale, and leave nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from config import programs
from config.embedded import ServerError, servers
from config.tether import User
from tests.config.running import BASE_DIR, left_in, until


@pytest.fixture
def place(monkeypatch):
    """A directory of a test's own, and no servers in the environment."""
    path = Path(tempfile.mkdtemp(prefix="run-", dir="/tmp"))  # pytest's own are too long for a socket
    path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(path))
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name)
    yield path
    shutil.rmtree(path)


def test_the_tests_run_on_postgresql_and_redis():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.info.server_version >= 150000
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping()


def test_servers_that_are_given_are_used_and_none_are_started(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/handoff")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with servers(tmp_path / "var") as urls:
        assert urls == {"DATABASE_URL": "postgres://elsewhere/handoff", "REDIS_URL": "redis://elsewhere"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("find", "variable"), [(programs.find_postgres, "DATABASE_URL"), (programs.find_redis, "REDIS_URL")]
)
def test_without_any_program_the_error_names_all_three_ways(monkeypatch, tmp_path, find, variable):
    monkeypatch.setattr(programs, "_wheel", lambda _: tmp_path)
    monkeypatch.setattr(programs, "SYSTEM", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(programs.NoProgramError) as error:
        find()
    assert variable in str(error.value)
    assert "wheel" in str(error.value)
    assert "on this machine" in str(error.value)


def test_two_at_once_are_apart_and_nothing_is_left(place):
    with servers() as one, servers() as other:
        assert one["DATABASE_URL"] != other["DATABASE_URL"]
        redis.Redis.from_url(one["REDIS_URL"]).set("mine", "1")
        assert redis.Redis.from_url(other["REDIS_URL"]).get("mine") is None
    assert left_in(place) == []
    assert list(place.iterdir()) == []


@pytest.mark.slow
def test_data_survives_a_kill_and_a_stale_pid_file(place):
    data = place / "var"
    with servers(data) as urls:
        _execute(urls, "CREATE TABLE note AS SELECT 'kept' AS text")
        assert _execute(urls, "SHOW fsync") == "on"
        os.kill(_postmaster(data), signal.SIGKILL)
        until(lambda: len(left_in(place)) == 1, 10)  # Redis
    pid_file = next(data.resolve().glob("postgres/postmaster.pid"))
    # The number was given to another process since: this one.
    pid_file.write_text(f"{os.getpid()}\n" + pid_file.read_text().partition("\n")[2])
    with servers(data) as urls:
        assert _execute(urls, "SELECT text FROM note") == "kept"


BUSY_FOR_8_SECONDS = b"""
DO $$ DECLARE started timestamptz := clock_timestamp(); BEGIN
    WHILE clock_timestamp() < started + '8 s' LOOP END LOOP;
END $$
"""


@pytest.mark.slow
def test_a_session_that_outlives_its_server_is_waited_for(place):
    data = place / "var"
    with servers(data) as urls, closing(psycopg.connect(urls["DATABASE_URL"])) as busy:
        session = busy.info.backend_pid
        busy.pgconn.send_query(BUSY_FOR_8_SECONDS)
        time.sleep(0.5)
        os.kill(_postmaster(data), signal.SIGKILL)
    assert _lives(session)
    with servers(data) as urls:
        assert not _lives(session)
        assert _execute(urls, "SELECT 'well'") == "well"


@pytest.mark.slow
def test_a_killed_program_takes_its_servers_with_it_and_its_nest_is_swept(place):
    command = [sys.executable, "-m", "config.embedded", "--data", place / "var", "--", "sleep", "100"]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(place)}
    program = subprocess.Popen(command, cwd=BASE_DIR, env=environment)
    until(lambda: any(line.startswith("sleep") for line in left_in(place)), 30)
    program.kill()
    program.wait()
    until(lambda: not left_in(place), 30)
    assert left_in(place) == []
    log = (place / "var" / "postgres.log").read_text()
    assert "database system is shut down" in log
    (nest,) = place.glob("handoff-*")
    os.utime(nest / "lock", (time.time() - 100,) * 2)
    with servers():
        assert not nest.exists()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_below_a_directory_that_only_root_may_enter(place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "var"
    for expected in ("1", "2"):
        with servers(data) as urls:
            _execute(urls, "CREATE TABLE IF NOT EXISTS note (id int)")
            _execute(urls, "INSERT INTO note VALUES (1)")
            assert _execute(urls, "SELECT count(*)::text FROM note") == expected
    elsewhere = (data / "elsewhere").resolve()
    assert elsewhere.parent == Path("/var/lib")
    shutil.rmtree(elsewhere)


@pytest.mark.slow
def test_programs_that_cannot_be_reached_work_as_a_copy(place):
    class Stranger(User):
        def reaches(self, path: Path) -> bool:  # noqa: ARG002
            return False

    copy = programs.within_reach(programs.find_postgres(), Stranger("stranger", 1, 1), place)
    assert copy.is_relative_to(place)
    for name in ("postgres", "initdb"):
        done = subprocess.run([copy / name, "--version"], capture_output=True, text=True, check=True)
        assert "(PostgreSQL)" in done.stdout


@pytest.mark.slow
def test_data_of_another_version_is_told(place):
    data = place / "var"
    with servers(data):
        pass
    next(data.resolve().glob("postgres/PG_VERSION")).write_text("13\n")
    with pytest.raises(ServerError, match="was made by PostgreSQL 13"), servers(data):
        pass


def _lives(pid: int) -> bool:
    """It is there, and no zombie that nobody has asked after yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _execute(urls: dict[str, str], statement: str) -> str | None:
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def _postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
