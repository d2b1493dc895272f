"""What every test gets, and the rule that nothing is skipped in silence."""

import os
from collections.abc import Generator
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client

from leads import catalogue
from leads.internals.sessions import SessionStore

catalogue.assume_none()  # modules of tests name facts before there is a database

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
ALLOWED_SKIPS = ("needs ../shared/data", "needs root")


def _sign_in(client: Any, user: Any, backend: str | None = None) -> None:
    """A session and its cookie. Django's own way there is that of a person who logs in, with all that is noted then: a
    dozen statements, in most tests of pages. Those of logging in fill the form."""
    session = SessionStore()
    session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: backend or "config.sign_in.Backend"})
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key


Client.force_login = _sign_in  # type: ignore[method-assign, assignment]


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test with real transactions leaves the tables as the migrations left them: see tests.postgres.

    Without the mark Django would write permissions and types of content on top of that, after each such test.
    """
    if _is_transactional(item):
        item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


def _is_transactional(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool((marker and marker.kwargs.get("transaction")) or fixtures & {"transactional_db", "live_server"})


@pytest.fixture(autouse=True)
def _without_attributes() -> None:
    """The attributes of the test before went with its transaction."""
    catalogue.assume_none()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skip((yield))


def _refuse_skip(report: Report) -> Report:
    """In CI a test that does not run is a failure, unless the reason is one that we know."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(allowed in reason for allowed in ALLOWED_SKIPS):
            report.outcome = "failed"
            report.longrepr = f"In CI nothing is skipped: {reason}"
    return report
