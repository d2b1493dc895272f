"""The demo, loaded once for all tests of this folder, as it takes its time."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from handoff import demo


@pytest.fixture(scope="package")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[datetime]:
    """Yield when the load ended. It is undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert demo.load()
        yield timezone.now()
        transaction.set_rollback(True)
