"""What a buyer did stays attributed, whatever becomes of the lead: recycled, won, and merged with its twin."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.reports.registry import REPORTS
from leads.models import Campaign, DealState, Lead, Opportunity, Touchpoint
from tests.world import CONVERSION, MONDAY, World, make_lead

pytestmark = pytest.mark.django_db
DAYS = {"Ads": (0.2, 1), "Fair": (2, 3), "Webinar": (5,)}
"""After the capture on Monday by Ads, whose form of the same day is that capture."""


@contextmanager
def on(day: float) -> Iterator[None]:
    with time_machine.travel(MONDAY + timedelta(days=day), tick=False):
        yield


def touched(lead: Lead, campaign: Campaign, *days: float) -> None:
    for day in days:
        Touchpoint.objects.create(lead=lead, campaign=campaign, kind="form", at=MONDAY + timedelta(days=day))


def shares(model: str) -> dict[str, Any]:
    form = REPORTS["closed_loop"].form({"by": "campaign", "model": model})
    assert form.is_valid()
    rows: Any = REPORTS["closed_loop"].rows(form.cleaned_data, timezone.now())
    return {row.key: (row.leads, row.won_amount.get("EUR")) for row in rows}


@pytest.fixture
def campaigns(db: None) -> dict[str, Campaign]:
    return {name: Campaign.objects.create(name=name) for name in DAYS}


@pytest.fixture
def lead(world: World, campaigns: dict[str, Campaign]) -> Lead:
    """Rejected on Tuesday, recycled, handed over again a week later, and won for 100 euros on the tenth day."""
    lead = make_lead("Fox", campaign=campaigns["Ads"], created_at=MONDAY, entered_at=MONDAY)
    for name, days in DAYS.items():
        touched(lead, campaigns[name], *days)
    with on(0.5):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
        workflow.reject(lead.pk, by=world.ada, reason="no_need")
        workflow.recycle(lead.pk, by=world.mia, reenter_on=(MONDAY + timedelta(days=7)).date())
    with on(8):
        workflow.promote(lead.pk, by=world.mia, owner=world.ben)
        workflow.accept(lead.pk, by=world.ben)
        workflow.touch(lead.pk, by=world.ben, channel="call", outcome="reached")
        workflow.qualify(lead.pk, by=world.ben)
        workflow.convert(lead.pk, by=world.ben, **CONVERSION | {"amount": "100.00"})
    closed = MONDAY + timedelta(days=10)
    Opportunity.objects.filter(lead=lead).update(state=DealState.WON, closed_at=closed)
    return lead


def test_a_lead_that_was_recycled_and_won_has_earned_it_for_all_its_touches(lead: Lead) -> None:
    assert lead.touchpoints.count() == 5
    assert shares("first") == {"Ads": (1, "100.00")}
    assert shares("last") == {"Ads": (1, None), "Webinar": (0, "100.00")}
    assert shares("linear") == {"Ads": (1, "40.00"), "Fair": (0, "40.00"), "Webinar": (0, "20.00")}


def test_a_merge_brings_its_touches_along_and_counts_none_twice(
    lead: Lead, campaigns: dict[str, Campaign], world: World
) -> None:
    """The twin came by the form of the fair on Friday, which is its capture, and to the webinar on Sunday: of seven
    touches two are of Ads, three of the Fair. Of 10,000 cents the first four get one more than 1,428."""
    friday = MONDAY + timedelta(days=4)
    twin = make_lead("Fox", email="f@x.example", campaign=campaigns["Fair"], created_at=friday, entered_at=friday)
    touched(twin, campaigns["Fair"], 4)
    touched(twin, campaigns["Webinar"], 6)
    workflow.merge(twin.pk, by=world.mia, into=lead.pk)

    assert shares("first") == {"Ads": (1, "100.00")}
    assert shares("last") == {"Ads": (1, None), "Webinar": (0, "100.00")}
    assert shares("linear") == {"Ads": (1, "28.58"), "Fair": (0, "42.86"), "Webinar": (0, "28.56")}
    workflow.unmerge(twin.pk, by=world.mia, reason="They are two people.")
    assert shares("linear") == {"Ads": (1, "40.00"), "Fair": (1, "40.00"), "Webinar": (0, "20.00")}
