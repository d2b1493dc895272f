"""People mentioned in a comment: notified once, by their channels, and only if they may see the lead."""

import pytest

from handoff import workflow
from handoff.alerts.messages import content_of
from handoff.models import Delivery, Destination, Subscription
from handoff.workflow import Door
from leads.models import Lead, State, Transition, Verb, Via
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(world: World) -> Lead:
    return bring_to(State.MQL, make_lead(), world)


def comment(lead: Lead, by: object, text: str, door: Door | None = None) -> Transition:
    more = {"door": door} if door else {}
    return workflow.comment(lead.pk, by=by, text=text, **more)  # type: ignore[arg-type]


def notified(act: Transition) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(transition=act).order_by("recipient__username", "medium")
    return list(rows.values_list("recipient__username", "medium"))


def test_whoever_is_mentioned_is_notified_by_their_first_channel(world: World, lead: Lead) -> None:
    world.ada.email = ""
    world.ada.save()
    act = comment(lead, world.max, "@ben and @ada: who calls? cc @mia")
    assert act.facts["mentions"] == ["ben", "ada", "mia"]
    assert notified(act) == [("ada", "slack"), ("ben", "email"), ("mia", "email")]


def test_the_message_says_who_mentioned_whom_and_what_was_written(world: World, lead: Lead) -> None:
    act = comment(lead, world.max, "@ben, please call.")
    said = content_of([Delivery.objects.get(transition=act)])
    assert said.subject == "Max mentioned you: Dana Fox"
    assert "Comment: @ben, please call." in said.lines


def test_several_mentions_in_one_comment_are_one_message(world: World, lead: Lead) -> None:
    act = comment(lead, world.max, "@ben @Ben (@BEN) ask @ben.")
    assert notified(act) == [("ben", "email")]


def test_whoever_subscribes_to_comments_is_not_notified_twice(world: World, lead: Lead) -> None:
    to_owner = Destination.objects.create(name="Owner by Slack", audience="owner", medium="slack")
    Subscription.objects.create(verb=Verb.COMMENT, destination=to_owner)
    assert notified(comment(lead, world.max, "@ada, look")) == [("ada", "slack")]


def test_who_may_not_see_the_lead_is_not_notified_and_the_history_says_so(world: World, lead: Lead) -> None:
    act = comment(lead, world.max, "@zoe @eve @olga")
    assert notified(act) == [("olga", "email")]
    assert act.facts["not_notified"] == ["zoe", "eve"]


def test_nobody_notifies_themselves_and_no_one_is_meant_by_other_signs(world: World, lead: Lead) -> None:
    world.ben.is_active = False
    world.ben.save()
    act = comment(lead, world.max, "@max @ben ada@handoff.example @nobody @ada.x @")
    assert notified(act) == []
    assert act.facts["mentions"] == ["max"]


def test_a_username_with_signs_is_read_whole_and_a_sentence_ends_behind_it(world: World, lead: Lead) -> None:
    world.ben.username = "ben.x+y"
    world.ben.save()
    assert comment(lead, world.max, "Ask @ben.x+y.").facts["mentions"] == ["ben.x+y"]


def test_the_past_notifies_nobody(world: World, lead: Lead) -> None:
    door = Door(via=Via.IMPORT, historical=True)
    assert notified(comment(lead, world.max, "@ben", door)) == []


def test_no_more_are_notified_than_a_comment_can_mean(world: World, lead: Lead) -> None:
    text = " ".join(f"@person{number}" for number in range(900)) + " @ben"
    assert notified(comment(lead, world.max, text)) == []
