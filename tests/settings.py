"""The settings of the tests: those of the demo, on servers that live as long as the run."""

import atexit
import os
from contextlib import ExitStack

from config.embedded import servers

# pytest-django imports settings before everything else, so the servers stand when Django looks for them. Only the
# first process starts them: xdist's workers, and programs that a test runs, inherit the variables.
os.environ["ENV_FILE"] = os.devnull  # a developer's .env is not for tests
os.environ["HANDOFF_DEMO"] = "1"
os.environ["API_RATE"] = ""  # tests ask as often as they like
stack = ExitStack()
atexit.register(stack.close)
os.environ.update(stack.enter_context(servers()))
if worker := os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw"):
    # Each worker has a database of its own in PostgreSQL; this is the same for Redis.
    address = os.environ["REDIS_URL"]
    os.environ["REDIS_URL"] = f"{address}?db={worker}" if address.startswith("unix:") else f"{address[:-1]}{worker}"

from config.settings import *  # noqa: E402, F403

DATABASES["default"]["ENGINE"] = "tests.postgres"  # noqa: F405 tests with real transactions are put back quickly
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, as the passwords are no secrets
ATTRIBUTES_FRESH_SECONDS = float("inf")  # tests count queries; what they change of the catalogue is seen at once
WHITENOISE_AUTOREFRESH = True  # else each test client looks through all static files before its first request
