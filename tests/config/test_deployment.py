"""What cannot be run here, compared with what can: the containers, CI, and the list of settings."""

import importlib
import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml
from django.conf import settings
from honcho.environ import parse_procfile

from handoff.alerts.dispatch import LONGEST_DRAIN
from tests.config.running import BASE_DIR

COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
PROCFILE = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
OURS = ("migrate", "web", "worker", "beat", "sweeper")


@pytest.mark.parametrize("name", ["web", "worker", "beat", "sweeper"])
def test_a_container_runs_the_command_of_make_run(name):
    assert SERVICES[name]["command"] == ["sh", "-c", PROCFILE[name]]


def test_the_image_itself_serves_the_web():
    assert f'CMD ["sh", "-c", "{PROCFILE["web"]}"]' in (BASE_DIR / "Dockerfile").read_text()


def test_there_is_one_of_each_process():
    assert set(SERVICES) == {"postgres", "redis", "migrate", *PROCFILE}
    assert SERVICES["beat"]["deploy"]["replicas"] == 1


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_read_only_and_wait_for_what_they_need(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "postgres" in service["depends_on"]
    if name != "migrate":
        assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    if name not in ("migrate", "sweeper"):  # without the sweeper alarms are late by a second, and nothing else
        assert service["healthcheck"]["test"]


@pytest.mark.parametrize("name", OURS)
def test_no_secret_has_a_default(name):
    environment = SERVICES[name]["environment"]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert "HANDOFF_DEMO" not in environment


@pytest.mark.parametrize("name", OURS)
def test_every_setting_reaches_the_containers(name):
    of_the_image = {"HANDOFF_BIND", "HANDOFF_PORT", "STATIC_ROOT"}
    of_trying = {"HANDOFF_DEMO", "DEMO_PASSWORD", "DEBUG", "HANDOFF_VAR", "ENV_FILE"}
    assert set(SERVICES[name]["environment"]) == _listed() - of_the_image - of_trying


@pytest.mark.parametrize("name", OURS)
def test_a_setting_that_is_not_given_is_the_one_of_the_example(name):
    chosen = {
        "BEHIND_PROXY",
        "EMAIL_URL",
        "DEFAULT_FROM_EMAIL",
    }  # a container has a proxy, and needs an address of mail
    for variable, value in SERVICES[name]["environment"].items():
        if (default := re.fullmatch(r"\$\{(\w+):?-(.*)\}", value)) and variable not in chosen:
            assert default.groups() == (variable, _listed_values()[variable])


def test_a_container_is_given_the_time_that_its_program_takes_to_stop():
    seconds = {name: int(SERVICES[name].get("stop_grace_period", "10s").removesuffix("s")) for name in PROCFILE}
    assert seconds["web"] > gunicorn_settings()["graceful_timeout"]
    assert seconds["worker"] > LONGEST_DRAIN + settings.EMAIL_TIMEOUT


def test_a_worker_is_asked_itself_how_it_is():
    assert "--destination celery@$$HOSTNAME" in SERVICES["worker"]["healthcheck"]["test"][1]


def test_images_are_pinned_to_minor_versions():
    images = [SERVICES[name]["image"] for name in ("postgres", "redis")]
    images += re.findall(r"^FROM (\S+)", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.search(r":\d+\.\d+", image), image


def test_what_the_image_copies_exists_and_is_not_ignored():
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    allowed = re.findall(r"^!(\S+)$", (BASE_DIR / ".dockerignore").read_text(), re.MULTILINE)
    for source in (word for line in sources for word in shlex.split(line)):
        assert (BASE_DIR / source).exists(), source
        assert source in allowed


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["handoff"]


def test_every_setting_stands_in_the_example_with_a_comment():
    read = set()
    for name in ("settings.py", "gunicorn.py", "database.py"):
        read |= set(re.findall(r'env\.\w+\(\s*["\'](\w+)["\']', (BASE_DIR / "config" / name).read_text()))
    assert read
    assert read == _listed()


def test_every_setting_of_the_example_is_explained():
    previous = ""
    for line in (BASE_DIR / ".env.example").read_text().splitlines():
        if re.match(r"\w+=", line):
            assert previous.startswith("#") or re.match(r"\w+=", previous), line
        previous = line


def test_ci_runs_what_the_readme_says():
    script = (BASE_DIR / ".ci" / "run").read_text()
    subprocess.run(["bash", "-n", BASE_DIR / ".ci" / "run"], check=True)  # noqa: S607
    assert script.index("\nmake check\n") < script.index("\nmake test")
    assert "export CI=true" in script
    assert (BASE_DIR / ".ci" / "run").stat().st_mode & 0o100


def test_no_address_of_a_package_index_is_locked():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (BASE_DIR / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def gunicorn_settings() -> dict[str, Any]:
    return vars(importlib.import_module("config.gunicorn"))


def _listed() -> set[str]:
    return set(_listed_values())


def _listed_values() -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
