"""The funnel by an attribute: the same numbers as by any other rows, and only of what everyone may see."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from handoff.reports import rollup
from handoff.reports.funnel import ROWS, By, FunnelForm, funnel
from leads.models import Attribute, AttributeType, DealState, Lead, Opportunity, Role, State
from tests.world import World, bring_to, make_lead

GOLD = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver"}]
TIERS: dict[str, Any] = {"a": "gold", "b": "gold", "c": "silver", "d": None}


@pytest.fixture
def _leads(world: World) -> None:
    for key, kind in (("tier", "choice"), ("tags", "choices"), ("is_new", "yes_no"), ("town", "text")):
        choices = GOLD if kind in ("choice", "choices") else []
        Attribute.objects.create(key=key, label=key.title(), type=kind, choices=choices)
    for (name, tier), state in zip(TIERS.items(), (State.RAW, State.OPPORTUNITY, State.SAL, State.MQL), strict=True):
        values = {"tier": tier, "tags": ["gold", "silver"], "is_new": tier == "gold", "town": "Bonn"} if tier else {}
        bring_to(state, make_lead(name, attributes=values), world)
    Opportunity.objects.update(state=DealState.WON, amount="10.50")


pytestmark = pytest.mark.usefixtures("_leads")


def counts(name: str, **period: Any) -> dict[str, tuple[int, ...]]:
    rows = funnel(f"attributes.{name}", **period)
    return {row.label: (row.leads, row.mql, row.sal, row.sql, row.opportunity, row.won) for row in rows}


def test_a_lead_counts_in_the_row_of_its_value() -> None:
    assert counts("tier") == {
        "Gold": (2, 1, 1, 1, 1, 1),
        "Silver": (1, 1, 1, 0, 0, 0),
        "(no tier)": (1, 1, 0, 0, 0, 0),
    }
    assert counts("is_new")["Yes"] == (2, 1, 1, 1, 1, 1)
    assert counts("town")["Bonn"][0] == 3
    [gold, *_] = funnel("attributes.tier")
    assert (gold.key, gold.won_amount) == ("gold", {"EUR": "10.50"})


def test_of_several_choices_each_has_the_lead() -> None:
    assert {label: row[0] for label, row in counts("tags").items()} == {"Gold": 3, "Silver": 3, "(no tags)": 1}


def test_the_rows_add_up_to_those_by_source() -> None:
    [total] = funnel(By.SOURCE)
    summed = [sum(column) for column in zip(*counts("tier").values(), strict=True)]
    assert summed == [total.leads, total.mql, total.sal, total.sql, total.opportunity, total.won]
    assert [*rollup.disagreements()] == []


def test_a_period_bounds_it() -> None:
    Lead.objects.filter(name="a").update(created_at=datetime(2026, 3, 5, tzinfo=UTC))
    march = {"start": datetime(2026, 3, 1, tzinfo=UTC), "end": datetime(2026, 4, 1, tzinfo=UTC)}
    assert counts("tier", **march) == {"Gold": (1, 0, 0, 0, 0, 0)}


def test_every_door_shows_it(world: World) -> None:
    client: Any = Client()
    client.force_login(world.ada)
    page = client.get(reverse("admin:funnel"), {"by": "attributes.tier"}).content.decode()
    assert "Gold" in page
    export = b"".join(client.get(reverse("admin:funnel_export"), {"by": "attributes.tier"}).streaming_content).decode()
    assert export.splitlines()[0].startswith("attributes.tier,label,leads")
    answer = client.get("/api/v1/reports/funnel/", {"by": "attributes.tier"}).json()
    assert answer["rows"][0]["attributes.tier"] == "gold"
    out = io.StringIO()
    call_command("report", "funnel", "--by", "attributes.tier", "--json", stdout=out)
    assert json.loads(out.getvalue()) == answer["rows"]


def test_only_what_everyone_may_see_and_what_groups_is_offered(world: World) -> None:
    Attribute.objects.create(key="margin", label="Margin", type=AttributeType.TEXT, seen_by=[Role.REVOPS])
    Attribute.objects.create(key="size", label="Size", type=AttributeType.NUMBER)
    offered = [name for name, _ in FunnelForm({}).fields["by"].choices]  # type: ignore[attr-defined]
    assert offered == [
        *ROWS,
        *(f"attributes.{key}" for key in ("tier", "tags", "is_new", "town")),
    ]
    assert not FunnelForm({"by": "attributes.margin"}).is_valid()
