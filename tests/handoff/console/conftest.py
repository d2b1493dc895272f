"""Clients of the console, logged in as the people of the tests."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from leads.models import User

Login = Callable[[User], Client]


@pytest.fixture
def as_() -> Login:
    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


@pytest.fixture(autouse=True)
def _cache_in_memory(settings) -> None:
    """Nothing here is about Redis."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    # Playwright runs a loop in this thread: Django refuses the ORM there unless told, and opens another connection,
    # which must know what the first one knows of the database of the tests.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    as_migrated = connection._test_serialized_contents  # type: ignore[attr-defined]
    with sync_playwright() as playwright:
        connection._test_serialized_contents = as_migrated  # type: ignore[attr-defined]
        yield playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        connections.close_all()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture
def log_in(browser: Browser, live_server: Any) -> Iterator[Any]:
    contexts = []

    def as_(username: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        page = contexts[-1].new_page()
        page.goto(f"{live_server.url}/console/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", "demo")
        page.click("[type=submit]")
        page.wait_for_load_state("networkidle")
        return page

    yield as_
    for context in contexts:
        context.close()


def by_keyboard(target: Locator, key: str = "Enter") -> None:
    """Press a key on what Tab reaches; what only a mouse reaches fails."""
    target.focus()
    assert target.evaluate("element => element.tabIndex >= 0 && element === document.activeElement")
    target.page.keyboard.press(key)
