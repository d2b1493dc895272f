"""A lead in the API says by which model it is scored, and of which parts; so does the packet of its handoff."""

from typing import Any

from handoff import workflow
from handoff.agreement.scoring import draft, sign
from handoff.models import Handoff
from leads.models import Lead
from tests.handoff.api.conftest import AsPerson
from tests.world import World, make_lead

TERMS: dict[str, Any] = {
    "text": "Who asks for something.",
    "fit_rules": [{"name": "Abroad", "points": -5, "conditions": [{"field": "country", "op": "is", "value": "FR"}]}],
    "behaviour_rules": [{"name": "Sent a form", "kinds": ["form"], "points": 20, "half_life": None, "cap": None}],
    "exclusions": [],
    "grade_a": 30,
    "grade_b": 20,
    "grade_c": 10,
    "review_months": 12,
}


def test_a_lead_shows_its_score_as_parts(world: World, client_of: AsPerson) -> None:
    model = draft(TERMS)
    for signatory in (world.nora, world.max):
        sign(model.pk, by=signatory, seen=model.digest)
    lead, client = make_lead(country="FR"), client_of(world.mia)
    client.post("/api/v1/touchpoints/", {"email": lead.email, "kind": "form", "external_id": "1", "system": "web"})
    answer = client.get(f"/api/v1/leads/{lead.pk}/").json()
    parts = [(part["name"], part["points"], part["evidence"]) for part in answer["scoring"]["parts"]]
    assert (answer["score"], answer["fit_grade"], answer["scoring"]["version"]) == (15, "D", 1)
    assert [part[:2] for part in parts] == [("Abroad", -5), ("Sent a form", 20)]
    assert sum(points for _, points, _ in parts) == answer["score"]


def test_a_score_from_outside_has_no_parts(world: World, client_of: AsPerson) -> None:
    answer = client_of(world.mia).get(f"/api/v1/leads/{make_lead(score=70).pk}/").json()
    assert (answer["score"], answer["fit_grade"], answer["scoring"]) == (70, "", None)


def test_the_packet_keeps_the_parts_of_the_score(world: World) -> None:
    model = draft(TERMS)
    for signatory in (world.nora, world.max):
        sign(model.pk, by=signatory, seen=model.digest)
    lead = workflow.upsert({"email": "dana@buyer.example", "country": "FR"}).lead
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    packet = Handoff.objects.get(lead=lead).packet
    assert [(part["name"], part["points"]) for part in packet["score_parts"]] == [("Abroad", -5)]
    assert (packet["score"], packet["fit_grade"]) == (Lead.objects.get().score, "D")
