"""The pages Scorecard, Review and Required actions: everyone with a role reads them, figures open to leads."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from handoff import workflow
from handoff.models import PeriodClose, RequiredActions, ReviewAction
from leads.models import User
from tests.handoff.reviewing.month import APRIL_3, APRIL_10, at, closed, march
from tests.world import World

pytestmark = pytest.mark.django_db
MARCH = {"period": "2026-03"}
ROLES = ("ada", "max", "mia", "nora", "olga")


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("page", ["sheet", "review", "required_actions"])
def test_everyone_with_a_role_reads_both_sides(page: str, world: World) -> None:
    statuses = {name: as_(getattr(world, name)).get(reverse(f"admin:{page}")).status_code for name in (*ROLES, "eve")}
    assert statuses == {**dict.fromkeys(ROLES, 200), "eve": 403}


def test_each_figure_of_the_sheet_opens_to_as_many_leads_as_it_says(world: World) -> None:
    march(world)
    client = as_(world.nora)
    for _ in ("open", "closed"):
        with at(APRIL_3):
            page = client.get(reverse("admin:sheet"), MARCH).content.decode()
            links = re.findall(r'<td><a href="([^"#]+)">([\d,]+)</a>', page)
            opened = [client.get(html.unescape(link)).content.decode() for link, _ in links]
        assert len(links) == 14
        assert [re.findall(r'data-total="(\d+)"', each) for each in opened] == [[figure] for _, figure in links]
        if not PeriodClose.objects.exists():
            closed(world)


def test_revops_closes_on_the_page_and_the_sheet_shows_what_is_restated(world: World) -> None:
    leads = march(world)
    with at(APRIL_3):
        asked = as_(world.olga).get(reverse("admin:sheet_close"), MARCH).content.decode()
    assert "Close March 2026" in asked
    assert "This cannot be undone" in asked
    assert not PeriodClose.objects.exists()
    for name in ("nora", "olga", "olga"):  # whoever presses twice closes once
        with at(APRIL_3):
            as_(getattr(world, name)).post(reverse("admin:sheet_close"), MARCH)
    assert PeriodClose.objects.get().closed_by == world.olga
    with at(APRIL_10):
        workflow.overturn(leads["Crow"].pk, by=world.olga, decision="It does.")
        page, of_another_team = (
            as_(person).get(reverse("admin:sheet"), MARCH).content.decode() for person in (world.mia, world.zoe)
        )
        csv = b"".join(as_(world.zoe).get(reverse("admin:sheet_restatements"), MARCH)).decode()
    assert page.count("data-restatement") == 1
    assert "Valid <b>+1</b>" in page
    assert "Valid: against marketing <b>−1</b>" in page
    assert ("Crow" in page, "Crow" in of_another_team) == (True, False)
    assert csv.splitlines()[1:] == [
        f"2026-04-10T09:00:00Z,The rejection was overturned: It does.,Olga,{leads['Crow'].pk},{figure}"
        for figure in ("valid,1", "valid_missed,-1", "overturned,1")
    ]


def test_both_leads_enter_actions_until_the_review_ends(world: World) -> None:
    march(world)
    closed(world)
    given = {**MARCH, "owner": world.ada.pk, "due_on": "2026-04-20"}
    with at(APRIL_10):
        for name in ("ada", "max", "nora"):
            as_(getattr(world, name)).post(reverse("admin:review_agree"), {**given, "text": f"Call more, says {name}"})
        page = as_(world.max).get(reverse("admin:review"), MARCH).content.decode()
        as_(world.max).post(reverse("admin:review_end"), MARCH)
        as_(world.max).post(reverse("admin:review_agree"), {**given, "text": "Too late"})
    assert list(ReviewAction.objects.values_list("text", "agreed_by__username")) == [
        ("Call more, says max", "max"),
        ("Call more, says nora", "nora"),
    ]
    assert page.count("Call more, says max") >= 1
    first = ReviewAction.objects.get(agreed_by=world.max)
    with at(APRIL_10):
        for name in ("mia", "ada"):  # whoever owns it, and whoever leads
            as_(getattr(world, name)).post(reverse("admin:review_finish"), {**MARCH, "action": first.pk})
    first.refresh_from_db()
    assert (first.done_by, first.done_at) == (world.ada, APRIL_10)
    assert (
        "10 Apr 2026, 09:00, Ada" in as_(world.mia).get(reverse("admin:review"), {"period": "2026-04"}).content.decode()
    )


def test_terms_are_set_by_revops_and_never_for_a_closed_period(world: World) -> None:
    march(world)
    closed(world)
    terms = {"tier": "A", "actions": 5, "within_days": 14, "starts_on": "2026-04-01"}
    pages = {
        day: as_(world.olga).post(reverse("admin:required_actions"), {**terms, "starts_on": day})
        for day in ("2026-03-31", "2026-04-01", "2026-04-01")
    }
    assert "That day is in a period that is closed" in pages["2026-03-31"].content.decode()
    assert as_(world.max).post(reverse("admin:required_actions"), terms).status_code == 403
    assert [str(each) for each in RequiredActions.objects.filter(tier="A")] == ["A: 5 within 14 days, from 2026-04-01"]
