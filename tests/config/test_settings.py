"""What Handoff refuses to start with."""

import os
import subprocess
import sys

import pytest

from tests.config.running import BASE_DIR

SECRET = "k9Jd0pQxW7vTzR3mYb5LcN8hGfA2sEuX4iVo6KjHwQeZrTyUiO"


def _manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull} | variables
    command = [sys.executable, "manage.py", *(arguments or ("check",))]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        pytest.param({}, "Set SECRET_KEY", id="no secret"),
        pytest.param(
            {"SECRET_KEY": "not-a-secret-only-for-the-demo-and-the-tests-0123456789"},
            "Set SECRET_KEY",
            id="demo secret",
        ),
        pytest.param({"SECRET_KEY": SECRET, "DEBUG": "1"}, "DEBUG shows", id="debug"),
        pytest.param({"SECRET_KEY": SECRET, "DATABASE_URL": "sqlite:////tmp/x"}, "PostgreSQL only", id="sqlite"),
        pytest.param({"SECRET_KEY": SECRET, "DATABASE_POOLER": "session"}, "DATABASE_POOLER", id="unknown pooler"),
        pytest.param({"SECRET_KEY": SECRET, "TRUSTED_PROXIES": "0"}, "TRUSTED_PROXIES", id="no proxy trusted"),
    ],
)
def test_production_refuses_to_start(variables, message):
    refused = _manage(**variables)
    assert refused.returncode != 0
    assert message in refused.stderr


def _check(**variables: str) -> subprocess.CompletedProcess[str]:
    return _manage("check", "--deploy", "--fail-level", "WARNING", **{"SECRET_KEY": SECRET} | variables)


@pytest.mark.slow
def test_production_passes_the_deployment_check_once_its_static_files_are_collected(tmp_path):
    production = {"STATIC_ROOT": str(tmp_path), "ALLOWED_HOSTS": "handoff.example"}
    missing = _check(**production)
    assert missing.returncode != 0
    assert "run manage.py collectstatic" in missing.stderr
    assert _manage("collectstatic", "--no-input", SECRET_KEY=SECRET, STATIC_ROOT=str(tmp_path)).returncode == 0
    passed = _check(**production)
    assert passed.returncode == 0, passed.stderr
    assert "ALLOWED_HOSTS takes any name" in _check(**production | {"ALLOWED_HOSTS": "*"}).stderr


def test_a_secret_can_stand_in_a_file(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    assert _manage(SECRET_KEY_FILE=str(tmp_path / "secret")).returncode == 0


def test_the_demo_needs_no_setting():
    assert _manage(HANDOFF_DEMO="1").returncode == 0


@pytest.mark.slow
def test_production_collects_its_static_files_and_finds_each_in_the_manifest(tmp_path):
    collected = _manage("collectstatic", "--no-input", SECRET_KEY=SECRET, STATIC_ROOT=str(tmp_path))
    assert collected.returncode == 0, collected.stderr
    assert (tmp_path / "staticfiles.json").exists()
    assert list(tmp_path.glob("unfold/css/styles.*.css.gz"))
