"""The page of the agreement: live, the same for both sides, and without what only some may see."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff.agreement.definitions import draft, sign
from handoff.agreement.ladders import revise_policy
from handoff.models import Destination
from leads.models import Attribute, Definition, Reason
from tests.world import World, make_calendar, make_policy

URL = reverse("admin:agreement")
AT_80 = {"field": "score", "op": "at_least", "value": 80}


def text_of(client: Client, person: object) -> str:
    client.force_login(person)  # type: ignore[arg-type]
    response = client.get(URL)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def agreed(world: World) -> Definition:
    owner = Destination.objects.create(name="Owner by email", audience="owner", medium="email")
    make_policy("time_to_accept", 4 * 3600, tells=[owner], name="Accept", position=20)
    make_policy("time_to_accept", 600, tells=[owner], name="Accept hot", position=10, conditions=[AT_80])
    make_policy("time_to_answer", 2 * 3600, tells=[owner], name="Answer")
    written = draft("mql", "Somebody who asked for a price.", [AT_80])
    for person in (world.nora, world.max):
        sign(written.pk, by=person, seen=written.digest)
    return Definition.objects.get(pk=written.pk)


def test_both_sides_read_what_is_in_force(client: Client, world: World, agreed: Definition) -> None:
    for person in (world.ada, world.max, world.mia, world.nora, world.olga):
        text = text_of(client, person)
        assert "Somebody who asked for a price." in text
        assert "signed by Nora for marketing and Max for sales" in text
        assert "<li>score at least 80</li>" in text
        assert text.index("score at least 80<small>") < text.index("Every other lead<small>")
        assert "At 75 %: Owner by email" in text
        assert str(Reason.objects.get(code="spam_or_test")) in text
    client.force_login(world.eve)
    assert client.get(URL).status_code == 403


def test_it_follows_the_records(client: Client, world: World, agreed: Definition) -> None:
    policy = make_policy("time_to_decide", 3600, name="Decide")
    assert "<b>1 h</b>" in text_of(client, world.ada)
    revise_policy(policy, {"target_seconds": 5 * 3600})
    Reason.objects.filter(code="spam_or_test").update(retired_at=timezone.now())
    text = text_of(client, world.ada)
    assert "<b>5 h</b>" in text
    assert "<b>1 h</b>" not in text
    assert "Spam or test" not in text


def test_the_history_compares_each_version_with_the_one_before(
    client: Client, world: World, agreed: Definition
) -> None:
    following = draft("mql", "Somebody who asked for an offer.", [AT_80])
    assert "It needs a marketing lead and a sales manager." in text_of(client, world.ada)
    for person in (world.nora, world.max):
        sign(following.pk, by=person, seen=following.digest)
    text = text_of(client, world.ada)
    assert "<del>a price.</del>" in text
    assert "<ins>an offer.</ins>" in text


def test_a_review_that_is_overdue_is_said_first(client: Client, world: World, agreed: Definition) -> None:
    assert "was due for review" not in text_of(client, world.nora)
    Definition.objects.filter(stage="mql").update(active_from=timezone.now() - timedelta(days=366))
    assert f"The {agreed} was due for review on" in text_of(client, world.nora)


def test_what_only_some_may_see_is_not_told_to_others(client: Client, world: World, agreed: Definition) -> None:
    Attribute.objects.create(key="margin", label="Margin", type="decimal", seen_by=["RevOps"], edited_by=["RevOps"])
    secret = {"field": "attributes.margin", "op": "at_least", "value": 5}
    make_policy("time_to_qualify", 3600, conditions=[secret])
    for person, is_seen in ((world.ada, False), (world.olga, True)):
        text = text_of(client, person)
        assert ("Margin" in text) is is_seen
        assert ("a restricted condition" in text) is not is_seen


def test_the_queries_do_not_grow_with_the_policies(
    client: Client, world: World, agreed: Definition, django_assert_max_num_queries: object
) -> None:
    text_of(client, world.ada)
    with django_assert_max_num_queries(24) as few:  # type: ignore[operator]
        client.get(URL)
    calendar = make_calendar()
    for position in range(30, 40):
        make_policy("time_to_accept", 900, calendar=calendar, conditions=[AT_80], position=position)
    with django_assert_max_num_queries(len(few)):  # type: ignore[operator]
        client.get(URL)
