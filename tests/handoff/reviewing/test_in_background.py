"""A close that takes long is done in the background: as a whole or not at all, once, by whoever is there."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff.models import ClosedItem, Lease, PeriodClose, PeriodClosing, ReviewPack, WorkState
from handoff.refusals import NotAllowed
from handoff.reports.fiscal import FiscalPeriod
from handoff.reviewing import in_background, packing
from handoff.reviewing.closing import NotClosable
from leads.models import User
from tests.handoff.reviewing.month import APRIL_3, at, handed_over, march
from tests.world import World

pytestmark = pytest.mark.django_db
MARCH = {"period": "2026-03"}


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each period is too large for a request."""
    monkeypatch.setattr(in_background, "AT_ONCE", -1)


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.usefixtures("_large")
def test_a_large_period_is_closed_by_a_worker_and_the_page_follows_it(world: World) -> None:
    march(world)
    with at(APRIL_3):
        for _ in range(2):  # whoever asks again is shown the same
            page = as_(world.olga).post(reverse("admin:sheet_close"), MARCH, follow=True).content.decode()
        assert "Olga is closing it. The finder looks for the best proposal" in page
        assert "data-follow" in page
        assert "Close March 2026 for good" not in page
        assert not PeriodClose.objects.exists()

        in_background.run_in_turn()
        in_background.run_in_turn()

        page = as_(world.nora).get(reverse("admin:sheet"), MARCH).content.decode()
    assert "data-follow" not in page
    assert "Olga closed it on" in page
    assert PeriodClose.objects.get().closed_by == world.olga
    assert PeriodClosing.objects.get().state == WorkState.DONE
    with at(APRIL_3), pytest.raises(NotClosable):
        in_background.ask("2026-03", by=world.olga)


def test_one_that_is_killed_in_any_step_is_none_or_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    march(world)
    looked: list[FiscalPeriod] = []
    store = "handoff.reviewing.closing.store"

    def look(period: FiscalPeriod) -> packing.Data | None:
        looked.append(period)
        return packing.proposal_of(period)

    monkeypatch.setattr(in_background, "proposal_of", look)
    with at(APRIL_3):
        closing = in_background.ask("2026-03", by=world.olga)
        with monkeypatch.context() as patch:
            patch.setattr(store, _killed)
            for _ in range(2):
                with suppress(OperationalError):
                    in_background.run_in_turn()
                assert not PeriodClose.objects.exists()
                assert not ClosedItem.objects.exists()
        closing.refresh_from_db()
        assert in_background.progress(closing)[0] == 1
        in_background.run_in_turn()
    assert len(looked) == 1  # what took longest is not done again
    assert ReviewPack.objects.get().close.key == "2026-03"
    closing.refresh_from_db()
    assert in_background.progress(closing) == (2, "The period is closed.")


def _killed(*_: object) -> None:
    raise OperationalError("terminating connection due to administrator command")


def test_nobody_goes_on_while_another_holds_the_lease(world: World) -> None:
    march(world)
    with at(APRIL_3):
        in_background.ask("2026-03", by=world.olga)
    until = timezone.now() + timedelta(minutes=1)
    Lease.objects.create(name="close 2026-03", holder="00000000-0000-0000-0000-000000000000", until=until)
    with at(APRIL_3):
        in_background.run_in_turn()
    assert PeriodClosing.objects.get().state == WorkState.WAITING


def test_what_cannot_be_closed_any_more_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    march(world)
    with at(APRIL_3):
        with pytest.raises(NotAllowed):
            in_background.ask("2026-03", by=world.nora)
        in_background.ask("2026-03", by=world.olga)
        world.olga.groups.clear()
        in_background.run_in_turn()
        page = as_(world.nora).get(reverse("admin:sheet"), MARCH).content.decode()
        assert "The last attempt to close it was stopped: You may not close a period: RevOps may." in page

        person = User.objects.get(username="olga")
        person.is_superuser = True
        person.save()
        monkeypatch.setattr(in_background, "fix", lambda *_, **__: 1 / 0)
        in_background.ask("2026-03", by=person)
        in_background.run_in_turn()
    assert in_background.latest("2026-03").note == "It failed: ZeroDivisionError: division by zero"  # type: ignore[union-attr]
    assert PeriodClosing.objects.filter(state=WorkState.STOPPED).count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_who_ask_and_two_workers_close_once(world: World) -> None:
    handed_over(world, "Fox")

    def ask_and_run(_: int) -> None:
        try:
            with suppress(NotClosable):
                in_background.ask("2026-03", by=world.olga)
            in_background.run_in_turn()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask_and_run, range(4)))
    in_background.run_in_turn()
    assert (PeriodClose.objects.count(), ClosedItem.objects.count(), ReviewPack.objects.count()) == (1, 1, 1)
    assert not PeriodClosing.objects.exclude(state=WorkState.DONE).exists()
