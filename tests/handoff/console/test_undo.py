"""Taking back and snoozing in the console: what is done, what is said, and what the history shows."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from handoff import workflow
from handoff.models import Delivery, Destination, Subscription
from leads.models import State, Verb
from tests.world import FACTS, World, bring_to, last, make_lead

pytestmark = pytest.mark.django_db


def url(verb: str, lead: Any) -> str:
    return reverse("admin:act", args=[verb, lead.pk])


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_an_act_is_taken_back_and_the_answer_says_what_was_sent(world: World, as_: Any) -> None:
    owner = Destination.objects.create(name="Manager", audience="manager", medium="email")
    Subscription.objects.create(verb="accept", destination=owner)
    lead = bring_to(State.MQL, make_lead(team=world.berlin), world)
    act = workflow.accept(lead.pk, by=world.ada)
    Delivery.objects.filter(transition=act).update(state="sent", sent_at=act.at, attempts=1)

    response = as_(world.ada).post(url(Verb.UNDO, lead), {"transition": act.pk})

    lead.refresh_from_db()
    assert (response.status_code, lead.state) == (302, State.MQL)
    assert said(response) == ["Taken back: Accept, Dana Fox. 1 message had been sent already."]


def test_whoever_gave_a_lead_away_takes_that_back_and_nobody_else_sees_it(world: World, as_: Any) -> None:
    lead = bring_to(State.MQL, make_lead(team=world.berlin), world)
    act = workflow.assign(lead.pk, by=world.max, owner=world.zoe, team=world.new_york)
    assert as_(world.ben).post(url(Verb.UNDO, lead), {"transition": act.pk}).status_code == 404
    assert as_(world.max).post(url(Verb.COMMENT, lead), {"text": "Hello"}).status_code == 404
    as_(world.max).post(url(Verb.UNDO, lead), {"transition": act.pk})
    lead.refresh_from_db()
    assert lead.owner == world.ada


def test_the_history_shows_both_and_the_first_struck_through(world: World, as_: Any) -> None:
    lead = bring_to(State.SAL, make_lead(team=world.berlin), world)
    for verb, facts in ((Verb.COMMENT, {"text": "Wrong lead."}), (Verb.TOUCH, FACTS["touch"])):
        act = workflow.perform(verb, lead.pk, by=world.ada, door=workflow.Door(), facts=facts)
        workflow.undo(lead.pk, by=world.ada, transition=act)
    page = as_(world.ada).get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    assert "<s>Commented</s> (taken back)" in page
    assert "<s>Logged a touch</s> (taken back)" in page
    assert "Took back: Comment" in page
    assert page.count("(taken back)") == 2
    history = as_(world.ada).get(reverse("admin:leads_transition_changelist")).content.decode()
    assert history.count("Undo") >= 2


def test_the_dialog_of_a_snooze_says_that_it_holds_no_clock(world: World, as_: Any) -> None:
    lead = bring_to(State.SAL, make_lead(team=world.berlin), world)
    assert "Its clocks go on, and fall due as before." in as_(world.ada).get(url(Verb.SNOOZE, lead)).content.decode()
    response = as_(world.ada).post(url(Verb.SNOOZE, lead), {"until": "2 hours"})
    assert said(response)[0].startswith("Snoozed Dana Fox. Its clocks go on: a snooze holds none.")
    assert last(lead).verb == Verb.SNOOZE
    page = as_(world.max).get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    assert "Snoozed until" in page


def test_each_says_on_which_days_and_when_what_waits_is_sent(world: World, as_: Any) -> None:
    page = reverse("admin:leads_user_change", args=[world.ada.pk])
    form = {"absences-TOTAL_FORMS": "0", "absences-INITIAL_FORMS": "0", "username": "ada"}
    as_(world.ada).post(page, form | {"agenda_at": "08:00", "agenda_days": ["5", "1"]})
    world.ada.refresh_from_db()
    assert (f"{world.ada.agenda_at:%H:%M}", world.ada.agenda_days) == ("08:00", "15")
    shown = as_(world.ada).get(page).content.decode()
    assert "Monday" in shown
    assert "Mon, Fri" in as_(world.max).get(page).content.decode()
