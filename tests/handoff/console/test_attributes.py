"""Attributes in the console: RevOps edits the catalogue, and a lead's page has the right field for whoever looks."""

from typing import Any

import pytest
from django.urls import reverse

from handoff import workflow
from handoff.console.frame.words import conditions_of
from handoff.console.leads.timeline import timeline
from leads.identity import upsert
from leads.models import Attribute, AttributeType, Consent, Lead, Role, State
from tests.world import World, bring_to, make_lead

GOLD = [{"key": "gold", "label": "Gold"}, {"key": "silver", "label": "Silver"}]
LIST = "admin:leads_lead_changelist"


def url(row: Any, name: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def attribute(key: str, kind: str, **fields: Any) -> Attribute:
    choices = GOLD if kind in (AttributeType.CHOICE, AttributeType.CHOICES) else []
    return Attribute.objects.create(key=key, label=key.title(), type=kind, choices=choices, **fields)


def form_of(**changed: Any) -> dict[str, Any]:
    return {
        "label": "Annual budget",
        "key": "",
        "type": "choice",
        "choices": "Small\r\nbig: Very big",
        "help": "",
        "synonyms": "Budget\r\nJahresbudget",
        "edited_by": ["Marketer"],
        "in_packet": "on",
        "position": "10",
        **changed,
    }


def typed(client: Any, lead: Lead, **changed: Any) -> dict[str, Any]:
    """What a browser would send of the form of a lead."""
    form = client.get(url(lead)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if not form.fields[name].disabled}
    return {name: value for name, value in (values | changed).items() if value not in (None, False)}


def test_revops_adds_an_attribute(world: World, as_) -> None:
    answer = as_(world.olga).post(reverse("admin:leads_attribute_add"), form_of())
    assert answer.status_code == 302
    added = Attribute.objects.get()
    assert (added.key, added.type, added.synonyms) == ("annual_budget", "choice", ["Budget", "Jahresbudget"])
    assert added.choices == [{"key": "small", "label": "Small"}, {"key": "big", "label": "Very big"}]
    assert added.edited_by == ["Marketer", "RevOps"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"choices": ""}, "Give at least one choice."),
        ({"choices": "Gold\r\ngold: Other"}, "Two choices have the key “gold”"),
        ({"choices": "a: Gold\r\nb: gold"}, "Two choices have the label “gold”"),
        ({"choices": ": Gold"}, "is not a valid choice: write it like gold: Gold."),
        ({"choices": "x" * 100}, "use at most 80 characters a line"),
        ({"key": "email"}, "is the name of a field that every lead has"),
        ({"key": "Éé 1"}, "Use small letters"),
        ({"seen_by": ["Sales rep"], "in_messages": "on"}, "only what everyone may see is shown in them"),
    ],
)
def test_a_wrong_attribute_is_asked_again(world: World, as_, changed: dict[str, Any], words: str) -> None:
    page = as_(world.olga).post(reverse("admin:leads_attribute_add"), form_of(**changed))
    assert words in page.content.decode()
    assert not Attribute.objects.exists()


def test_a_choice_that_is_taken_out_is_archived_and_comes_back(world: World, as_) -> None:
    tier, olga = attribute("tier", AttributeType.CHOICE), as_(world.olga)
    for lines in ("silver: Silver", "silver: Silver\r\ngold: Golden"):
        olga.post(url(tier), form_of(label="Tier", choices=lines))
    tier.refresh_from_db()
    assert tier.choices == [{"key": "silver", "label": "Silver"}, {"key": "gold", "label": "Golden"}]
    olga.post(url(tier), form_of(label="Tier", choices="silver: Silver"))
    tier.refresh_from_db()
    assert tier.choices[1] == {"key": "gold", "label": "Golden", "archived": True}


def test_an_attribute_is_archived_and_restored(world: World, as_) -> None:
    tier, olga = attribute("tier", AttributeType.CHOICE), as_(world.olga)
    olga.post(url(tier, "archive"))
    tier.refresh_from_db()
    assert tier.archived_at
    olga.post(url(tier, "restore"))
    tier.refresh_from_db()
    assert tier.archived_at is None


