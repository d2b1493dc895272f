"""The page of a lead says where its facts are from; RevOps orders the sources."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from handoff import workflow
from leads.models import PERSON, Attribute, AttributeType, Lead, Role, SourceRank, State
from tests.handoff.console.conftest import Login
from tests.world import MONDAY, World, bring_to, make_lead

SOURCES = reverse("admin:leads_sourcerank_changelist")
ADD = reverse("admin:leads_sourcerank_add")


def page_of(client: Client, lead: Lead) -> str:
    return client.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()


def test_the_page_says_where_each_fact_is_from(world: World, as_: Login) -> None:
    fields = {"email": "dana@buyer.example", "title": "CTO", "phone": "+49 30 1", "source": "webinar"}
    lead = workflow.upsert(fields, at=MONDAY, system="hubspot").lead
    workflow.correct(lead.pk, {"phone": "+49 30 2"}, by=world.ada)
    text = page_of(as_(world.mia), lead)
    section = text[text.index("Where this is from") :]
    assert section.index("hubspot") < section.index("a person")
    assert "<small>Ada</small>" in section
    assert "First capture" in section


def test_what_is_older_than_provenance_says_so(world: World, as_: Login) -> None:
    assert "from before this was recorded" in page_of(as_(world.mia), make_lead())


def test_the_section_costs_one_query_however_many_facts_there_are(
    world: World, as_: Login, django_assert_max_num_queries: object
) -> None:
    lead = make_lead()
    for name, by in (("title", world.ada), ("company", world.mia), ("phone", world.max)):
        workflow.correct(lead.pk, {name: "+49 30 1"}, by=by)
    client = as_(world.mia)
    page_of(client, lead)
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        assert "Max" in page_of(client, lead)


def test_who_types_a_lead_in_or_edits_it_is_named(world: World, as_: Login) -> None:
    client = as_(world.mia)
    client.post(reverse("admin:leads_lead_add"), {"email": "dana@buyer.example", "title": "CTO", "source": "fair"})
    lead = Lead.objects.get()
    assert lead.provenance["title"]["system"] == PERSON
    assert lead.provenance["title"]["by"] == world.mia.pk
    assert (lead.provenance["source"]["system"], lead.provenance["created_at"]["source"]) == ("console", "fair")
    workflow.upsert({"email": lead.email, "title": "CEO"}, system="hubspot")
    lead.refresh_from_db()
    assert lead.title == "CTO"


def test_a_person_is_above_all_sources_until_revops_says_otherwise(world: World, as_: Login) -> None:
    client = as_(world.olga)
    assert "A person, by hand" in client.get(SOURCES).content.decode()
    client.post(ADD, {"system": "HubSpot", "fact": "title", "position": "1", "is_final": "on"})
    assert SourceRank.objects.filter(system="hubspot", fact="title", position=1, is_final=True).exists()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"system": "person", "position": "3"}, "This source has a place in this order already."),
        ({"system": "crm", "position": "0"}, "Systems whose values give way come after those whose values stay."),
        ({"system": "", "position": "2"}, "This field is required."),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(world: World, as_: Login, form: dict[str, str], words: str) -> None:
    text = as_(world.olga).post(ADD, {"fact": "", **form}).content.decode()
    assert words in text.replace("&#x27;", "'")
    assert SourceRank.objects.count() == 1


def test_only_revops_orders_them(world: World, as_: Login) -> None:
    for person in (world.ada, world.mia, world.max):
        assert as_(person).get(SOURCES).status_code == 403


def test_who_saves_a_page_states_only_what_they_edited(world: World, as_: Login) -> None:
    kinds = {"size": AttributeType.NUMBER, "client": AttributeType.YES_NO, "areas": AttributeType.CHOICES}
    for key, kind in kinds.items():
        choices = [{"key": "a", "label": "A"}]
        Attribute.objects.create(key=key, label=key.title(), type=kind, choices=choices, edited_by=[Role.MARKETER])
    lead = bring_to(State.SAL, make_lead(attributes={"size": 5, "client": True, "areas": ["a"]}), world)
    client, url = as_(world.ada), reverse("admin:leads_lead_change", args=[lead.pk])
    form = client.get(url).context["adminform"].form
    shown = {name: form[name].value() for name, field in form.fields.items() if not field.disabled}
    client.post(url, {name: value for name, value in shown.items() if value not in (None, False)} | {"title": "CTO"})
    lead.refresh_from_db()
    assert (lead.title, sorted(lead.provenance)) == ("CTO", ["title"])
    assert lead.attributes == {"size": 5, "client": True, "areas": ["a"]}
    [entry] = LogEntry.objects.all()
    assert entry.get_change_message() == "Changed Title."
