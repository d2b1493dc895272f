"""The timeline of a lead: in pieces, told on both leads of a merge, with comments that mention people."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.leads.pieces import PIECE, Place
from handoff.console.leads.timeline import piece, timeline
from handoff.doors import Door
from leads.models import Campaign, ConsentStatement, Lead, State, Touch, Touchpoint, User, Verb, Via
from sla.metrics import Metric
from tests.world import CONVERSION, World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db


def url(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])


def test_the_timeline_comes_in_pieces_that_make_up_the_whole(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = make_lead()
    now = timezone.now() - timedelta(hours=1)
    Touchpoint.objects.bulk_create(Touchpoint(lead=lead, kind=f"visit_{n}", at=now, detail=str(n)) for n in range(30))
    Touch.objects.bulk_create(
        Touch(lead=lead, by=world.ada, channel="call", outcome="reached", at=now - timedelta(minutes=n // 2))
        for n in range(30)
    )
    bring_to(State.REJECTED, lead, world)

    whole, pieces, before = timeline(lead), [], None
    while True:
        part = piece(lead, None, before, 7)
        pieces += part.events
        if not part.older:
            break
        before = Place.read(part.older)

    assert pieces == whole
    assert len(whole) > PIECE


def test_older_events_are_read_on_request_with_and_without_the_script(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    now = timezone.now() - timedelta(days=1)
    Touchpoint.objects.bulk_create(
        Touchpoint(lead=lead, kind="visit", at=now - timedelta(minutes=n), detail=f"page {n}") for n in range(120)
    )
    client = as_(world.ada)
    page = client.get(f"{url(lead)}?next=/console/my-leads/")
    assert len(page.context["events"]) == PIECE
    older = page.context["older"]
    assert "next=" in older
    part = client.get(f"{reverse('admin:lead_timeline', args=[lead.pk])}?{older}")
    assert len(part.context["events"]) == PIECE
    assert "page 60" in part.content.decode()
    assert "<html" not in part.content.decode()
    plain = client.get(f"{url(lead)}?{older}").content.decode()
    assert "page 60" in plain
    assert "Show the newest" in plain
    assert as_(world.zoe).get(f"{reverse('admin:lead_timeline', args=[lead.pk])}?{older}").status_code == 404


@pytest.mark.parametrize(
    "before", ["", "x", "~~", "2026-03-02~1~1", "0001-01-01T00:00:00+23:00~1~1", "9" * 200, "²~²~²"]
)
def test_a_place_that_is_none_means_the_newest(before: str, world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    assert as_(world.ada).get(url(lead), {"before": before}).context["events"]


def test_both_leads_of_a_merge_and_of_a_duplicate_tell_of_it_with_a_link(world: World, as_) -> None:
    stays, copy = (bring_to(State.MQL, make_lead(name), world) for name in ("Dana Fox", "D Fox"))
    gone = make_lead("Dana F")
    workflow.merge(gone.pk, by=world.mia, into=stays)
    workflow.reject(copy.pk, by=world.ada, reason="duplicate", duplicate_of=stays)

    on_stays = {event.headline: event.other_url for event in timeline(stays)}
    assert on_stays["Merged"] == url(gone)
    assert on_stays["Rejected another lead as a duplicate of this one"] == url(copy)
    assert timeline(gone)[0].other_url == url(stays)
    assert timeline(copy)[0].other_url == url(stays)
    assert f'href="{url(stays)}"' in as_(world.olga).get(url(gone)).content.decode()


def test_only_people_who_see_the_lead_are_offered_to_be_mentioned(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    address = reverse("admin:mentionable", args=[lead.pk])

    def offered(words: str) -> list[str]:
        return [person["username"] for person in as_(world.max).get(address, {"q": words}).json()["people"]]

    assert offered("") == ["ada", "ben", "mia", "nora", "olga"]
    assert offered("be") == ["ben"]
    assert offered("zo") == offered("ev") == offered("%") == []
    assert as_(world.zoe).get(address, {"q": "a"}).status_code == 404


def test_a_comment_on_the_page_comes_back_to_it(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    page = as_(world.ben).get(url(lead))
    done = as_(world.ben).post(page.context["comment_url"], {"text": "@ada please call; @zoe too"}, follow=True)
    text = done.content.decode()
    assert done.request["PATH_INFO"] == url(lead)
    assert "@ada please call" in text
    assert "Not notified, as they may not see the lead:</span> zoe" in text


def test_a_rep_reads_twelve_events_in_order_with_where_each_came_from(world: World, as_) -> None:
    lead = make_lead(campaign=Campaign.objects.create(name="Fair"))
    start = timezone.now() - timedelta(days=30)
    points = (
        ("page_visit", "website", "/pricing"),
        ("form", "hubspot", "Demo"),
        ("email_click", "marketo", "Nurture 2"),
        ("webinar", "", "Lathes"),
    )
    for day, (kind, system, detail) in enumerate(points):
        at = start + timedelta(days=day)
        Touchpoint.objects.create(lead=lead, kind=kind, system=system, detail=detail, at=at, source="ads")
    acts: tuple[tuple[Verb, User, Via, dict[str, Any]], ...] = (
        (Verb.PROMOTE, world.mia, Via.CONSOLE, {"owner": "ada"}),
        (Verb.ACCEPT, world.ada, Via.SLACK, {}),
        (Verb.TOUCH, world.ada, Via.CONSOLE, {"channel": "call", "outcome": "reached"}),
        (Verb.COMMENT, world.mia, Via.CONSOLE, {"text": "Ask for Ann."}),
        (Verb.QUALIFY, world.ada, Via.API, {}),
        (Verb.CONVERT, world.ada, Via.API, CONVERSION),
    )
    for day, (verb, person, via, facts) in enumerate(acts, 10):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            workflow.perform(verb, lead.pk, by=person, door=Door(via=via), facts=facts)
    workflow.record_consent(lead.pk, ConsentStatement("email", granted=True, at=start + timedelta(days=20)))
    LogEntry.objects.create(
        user=world.mia,
        content_type=ContentType.objects.get_for_model(Lead),
        object_id=str(lead.pk),
        action_flag=2,
        change_message='[{"changed": {"fields": ["Score"]}}]',
        action_time=start + timedelta(days=21),
    )

    events = as_(world.ada).get(url(lead)).context["events"]
    assert [(event.headline, event.door) for event in reversed(events)] == [
        ("Page visit", "website"),
        ("Form", "hubspot"),
        ("Email click", "marketo"),
        ("Webinar", ""),
        ("Promoted to Ada: Raw → MQL", "console"),
        ("Accepted: MQL → SAL", "Slack"),
        ("Call: reached", "console"),
        ("Commented", "console"),
        ("Qualified: SAL → SQL", "API"),
        ("Converted: SQL → Opportunity", "API"),
        ("Agreed to be contacted: email", ""),
        ("Changed Score.", "console"),
    ]
    assert [dict(event.why).get("Source") for event in events[-4:]] == ["ads"] * 4