def test_others_read_the_catalogue_as_far_as_they_may_see_it(world: World, as_) -> None:
    tier = attribute("tier", AttributeType.CHOICE)
    attribute("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS])
    ada = as_(world.ada)
    page = ada.get(reverse("admin:leads_attribute_changelist")).content.decode()
    assert "attributes.tier" in page
    assert "margin" not in page
    assert ada.get(url(tier)).status_code == 200
    assert ada.post(url(tier), form_of(label="Mine")).status_code == 403
    assert ada.post(url(tier, "archive")).status_code == 403


def test_each_type_has_a_widget_and_keeps_what_is_typed(world: World, as_) -> None:
    for kind in AttributeType:
        attribute(str(kind), kind)
    lead, mia = make_lead(), as_(world.mia)
    edits = {
        "attributes.text": "a text",
        "attributes.long_text": "one\r\ntwo",
        "attributes.decimal": "12.50",
        "attributes.money": "1200.5 EUR",
        "attributes.date": "2026-03-31",
        "attributes.yes_no": "no",
        "attributes.choice": "gold",
        "attributes.choices": ["silver", "gold"],
    }
    assert mia.post(url(lead), typed(mia, lead, **edits)).status_code == 302
    lead.refresh_from_db()
    assert lead.attributes == {
        "text": "a text",
        "long_text": "one\ntwo",
        "decimal": 12.5,
        "date": "2026-03-31",
        "yes_no": False,
        "money": {"amount": 1200.5, "currency": "EUR"},
        "choice": "gold",
        "choices": ["gold", "silver"],
    }
    assert mia.post(url(lead), typed(mia, lead)).status_code == 302, "what is shown can be saved again"
    lead.refresh_from_db()
    assert len(lead.attributes) == 8
    edited = [event.headline for event in timeline(lead) if event.icon == "edit"]
    assert len(edited) == 2
    assert "Money" in edited[-1]


def test_a_wrong_value_is_said_at_its_field(world: World, as_) -> None:
    attribute("size", AttributeType.NUMBER)
    lead, mia = make_lead(), as_(world.mia)
    page = mia.post(url(lead), typed(mia, lead, **{"attributes.size": "many"})).content.decode()
    assert "Size: “many” is not a valid number" in page


def test_a_new_lead_is_added_with_attributes_and_a_name_of_its_parts(world: World, as_) -> None:
    attribute("size", AttributeType.NUMBER)
    words = {"email": "dana@buyer.example", "first_name": "Dana", "last_name": "Fox", "attributes.size": "7"}
    assert as_(world.mia).post(reverse("admin:leads_lead_add"), words).status_code == 302
    lead = Lead.objects.get()
    assert (lead.name, lead.attributes) == ("Dana Fox", {"size": 7})


def test_an_archived_choice_is_offered_only_where_it_was_chosen(world: World, as_) -> None:
    tier = attribute("tier", AttributeType.CHOICE)
    old, new = make_lead("Old", attributes={"tier": "gold"}), make_lead("New")
    tier.choices = [{**GOLD[0], "archived": True}, GOLD[1]]
    tier.save()
    mia = as_(world.mia)
    offered = [
        [key for key, _ in mia.get(url(lead)).context["adminform"].form.fields["attributes.tier"].widget.choices]
        for lead in (old, new)
    ]
    assert offered == [["", "gold", "silver"], ["", "silver"]]
    assert mia.post(url(old), typed(mia, old, title="CTO")).status_code == 302
    old.refresh_from_db()
    assert (old.attributes, old.title) == ({"tier": "gold"}, "CTO")


def test_a_rep_edits_on_their_leads_what_their_role_may(world: World, as_) -> None:
    attribute("mood", AttributeType.TEXT, edited_by=[Role.SALES_REP])
    attribute("size", AttributeType.NUMBER)
    attribute("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS])
    lead = bring_to(State.SAL, make_lead(attributes={"size": 5, "margin": 9}, score=70), world)
    ada = as_(world.ada)
    form = ada.get(url(lead)).context["adminform"].form
    disabled = {name for name, field in form.fields.items() if field.disabled}
    assert disabled == {"source", "campaign", "score", "attributes.size"}
    assert "attributes.margin" not in form.fields
    edits = typed(ada, lead, **{"attributes.mood": "glad", "attributes.size": "99", "score": "1"})
    assert ada.post(url(lead), edits | {"do_not_contact": "on"}).status_code == 302
    lead.refresh_from_db()
    assert lead.attributes == {"size": 5, "margin": 9, "mood": "glad"}
    assert (lead.score, lead.do_not_contact) == (70, True)


def test_who_only_reads_a_lead_reads_its_attributes(world: World, as_) -> None:
    attribute("tier", AttributeType.CHOICE)
    attribute("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS])
    lead = bring_to(State.MQL, make_lead(attributes={"tier": "gold", "margin": 12345}), world)
    page = as_(world.ben).get(url(lead)).content.decode()
    assert "Gold" in page
    assert "12345" not in page
    assert as_(world.ben).post(url(lead), {"name": "Mine"}).status_code == 403


def test_filters_and_the_file_have_attributes_for_whoever_may_see_them(world: World, as_) -> None:
    attribute("tier", AttributeType.CHOICE)
    attribute("size", AttributeType.NUMBER)
    attribute("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS])
    make_lead("Golden", attributes={"tier": "gold", "size": 5, "margin": 777})
    make_lead("Nobody")
    mia = as_(world.mia)
    for asked, names in (
        ({"attribute_tier": "gold"}, ["Golden"]),
        ({"attribute_tier": "(none)"}, ["Nobody"]),
        ({"attribute_size": "5.0"}, ["Golden"]),
    ):
        assert [lead.name for lead in mia.get(reverse(LIST), asked).context["cl"].result_list] == names
    assert mia.get(reverse(LIST), {"attribute_size": "many"}).status_code == 302
    exported = b"".join(mia.get(reverse("admin:leads_lead_export")).streaming_content).decode()
    header, *rows = exported.splitlines()
    assert header.endswith("attributes.tier,attributes.size")
    assert "777" not in exported
    assert any(row.endswith("gold,5") for row in rows)
    of_revops = b"".join(as_(world.olga).get(reverse("admin:leads_lead_export")).streaming_content).decode()
    assert "777" in of_revops


def test_the_packet_and_the_timeline_hide_what_may_not_be_seen(world: World, as_) -> None:
    attribute("tier", AttributeType.CHOICE)
    attribute("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS])
    attribute("aside", AttributeType.TEXT, in_packet=False)
    lead = make_lead(attributes={"tier": "gold", "margin": 12345, "aside": "not for the packet"})
    olga = as_(world.olga)
    olga.post(url(lead), typed(olga, lead, **{"attributes.margin": "54321"}))
    bring_to(State.MQL, lead, world)
    packet = lead.handoffs.get().packet
    assert packet["attributes.tier"] == "gold"
    assert "attributes.aside" not in packet
    page = as_(world.max).get(url(lead)).content.decode()
    assert "Gold" in page
    assert "54321" not in page
    assert "Margin" not in page
    assert "Margin" in " ".join(event.headline for event in timeline(lead))


def test_a_restricted_condition_is_not_shown(world: World) -> None:
    attribute("tier", AttributeType.CHOICE)
    attribute("margin", AttributeType.NUMBER, seen_by=[Role.REVOPS])
    asked: list[dict[str, Any]] = [
        {"field": "attributes.tier", "op": "is", "value": "gold"},
        {"field": "attributes.margin", "op": "at_least", "value": 5},
    ]
    assert conditions_of(asked) == "Tier is Gold and a restricted condition"


def test_do_not_contact_is_loud_on_page_list_and_dialog(world: World, as_) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    workflow.correct(lead.pk, {"do_not_contact": True, "do_not_contact_reason": "Asked us."})
    ada = as_(world.ada)
    for page in (url(lead), reverse("admin:my_leads"), reverse("admin:act", args=["touch", lead.pk])):
        assert "Do not contact, since" in ada.get(page).content.decode()
    answer = ada.post(reverse("admin:act", args=["touch", lead.pk]), {"channel": "call", "outcome": "reached"})
    assert "Do not call or write to Dana Fox" in answer.content.decode()
    raw = make_lead("Ben Wolf", do_not_contact=True)
    promoted = (
        as_(world.mia)
        .post(reverse("admin:act", args=["promote", raw.pk]), {"owner": "ada"}, follow=True)
        .content.decode()
    )
    assert "Ben Wolf: Do not contact" in promoted


def test_a_consent_is_recorded_from_the_page(world: World, as_) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    ask, ada = reverse("admin:consent", args=[lead.pk]), as_(world.ada)
    assert ask in ada.get(url(lead)).content.decode()
    words = {"purpose": "email", "granted": "no", "at": "", "source": "Phone call", "wording": "No mails, please."}
    ada.post(ask, words)
    kept = Consent.objects.get()
    assert (kept.granted, kept.by, kept.via, kept.source) == (False, world.ada, "console", "Phone call")
    page = ada.get(url(lead)).content.decode()
    for text in ("No email: consent was withdrawn.", "Phone call", "No mails, please.", "Withdrew consent: email"):
        assert text in page
    assert as_(world.ben).post(ask, words).status_code == 403
    assert as_(world.zoe).post(ask, words).status_code == 404
    future = ada.post(ask, words | {"at": "2190-01-01T00:00"}).content.decode()
    assert "This time is in the future: give when the buyer said so" in future


def test_the_lead_page_costs_the_same_with_many_attributes(world: World, as_, django_assert_max_num_queries) -> None:
    for number in range(15):
        attribute(f"a{number}", AttributeType.CHOICE)
    lead = upsert({"email": "dana@buyer.example"} | {f"attributes.a{number}": "gold" for number in range(15)}).lead
    mia = as_(world.mia)
    mia.get(url(lead))
    with django_assert_max_num_queries(45):
        mia.get(url(lead))
