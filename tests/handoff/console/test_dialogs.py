"""The bridge from verbs to dialogs: GET asks, POST acts, a refusal keeps what was typed."""

from urllib.parse import urlencode

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.html import escape

from handoff import workflow
from handoff.console.frame.dialogs import back
from handoff.refusals import FactsRefused
from leads.models import State, Verb
from sla.metrics import Metric
from tests.world import World, bring_to, last, make_lead, make_policy


def url(verb: str, lead, to: str = "") -> str:
    return reverse("admin:act", args=[verb, lead.pk]) + (f"?next={to}" if to else "")


def said(client: Client, page: str = "admin:my_leads") -> str:
    return client.get(reverse(page)).content.decode()


def test_asking_changes_nothing(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    client = as_(world.ada)

    for verb in workflow.CARDS:
        assert client.get(url(verb, lead)).status_code == 200

    lead.refresh_from_db()
    assert lead.state == State.MQL
    assert lead.transitions.count() == 1


def test_accept_names_the_lead_and_offers_the_next(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    following = bring_to(State.MQL, make_lead("Lena Kurz"), world)
    lead = bring_to(State.MQL, make_lead(), world)
    client = as_(world.ada)

    response = client.post(url(Verb.ACCEPT, lead, "/console/my-leads/?q=fox"))

    assert response.headers["Location"] == "/console/my-leads/?q=fox"
    page = said(client)
    assert "Accepted Dana Fox. Next:" in page
    assert reverse("admin:leads_lead_change", args=[following.pk]) in page
    lead.refresh_from_db()
    assert lead.state == State.SAL
    assert last(lead).via == "console"


def test_the_loser_of_a_race_hears_who_was_faster(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    workflow.accept(lead.pk, by=world.max)
    client = as_(world.ada)

    response = client.post(url(Verb.ACCEPT, lead))

    assert response.status_code == 302
    assert "Cannot accept Dana Fox: already accepted by Max" in said(client)


def test_a_dialog_opened_too_late_says_so_and_asks_nothing(world: World, as_) -> None:
    lead = bring_to(State.SAL, make_lead(), world)

    page = as_(world.ada).get(url(Verb.ACCEPT, lead), headers={"X-Handoff-Dialog": "1"}).content.decode()

    assert "already accepted by Ada" in page
    assert "<button" not in page


@pytest.mark.parametrize(
    ("verb", "facts"),
    [
        (Verb.REJECT, {}),
        (Verb.REJECT, {"reason": "other", "note": "short"}),
        (Verb.REJECT, {"reason": "duplicate"}),
        (Verb.REJECT, {"reason": "not_now", "retry_on": "2001-01-01"}),
        (Verb.REJECT, {"reason": "bad_contact_data"}),
        (Verb.REJECT, {"reason": "unresponsive"}),
        (Verb.TOUCH, {"outcome": "reached"}),
        (Verb.COMMENT, {}),
    ],
)
def test_a_refusal_says_the_words_of_the_workflow_at_the_field(verb, facts, world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    with pytest.raises(FactsRefused) as refusal:
        workflow.perform(verb, lead.pk, by=world.ada, door=workflow.Door(), facts=facts)

    response = as_(world.ada).post(url(verb, lead), facts)

    page = response.content.decode()
    for field, complaints in refusal.value.fields.items():
        assert f'id="fact_{field}_error"' in page
        assert all(escape(complaint) in page for complaint in complaints)
    assert lead.transitions.count() == 1


def test_what_was_typed_is_kept_after_a_refusal(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)

    page = as_(world.ada).post(url(Verb.REJECT, lead), {"reason": "other", "note": "too short"}).content.decode()

    assert "too short" in page
    assert 'value="other" checked' in page


def test_what_the_stage_demands_is_said_above_the_fields(world: World, as_) -> None:
    lead = bring_to(State.SAL, make_lead(), world)

    page = as_(world.ada).post(url(Verb.QUALIFY, lead)).content.decode()

    assert "Nobody has contacted Dana Fox since it was handed over: log a touch first." in page


def test_a_dialog_leaves_by_a_header_that_the_script_follows(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    to = "/console/my-leads/?p=2"

    response = as_(world.ada).post(url(Verb.ACCEPT, lead, to), headers={"X-Handoff-Dialog": "1"})

    assert (response.status_code, response.headers["X-Handoff-Location"]) == (200, to)


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(to: str, world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)

    response = as_(world.ada).post(url(Verb.ACCEPT, lead, to))

    assert response.headers["Location"] == reverse("admin:leads_lead_change", args=[lead.pk])


def test_an_act_needs_the_token_of_the_page(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.ada)

    assert client.post(url(Verb.ACCEPT, lead)).status_code == 403
    lead.refresh_from_db()
    assert lead.state == State.MQL


def test_times_are_typed_in_the_zone_of_the_viewer(world: World, as_) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    lead.transitions.last()
    facts = {"channel": "call", "outcome": "reached", "at": "2026-01-15T09:30"}

    as_(world.ada).post(url(Verb.TOUCH, lead), facts)

    assert lead.touches.get().at.isoformat() == "2026-01-15T08:30:00+00:00"


def test_whoever_may_not_gets_a_warning_and_no_act(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    client = as_(world.mia)

    client.post(url(Verb.ACCEPT, lead))

    assert "You may not accept Dana Fox" in said(client, "admin:leads_lead_changelist")
    lead.refresh_from_db()
    assert lead.state == State.MQL


@pytest.mark.parametrize("to", ["/x\r\nA:b", "/x\0", "/\x7f"])
def test_an_address_with_a_line_break_is_not_followed(to: str, world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    request = RequestFactory().post("/", query_params={"next": to})

    assert back(request, "/console/") == "/console/"
    if "\0" not in to:
        response = as_(world.ada).post(
            url(Verb.COMMENT, lead) + "?" + urlencode({"next": to}), {"text": "Hm"}, headers={"X-Handoff-Dialog": "1"}
        )
        assert response.headers["X-Handoff-Location"] == reverse("admin:leads_lead_change", args=[lead.pk])


@pytest.mark.parametrize("headers", [{}, {"X-Handoff-Dialog": "1"}])
def test_the_loser_of_a_race_keeps_his_words(headers, world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    workflow.accept(lead.pk, by=world.max)

    page = as_(world.ada).post(url(Verb.ACCEPT, lead), {"note": "She waits <for> us"}, headers=headers).content.decode()

    assert "already accepted by Max" in page
    assert "She waits &lt;for&gt; us</textarea>" in page
    assert "Note, as you typed it" in page
    assert "data-close" not in page


def test_words_are_kept_when_a_lead_was_given_away(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    workflow.assign(lead.pk, by=world.max, owner=world.ben)

    page = as_(world.ada).post(url(Verb.REJECT, lead), {"reason": "other", "note": "My words"}).content.decode()

    assert "You may not reject Dana Fox" in page
    assert "My words" in page


def test_a_rep_takes_for_his_own_team_and_is_asked_for_no_other(world: World, as_) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)

    asked = as_(world.ada).get(url(Verb.ASSIGN, lead)).content.decode()

    assert 'name="owner"' in asked
    assert 'name="team"' not in asked
    assert 'name="team"' in as_(world.max).get(url(Verb.ASSIGN, lead)).content.decode()
    as_(world.ada).post(url(Verb.ASSIGN, lead), {"owner": "ada"})
    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (world.ada, world.berlin)


def test_a_dialog_names_no_lead_that_its_viewer_may_not_see(world: World, as_) -> None:
    other = make_lead("Secret Sam", team=world.new_york)
    lead = bring_to(State.MQL, make_lead(), world)

    page = as_(world.ada).post(url(Verb.REJECT, lead), {"reason": "duplicate", "duplicate_of": other.pk})

    assert f"There is no lead {other.pk}." in page.content.decode()
