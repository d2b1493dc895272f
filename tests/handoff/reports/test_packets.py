"""Seen before the first touch, by hand: of whom it is known, who had seen it, and how long before."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from handoff import workflow
from handoff.models import Handoff, PacketView, ReportMark
from handoff.reports.packets import REPORT
from leads.models import Campaign, Lead, User
from tests.world import MONDAY, World, make_lead

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
# Whose, minutes after the offer until the packet was seen and the buyer contacted, and the source.
CASES = (
    ("ada", 10, 20, "fair"),
    ("ada", 10, 40, "fair"),
    ("ada", None, 20, "web"),
    ("ada", 30, None, "web"),
    ("ben", 50, 20, "web"),  # logged the day after
    ("ben", None, None, "fair"),
)


@pytest.fixture
def _handed(world: World) -> None:
    spring = Campaign.objects.create(name="Spring")
    with time_machine.travel(MONDAY, tick=False) as clock:
        for number, (owner, seen, contacted, source) in enumerate(CASES):
            lead = make_lead(f"Lead {number}", source=source, campaign=spring if number < 2 else None)
            clock.move_to(MONDAY)
            offer(lead, getattr(world, owner), world)
            follow(lead, getattr(world, owner), seen, contacted)


def offer(lead: Lead, owner: User, world: World) -> None:
    workflow.promote(lead.pk, by=world.mia, owner=owner)
    workflow.accept(lead.pk, by=owner)


def follow(lead: Lead, owner: User, seen: int | None, contacted: int | None) -> None:
    if seen is not None:
        PacketView.objects.create(handoff=Handoff.objects.get(lead=lead), person=owner, at=MONDAY + seen * MINUTE)
    if contacted is not None:
        with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
            at = MONDAY + contacted * MINUTE
            workflow.touch(lead.pk, by=owner, at=at, channel="call", outcome="reached")


def rows(by: str) -> dict[str, Any]:
    form = REPORT.form({"by": by})
    assert form.is_valid(), form.errors
    return {row.key: row for row in REPORT.rows(form.cleaned_data, timezone.now())}


@pytest.mark.usefixtures("_handed")
def test_by_rep_campaign_and_source_it_is_what_one_counts_by_hand() -> None:
    def counts(row: Any) -> tuple[int, ...]:
        return row.handoffs, row.contacted, row.known, row.seen, row.unseen, row.waiting

    by_rep = rows("rep")
    assert {key: counts(row) for key, row in by_rep.items()} == {"ada": (4, 3, 3, 2, 1, 1), "ben": (2, 1, 1, 0, 1, 0)}
    assert (by_rep["ada"].seen_rate, by_rep["ben"].seen_rate) == (2 / 3, 0)
    assert by_rep["ada"].median_before == 20 * 60
    assert by_rep["ada"].seen_rate_least == pytest.approx(0.2077, abs=1e-4)
    assert {key: counts(row)[3:5] for key, row in rows("campaign").items()} == {"Spring": (2, 0), "": (0, 2)}
    assert {key: counts(row)[2:5] for key, row in rows("source").items()} == {"fair": (2, 2, 0), "web": (2, 0, 2)}
    assert REPORT.behind
    [entry] = REPORT.behind({"by": "rep", "from": None, "to": None}, "ben", "unseen", timezone.now()).page(0, 9)
    assert Lead.objects.get(pk=entry.lead_id).name == "Lead 4"


@pytest.mark.usefixtures("_handed")
def test_of_a_touch_that_was_made_before_it_was_kept_it_is_not_known() -> None:
    Handoff.objects.filter(lead__name="Lead 2").update(recorded_at=None)
    Handoff.objects.filter(lead__name="Lead 4").update(recorded_at=MONDAY + timedelta(days=2))
    everyone = rows("all")["all"]
    assert (everyone.contacted, everyone.known, everyone.seen_rate) == (4, 2, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(seen_before_contact), count(seen_at), count(*) FROM reporting.packets")
        assert cursor.fetchone() == (2, 4, 6)


@pytest.mark.usefixtures("_handed")
def test_what_is_kept_of_its_day_is_counted_again() -> None:
    handoff = Handoff.objects.get(lead__name="Lead 5")
    ReportMark.objects.all().delete()
    PacketView.objects.create(handoff=handoff, person_id=handoff.lead.owner_id)
    assert list(ReportMark.objects.values_list("lead_id", "at")) == [(handoff.lead_id, None)]
