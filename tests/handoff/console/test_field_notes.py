"""Field notes: kept on the page of a lead, and read by campaign and month."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff.models import FieldNote
from leads.models import Campaign, Lead
from tests.world import World, bring_to, make_lead

PAGE = reverse("admin:field_notes")


@pytest.fixture
def lead(world: World) -> Lead:
    return bring_to("sal", make_lead(campaign=Campaign.objects.create(name="Webinar")), world)


def keep(client: Client, person: object, lead: Lead, **note: str) -> int:
    client.force_login(person)  # type: ignore[arg-type]
    return client.post(reverse("admin:field_note", args=[lead.pk]), note).status_code


def test_whoever_works_the_lead_keeps_a_note(client: Client, world: World, lead: Lead) -> None:
    assert keep(client, world.ada, lead, kind="question", text="Does it run offline?") == 302
    assert keep(client, world.max, lead, kind="idea", text="Show the map first.") == 302
    for person, status in ((world.zoe, 404), (world.mia, 403), (world.olga, 403)):
        assert keep(client, person, lead, kind="idea", text="No.") == status
    text = client.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    assert "Does it run offline?" in text
    assert reverse("admin:field_note", args=[lead.pk]) not in text
    assert [(note.by, note.kind) for note in FieldNote.objects.all()] == [(world.max, "idea"), (world.ada, "question")]


def test_a_note_without_a_kind_or_words_is_not_kept(client: Client, world: World, lead: Lead) -> None:
    for note in ({"kind": "gossip", "text": "Hm."}, {"text": "Hm."}, {"kind": "idea", "text": " "}):
        keep(client, world.ada, lead, **note)
    assert not FieldNote.objects.exists()


def test_marketing_reads_them_by_campaign_with_counts(client: Client, world: World, lead: Lead) -> None:
    """Five notes over three campaigns, and one of another month."""
    fair, none = make_lead("Ann", campaign=Campaign.objects.create(name="Fair")), make_lead("Bob")
    kinds = [(lead, "idea"), (lead, "idea"), (lead, "question"), (fair, "objection"), (none, "competitor")]
    for of, kind in kinds:
        FieldNote.objects.create(lead=of, by=world.ada, kind=kind, text=f"About {kind}")
    FieldNote.objects.create(lead=fair, by=world.ada, kind="idea", text="Old", at=datetime(2020, 1, 5, tzinfo=UTC))
    client.force_login(world.mia)
    context = client.get(PAGE).context
    assert [(row["name"], row["total"], row["of"]) for row in context["rows"]] == [
        ("Webinar", 3, {"idea": 2, "question": 1}),
        ("Fair", 1, {"objection": 1}),
        ("No campaign", 1, {"competitor": 1}),
    ]
    assert len(context["notes"]) == 5
    before = timezone.localdate().replace(day=1)
    assert client.get(PAGE, {"month": f"{before:%Y-%m}"}).context["rows"] == context["rows"]
    assert client.get(PAGE, {"month": "2020-13"}).status_code == 200


def test_a_lead_is_named_to_those_who_see_it(client: Client, world: World, lead: Lead) -> None:
    FieldNote.objects.create(lead=lead, by=world.ada, kind="idea", text="Show the map.")
    for person, is_named in ((world.ada, True), (world.zoe, False)):
        client.force_login(person)
        text = client.get(PAGE).content.decode()
        assert "Show the map." in text
        assert (str(lead) in text) is is_named
    client.force_login(world.eve)
    assert client.get(PAGE).status_code == 403
