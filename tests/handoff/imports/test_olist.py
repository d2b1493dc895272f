"""Eight thousand real leads and what became of them: the files of ../shared/data, where they exist."""

import io
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from handoff.models import Delivery
from leads.models import Lead, State
from sla.metrics import Metric
from sla.models import Clock
from tests.world import assert_consistent, make_policy

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DATA = Path(os.environ.get("HANDOFF_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
LEADS = ["mql_id=external_id", "first_contact_date=created_at", "landing_page_id=campaign", "origin=source"]
WON_OF = {
    "organic_search": (271, 2296),
    "paid_search": (195, 1586),
    "social": (75, 1350),
    "unknown": (179, 1099),
    "direct_traffic": (56, 499),
    "email": (15, 493),
    "referral": (24, 284),
    "other": (4, 150),
    "display": (6, 118),
    "other_publicities": (3, 65),
    "": (14, 60),
}


def bring_in(kind: str, name: str, mappings: list[str]) -> tuple[dict[str, int], float]:
    if not (DATA / "olist" / name).exists():
        pytest.skip("needs ../shared/data")
    out, began = io.StringIO(), time.monotonic()
    options: dict[str, Any] = {"system": "olist", "map": mappings, "historical": True, "json": True}
    call_command("import_csv", kind, DATA / "olist" / name, stdout=out, stderr=io.StringIO(), **options)
    return json.loads(out.getvalue()), time.monotonic() - began


def test_the_olist_files_come_in_and_the_funnel_agrees() -> None:
    for metric in Metric.values:
        make_policy(metric)
    for wanted in ("created", "unchanged"):
        counts, seconds = bring_in("leads", "marketing_qualified_leads.csv", LEADS)
        assert counts == dict.fromkeys(counts, 0) | {wanted: 8000}
        assert seconds < 60
    for wanted in ("created", "unchanged"):
        counts, seconds = bring_in("outcomes", "closed_deals.csv", ["mql_id=external_id", "won_date=won_at"])
        assert counts == dict.fromkeys(counts, 0) | {wanted: 842, "warnings": 1}
        assert seconds < 60
    assert Lead.objects.filter(state=State.OPPORTUNITY).count() == 842
    assert not Clock.objects.exists()
    assert not Delivery.objects.exists()
    assert_consistent()

    out = io.StringIO()
    call_command("report", "funnel", by="source", json=True, stdout=out)
    rows = json.loads(out.getvalue())
    assert {row["source"]: (row["won"], row["leads"]) for row in rows} == WON_OF

    out = io.StringIO()
    call_command("report", "won", by="all", json=True, stdout=out)
    [row] = json.loads(out.getvalue())
    days = [round(row[column] / 86_400, digits) for column, digits in (("median_wall", 2), ("p90_wall", 1))]
    assert (row["deals"], days) == (842, [14.65, 162.7])
