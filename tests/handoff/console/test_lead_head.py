"""The head of the page of a lead stays and says what is due; each fact stands once, and what is rare is folded."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.leads.primary import STOPS, primary_verb
from leads.models import Lead, Reason, State, Verb
from sla.metrics import Metric
from sla.models import Clock
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db


def url(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])


def facts(lead, **changed) -> dict[str, str]:
    names = ("name", "email", "company", "title", "phone", "country", "source", "score")
    return {name: getattr(lead, name) or "" for name in names} | changed


def test_the_head_reaches_the_buyer_and_names_what_is_due(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, 3600)
    with time_machine.travel(MONDAY, tick=False):
        lead = bring_to(State.MQL, make_lead(company="Fox Ltd", phone="+49 (30) 901820"), world)
    with time_machine.travel(MONDAY + timedelta(minutes=15), tick=False):
        page = as_(world.ada).get(url(lead))

    text = page.content.decode()
    head = text[text.index("lead-top") : text.index("lead-columns")]
    for part in ('href="tel:+4930901820"', 'href="mailto:dana.fox@buyer.example"', "45 min left", "<b>Mon 11:00</b>"):
        assert part in head
    assert f'data-copy="{lead.pk}"' in head
    assert "Accept" in page.context["head"]["primary"]
    assert [verb for verb in page.context["head"]["others"] if "act-primary" in verb] == []


def test_a_buyer_who_may_not_be_contacted_is_neither_called_nor_written_to(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(phone="+49 30 901820", do_not_contact=True), world)
    text = as_(world.ada).get(url(lead)).content.decode()
    assert "tel:" not in text
    assert "mailto:" not in text
    assert "Do not contact" in text


def test_the_loud_verb_stops_the_most_urgent_clock(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    verbs = {Verb.TOUCH, Verb.QUALIFY, Verb.REJECT, Verb.PAUSE}
    assert primary_verb(lead, verbs, Clock(metric=Metric.SPEED_TO_LEAD)) == Verb.TOUCH
    assert primary_verb(lead, verbs, Clock(metric=Metric.TIME_TO_QUALIFY)) == Verb.TOUCH, "it would be refused"
    lead.last_touch_at = timezone.now()
    assert primary_verb(lead, verbs, Clock(metric=Metric.TIME_TO_QUALIFY)) == Verb.QUALIFY
    assert primary_verb(lead, verbs, None) == Verb.QUALIFY
    assert primary_verb(lead, set(), None) is None
    assert set(STOPS) == set(Metric)


@pytest.mark.parametrize(
    ("reason", "verb"), [("not_now", "recycle"), ("bad_contact_data", "resubmit"), ("spam_or_test", "answer")]
)
def test_the_loud_verb_of_a_rejected_lead_is_what_its_reason_asks_for(reason: str, verb: str, world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)
    lead.reason = Reason.objects.get(code=reason)
    assert primary_verb(lead, {"recycle", "resubmit", "answer"}, None) == verb
    assert primary_verb(lead, {"recycle", "resubmit"}, None) is None, "it is answered"


def test_running_clocks_stand_before_stopped_ones_the_most_urgent_first(world: World, as_) -> None:
    for metric, seconds in ((Metric.TIME_TO_ACCEPT, 60), (Metric.TIME_TO_QUALIFY, 9000), (Metric.SPEED_TO_LEAD, 3600)):
        make_policy(metric, seconds)
    lead = bring_to(State.SAL, make_lead(), world)
    clocks = as_(world.ada).get(url(lead)).context["clocks"]
    assert [clock["metric"] for clock in clocks] == ["Speed to lead", "Time to qualify", "Time to accept"]


def test_what_the_marketer_wrote_stands_before_the_facts_and_each_fact_stands_once(world: World, as_) -> None:
    lead = make_lead(company="Fox Ltd", source="trade_show", country="DE")
    workflow.promote(lead.pk, by=world.mia, owner=world.ada, note="Asked about SSO")
    workflow.correct(lead.pk, {"country": "AT"}, by=world.mia)
    text = as_(world.ben).get(url(lead)).content.decode()
    assert text.index("Asked about SSO") < text.index("Trade show")
    assert text.count("Trade show") == 1
    assert "trade_show" not in text
    assert "<dd>Austria<small>Germany at the handoff</small>" in text


def test_system_fields_are_folded_and_show_no_dashes(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    kept = as_(world.olga).get(url(lead)).context["kept"]
    assert [row.label for row in kept] == ["Number", "Captured"]


def test_editing_is_folded_and_leads_back_to_the_lead(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    here = f"{url(lead)}?next=/console/my-leads/%3Fwhose%3Dteam"
    text = as_(world.mia).get(here).content.decode()
    assert '<details class="panel folded" id="edit-facts">' in text
    assert "Save and add another" not in text
    assert as_(world.mia).post(here, facts(lead, company="Fox Ltd")).headers["Location"] == here
    refused = as_(world.mia).post(here, facts(lead, email="nonsense")).content.decode()
    assert 'id="edit-facts" open>' in refused
    assert "lead-top" in refused
    assert "edit-facts" not in as_(world.ben).get(url(lead)).content.decode()


@pytest.mark.parametrize(
    ("query", "title", "address"),
    [
        ("next=/console/my-leads/%3Fwhose%3Dteam", "Team", "/console/my-leads/?whose=team"),
        ("next=/console/board/%3Fwho%3Dada", "Board", "/console/board/?who=ada"),
        ("_changelist_filters=state__exact%3Dmql", "Leads", "/console/leads/lead/?state__exact=mql"),
        ("next=https://evil.example/", "Leads", "/console/leads/lead/"),
        ("", "Leads", "/console/leads/lead/"),
    ],
)
def test_the_way_back_is_the_list_as_it_was_filtered(query: str, title: str, address: str, world: World, as_) -> None:
    page = as_(world.max).get(f"{url(bring_to(State.MQL, make_lead(), world))}?{query}")
    assert (page.context["list_title"], page.context["list_url"]) == (title, address)
