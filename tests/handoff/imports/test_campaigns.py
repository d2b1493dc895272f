"""Campaigns from a file."""

from datetime import date
from decimal import Decimal

import pytest

from leads.models import Campaign
from tests.handoff.imports.conftest import Import

pytestmark = pytest.mark.django_db
FILE = """Campaign ID,Campaign Name,Spend,Start date,End date,Offer
7,Spring,"1.234,56 €",13.04.2026,14.04.2026,An audit
8,Autumn,$342.09K,,,
"""


def test_campaigns_are_brought_in_and_again_unchanged(bring_in: Import) -> None:
    assert bring_in("campaigns", FILE).outcomes == ["created", "created"]
    spring = Campaign.objects.get(name="Spring")
    assert (spring.cost, spring.currency, spring.promise) == (Decimal("1234.56"), "EUR", "An audit")
    assert (spring.starts_on, spring.ends_on) == (date(2026, 4, 13), date(2026, 4, 14))
    assert bring_in("campaigns", FILE).outcomes == ["unchanged", "unchanged"]
    assert bring_in("campaigns", "id,name,cost\n7,Spring!,\n").outcomes == ["updated"]
    spring.refresh_from_db()
    assert (spring.name, spring.cost) == ("Spring!", Decimal("1234.56"))


def test_a_campaign_that_leads_brought_along_gets_its_facts(bring_in: Import) -> None:
    bring_in("leads", "id,campaign\n1,7\n2,Autumn\n")
    assert bring_in("campaigns", FILE).outcomes == ["updated", "updated"]
    assert sorted(Campaign.objects.values_list("name", "external_id")) == [("Autumn", "8"), ("Spring", "7")]


def test_a_campaign_without_an_id_is_known_by_its_name(bring_in: Import) -> None:
    for outcome in ("created", "unchanged"):
        done = bring_in("campaigns", "name,cost,currency\nSpring,10,\nSpring,11,EUR\nAutumn,1,\n")
        assert done.outcomes == [outcome, "updated" if outcome == "created" else "unchanged", outcome]
        assert done.reasons == ["", "row 3 repeats row 2, whose values stay: cost.", ""]
    spring = Campaign.objects.get(name="Spring")
    assert (spring.cost, spring.currency) == (Decimal(10), "EUR")


def test_a_campaign_whose_id_was_rounded_is_refused(bring_in: Import) -> None:
    done = bring_in("campaigns", "id,name\n7.01E+14,Spring\n7.01E+14,Autumn\n")
    assert done.outcomes == ["refused", "refused"]
    assert "rounded" in done.reasons[0]
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("9,,a lot,,,", "cost: “a lot” is not a valid amount"),
        ("9,,-5,,,", "cost: The cost must not be below zero"),
        ("9,,5,euros,,", "currency: “euros” is not a valid currency"),
        ("9,,,,2026-02-02,2026-01-01", "ends_on: The campaign ends before it starts"),
        (f"9,{'x' * 201},,,,", "name: Ensure this value has at most 200 characters"),
        (",,5,,,", "name: Give the campaign an id or a name"),
    ],
)
def test_what_does_not_fit_is_refused(bring_in: Import, row: str, words: str) -> None:
    done = bring_in("campaigns", f"id,name,cost,currency,starts_on,ends_on\n{row}\n10,Kept,,,,\n")
    assert done.outcomes == ["refused", "created"]
    assert words in done.reasons[0]
