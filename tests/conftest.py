"""What every test gets, and the rule that nothing is skipped in silence."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from leads import catalogue

catalogue.assume_none()  # modules of tests name facts before there is a database

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
ALLOWED_SKIPS = ("needs ../shared/data", "needs root")


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test with real transactions empties the tables; each such test gets back first what the migrations wrote.

    All of them or none: Django cannot put it back once a test without this has run.
    """
    if _is_transactional(item):
        item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


def _is_transactional(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool((marker and marker.kwargs.get("transaction")) or fixtures & {"transactional_db", "live_server"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """By files, with xdist, a test that is rolled back may follow one that empties the tables: it needs them filled."""
    yield
    written = getattr(connection, "_test_serialized_contents", None)
    if written and nextitem and _is_transactional(item) and not _is_transactional(nextitem):
        with item.config.stash[blocking_manager_key].unblock():
            connection.creation.deserialize_db_from_string(written)


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
