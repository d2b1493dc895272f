"""Leads from a file."""

from datetime import UTC, datetime

import pytest

from handoff.models import Delivery
from leads.models import Campaign, Lead, State, Transition
from sla.metrics import Metric
from sla.models import Clock
from tests.handoff.imports.conftest import Import
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
HUBSPOT = """Record ID,First Name,Last Name,Email,Phone Number,Create Date,Company Name,Country/Region,Lead Source
501,Dana,Fox,Dana@Foxworks.example,n/a,2024-03-12 09:14,Foxworks,Germany,Google
502,,Berg,,+49 30 1,"15 Apr, 2021 00:03:00",,,google\x20
"""


def test_an_export_of_hubspot_is_brought_in_and_again_unchanged(bring_in: Import) -> None:
    assert bring_in("leads", HUBSPOT).outcomes == ["created", "created"]
    dana = Lead.objects.get(email="dana@foxworks.example")
    assert (dana.name, dana.phone, dana.company, dana.country, dana.source) == (
        "Dana Fox",
        "",
        "Foxworks",
        "DE",
        "google",
    )
    assert dana.created_at == dana.entered_at == datetime(2024, 3, 12, 9, 14, tzinfo=UTC)
    assert [str(known) for known in dana.external_ids.all()] == ["hubspot:501"]

    again = bring_in("leads", HUBSPOT)
    assert (again.status, again.outcomes) == (0, ["unchanged", "unchanged"])
    assert (Lead.objects.count(), Transition.objects.count()) == (2, 0)


def test_a_refused_row_spoils_nothing_else(bring_in: Import) -> None:
    done = bring_in(
        "leads",
        "id,email,country,score,created_at\n1,dana,DE,1,\n2,ok@buyer.example,Narnia,,\n3,,,lots,soon\n"
        "4,four@buyer.example,,,\n,,,,2999-01-01\n,-,,7,\n5,,,,2999-01-01\n",
        "--strict",
    )
    assert (done.status, done.outcomes) == (1, ["refused"] * 3 + ["created"] + ["refused"] * 3)
    assert Lead.objects.get().email == "four@buyer.example"
    words = [
        "email: “dana” is not a valid email",
        "country: “Narnia” is not a valid country",
        "created_at: “soon” is not a valid date",
        "",
    ]
    words += ["created_at: “2999-01-01” is in", "email: Give an email or an external id", "is in the future"]
    assert [word in reason for word, reason in zip(words, done.reasons, strict=True)] == [True] * 7


def test_rows_that_mean_two_leads_are_refused_by_their_names(bring_in: Import) -> None:
    bring_in("leads", "id,email\n1,dana@buyer.example\n2,eric@buyer.example\n")
    done = bring_in("leads", "id,email\n1,eric@buyer.example\n")
    assert done.outcomes == ["refused"]
    assert "“hubspot:1” is lead" in done.reasons[0]
    assert "“eric@buyer.example” is lead" in done.reasons[0]


def test_a_row_with_too_many_values_is_refused(bring_in: Import) -> None:
    done = bring_in("leads", "email,name\ndana@buyer.example,Fox, Dana\neric@buyer.example\n")
    assert done.outcomes == ["refused", "created"]
    assert "3 values for 2 columns: put quotation marks" in done.reasons[0]


def test_a_campaign_is_found_by_id_or_by_name_and_else_made(bring_in: Import) -> None:
    spring = Campaign.objects.create(name="Spring", system="hubspot", external_id="7")
    bring_in("leads", "id,campaign\n1,7\n2,Spring\n3,Autumn\n4,Autumn\n")
    assert list(Lead.objects.order_by("pk").values_list("campaign__name", flat=True)) == ["Spring"] * 2 + ["Autumn"] * 2
    assert spring.leads.count() == 2


def test_metas_prefixes_are_no_part_of_an_id(bring_in: Import) -> None:
    text = "id\tcampaign_id\tphone_number\tfull_name\nl:123\tc:9\tp:+4930\tDana\n"
    bring_in("leads", text.encode("utf-16"), system="meta")
    lead = Lead.objects.get(external_ids__value="123")
    assert (lead.phone, lead.campaign and lead.campaign.external_id) == ("+4930", "9")


def test_an_update_leaves_state_and_owner(bring_in: Import, world: World) -> None:
    lead = bring_to(State.SAL, make_lead("Dana Fox"), world)
    done = bring_in("leads", f"email,State,title\n{lead.email},Ohio,CTO\n")
    lead.refresh_from_db()
    assert (done.outcomes, lead.state, lead.owner, lead.title) == (["updated"], State.SAL, world.ada, "CTO")


def test_no_clock_starts_and_nobody_is_told(bring_in: Import, world: World) -> None:
    for metric in Metric.values:
        make_policy(metric)
    bring_in("leads", HUBSPOT, "--historical")
    assert not Clock.objects.exists()
    assert not Delivery.objects.exists()
