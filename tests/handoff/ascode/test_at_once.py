"""Two who apply at once: one waits, and then finds nothing to change."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from handoff.ascode import carrying_out, document
from leads.models import Definition, Reason, Role, User
from tests.world import person

FILE = b"""format: 1
definitions: [{stage: mql, text: Somebody who asked.}]
reasons: [{code: budget_cut, label: Budget cut, route: retire, counts_against: nobody}]
"""


@pytest.mark.django_db(transaction=True)
def test_what_two_apply_at_once_is_done_once() -> None:
    olga, both = person("olga", Role.REVOPS), Barrier(2)
    versions = Definition.objects.count()

    def apply() -> int:
        try:
            both.wait(30)
            return len(carrying_out.apply(document.read(FILE), by=User.objects.get(pk=olga.pk)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(apply) for _ in range(2)]
        assert sorted(each.result(60) for each in done) == [0, 2]
    assert Definition.objects.count() == versions + 1
    assert Reason.objects.filter(code="budget_cut").count() == 1
