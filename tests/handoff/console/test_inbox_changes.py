"""What an inbox hears: nothing while nothing changes, else the changed rows; and the answer to an act done in place."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.leads.sections import Section
from handoff.models import InboxEntry, LeadView
from leads.models import Lead, State, User
from sla.metrics import Metric
from sla.models import Clock
from tests.world import FACTS, World, bring_to, last, make_lead, make_policy

CHANGES = "admin:my_leads_changes"
IN_PLACE = {"X-Handoff-Dialog": "1", "X-Handoff-In-Place": "1"}


@pytest.fixture
def lead(world: World) -> Lead:
    make_policy(Metric.TIME_TO_ACCEPT, target_seconds=30 * 3600)
    return bring_to(State.MQL, make_lead(), world)


def ask(client: Any, token: str = "", **query: str) -> Any:
    address = reverse(CHANGES) + (f"?whose={query['whose']}" if query else "")
    return client.post(address, {"_token": token, "_have": query.get("have", "")})


def token_of(client: Any, **query: str) -> str:
    return str(ask(client, **query).json()["token"])


def order(response: Any) -> dict[str, list[int]]:
    return {name: ids for name, ids in response.json()["order"].items() if ids}


def test_nothing_is_said_while_nothing_changes(lead, world: World, as_, django_assert_num_queries) -> None:
    client = as_(world.ada)
    token = token_of(client)

    with django_assert_num_queries(3):  # the session, the person, and whether anything has changed
        assert ask(client, token).status_code == 204


def offered(name: str, world: World) -> Lead:
    return bring_to(State.MQL, make_lead(name), world)


CHANGED: dict[str, Any] = {
    "accepted by another": lambda lead, world: workflow.accept(lead.pk, by=world.max),
    "given to another": lambda lead, world: workflow.assign(lead.pk, by=world.max, owner=world.ben),
    "back in the queue": lambda lead, world: workflow.assign(lead.pk, by=world.max),
    "rejected": lambda lead, world: workflow.reject(lead.pk, by=world.max, reason="wrong_territory"),
    "touched": lambda lead, world: workflow.touch(lead.pk, by=world.max, channel="call", outcome="reached"),
    "paused": lambda lead, world: workflow.pause(lead.pk, by=world.max, cause="buyer_away"),
    "merged": lambda lead, world: workflow.merge(
        lead.pk, by=world.mia, into=bring_to(State.MQL, make_lead("Another"), world)
    ),
    "corrected": lambda lead, _world: workflow.correct(lead.pk, {"phone": "+493012345678"}),
    "due earlier": lambda _lead, _world: Clock.objects.update(due_at=timezone.now() + timedelta(minutes=5)),
    "another comes": lambda _lead, world: offered("Lena Kurz", world),
}


@pytest.mark.parametrize("change", CHANGED)
@pytest.mark.parametrize("who", ["ada", "max"])
def test_whatever_changes_the_list_is_heard(change: str, who: str, lead, world: World, as_) -> None:
    client = as_(getattr(world, who))
    token = token_of(client)

    CHANGED[change](lead, world)

    assert ask(client, token).status_code == 200


def test_what_happens_elsewhere_is_not_heard(lead, world: World, as_) -> None:
    client = as_(world.ada)
    token = token_of(client)

    workflow.promote(make_lead("Of ben").pk, by=world.mia, owner=world.ben)

    assert ask(client, token).status_code == 204


def test_who_takes_from_the_queue_is_seen_by_the_others(world: World, as_) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    ben = as_(world.ben)
    token = token_of(ben, whose="queue")

    workflow.assign(lead.pk, by=world.ada, owner=world.ada)

    answer = ask(ben, token, whose="queue")
    assert order(answer) == {}
    assert answer.json()["tabs"] == {"mine": "0", "queue": "0", "team": "1"}


def test_a_lead_moves_by_itself_when_its_time_comes(lead, world: World, as_) -> None:
    client = as_(world.ada)
    InboxEntry.objects.update(is_new=False)
    due = Clock.objects.get().due_at
    assert due
    seen: list[tuple[str, str]] = []
    for left in (timedelta(hours=1, minutes=1), timedelta(minutes=59), timedelta(minutes=1), timedelta(minutes=-1)):
        with time_machine.travel(due - left, tick=False):
            client.force_login(world.ada)
            answer = ask(client, seen[-1][1] if seen else "")
            if answer.status_code == 200:
                [section] = order(answer)
                seen.append((section, answer.json()["token"]))
    assert [section for section, _token in seen][-2:] == [Section.SOON, Section.OVERDUE]
    assert len(seen) == 3


def test_only_rows_that_the_page_lacks_are_sent(lead, world: World, as_) -> None:
    client = as_(world.ada)
    other = offered("Lena Kurz", world)
    mark = f"{InboxEntry.objects.get(lead=lead).version}n"

    answer = ask(client, have=f"{lead.pk}.{mark},{other.pk}.1", whose="mine").json()

    assert set(answer["rows"]) == {str(other.pk)}
    assert answer["order"]["new"] == [lead.pk, other.pk]
    assert answer["counts"]["new"] == "2"


def test_an_act_in_place_answers_with_the_row_the_counts_and_its_number(lead, world: World, as_) -> None:
    client = as_(world.ada)

    response = client.post(
        reverse("admin:act", args=["accept", lead.pk]), {"next": reverse("admin:my_leads")}, headers=IN_PLACE
    )

    answer = response.json()
    assert answer["message"] == "Accepted Dana Fox."
    assert answer["transition"] == last(lead).pk
    assert answer["list"]["order"]["later"] == [lead.pk]
    assert "SAL" not in answer["list"]["counts"]
    assert "/do/touch/" in answer["list"]["rows"][str(lead.pk)]
    assert ask(client, answer["list"]["token"]).status_code == 204
    assert len(response.content) < 30_000


def test_a_lead_that_leaves_is_in_no_section(lead, world: World, as_) -> None:
    response = as_(world.ada).post(
        f"{reverse('admin:act', args=['reject', lead.pk])}?next={reverse('admin:my_leads')}",
        {"reason": "wrong_territory"},
        headers=IN_PLACE,
    )

    assert not any(response.json()["list"]["order"].values())


def test_the_loser_of_a_race_reads_who_was_faster_and_sees_the_row_as_it_is(lead, world: World, as_) -> None:
    workflow.accept(lead.pk, by=world.max)

    answer = as_(world.ada).post(
        reverse("admin:act", args=["accept", lead.pk]), {"next": reverse("admin:my_leads")}, headers=IN_PLACE
    )

    assert "already accepted by Max" in answer.json()["message"]
    assert answer.json()["transition"] is None
    assert str(lead.pk) in answer.json()["list"]["rows"]


def test_wrong_facts_are_asked_again_in_the_dialog(lead, world: World, as_) -> None:
    answer = as_(world.ada).post(
        reverse("admin:act", args=["reject", lead.pk]), {"reason": "other", "note": "short"}, headers=IN_PLACE
    )

    assert "text/html" in answer.headers["Content-Type"]
    assert "short" in answer.content.decode()


def test_the_filter_that_one_works_in_stays(lead, world: World, as_) -> None:
    offered("Lena Kurz", world)

    answer = as_(world.ada).post(
        reverse("admin:act", args=["comment", lead.pk]),
        {"text": "Hm", "next": f"{reverse('admin:my_leads')}?q=dana"},
        headers=IN_PLACE,
    )

    assert [pk for ids in answer.json()["list"]["order"].values() for pk in ids] == [lead.pk]


@pytest.mark.parametrize("token", ["x", "-", "1.2-²", "1.2-" + "9" * 99, "\ud7ff-1", "0" * 9000])
def test_an_odd_token_is_answered_with_the_list(token: str, lead, world: World, as_) -> None:
    client = as_(world.ada)

    assert ask(client, token).status_code == 200
    assert client.post(reverse(CHANGES), {"_have": token, "_shown": f"soon.{token},x.1"}).status_code == 200
    assert client.get(reverse(CHANGES)).status_code == 405
    assert client.post(reverse(CHANGES) + "?state=x").status_code == 400


def test_next_is_the_lead_below_in_the_list_that_one_works_in(lead, world: World, as_) -> None:
    """Without script, by way of the list; and from the page of a lead that was opened there."""
    below = offered("Lena Kurz", world)
    bring_to(State.MQL, make_lead("Petra Ochre"), world)
    client = as_(world.ada)
    my_leads = f"{reverse('admin:my_leads')}?whose=mine"

    client.post(reverse("admin:act", args=["accept", lead.pk]), {"next": my_leads})

    page = client.get(my_leads).content.decode()
    assert "Accepted Dana Fox. Next:" in page
    assert f"/console/leads/lead/{below.pk}/change/?next=" in page


def test_the_page_of_a_lead_keeps_the_list_one_came_from(lead, world: World, as_) -> None:
    before = bring_to(State.MQL, make_lead("Aaron Ash"), world)
    Clock.objects.filter(lead=before).update(due_at=timezone.now() + timedelta(hours=2))
    after = bring_to(State.MQL, make_lead("Zora Zinn"), world)
    came_from = f"{reverse('admin:my_leads')}?whose=mine&state=mql"

    response = as_(world.ada).get(reverse("admin:leads_lead_change", args=[lead.pk]), {"next": came_from})

    place = response.context["place"]
    assert (place.before, place.after) == (before.pk, after.pk)
    assert place.listing.url == came_from
    page = response.content.decode().replace("&amp;", "&")
    assert page.count(f'href="{came_from}"') == 2
    assert f"/{after.pk}/change/?next=%2Fconsole%2Fmy-leads%2F%3Fwhose%3Dmine%26state%3Dmql" in page


def test_after_an_act_on_the_page_of_a_lead_one_goes_on_below_it(lead, world: World, as_) -> None:
    """It was new as its page was opened, and stands among the later ones since: the next one is still the new one."""
    below = offered("Lena Kurz", world)
    client = as_(world.ada)
    page = client.get(
        reverse("admin:leads_lead_change", args=[lead.pk]), {"next": f"{reverse('admin:my_leads')}?whose=mine"}
    )
    [action] = re.findall(r'formaction="([^"]*/do/accept/[^"]*)"', page.content.decode())

    done = client.post(unescape(action), follow=True)

    assert f'Next: <a href="/console/leads/lead/{below.pk}/change/' in done.content.decode()


def test_a_preview_has_the_note_of_marketing_before_all_else(world: World, as_) -> None:
    lead = make_lead(company="Fox Ltd", phone="+493012345678")
    workflow.promote(lead.pk, by=world.mia, owner=world.ada, note="Asked about SSO.")

    client = as_(world.ada)
    part = client.get(reverse("admin:my_lead", args=[lead.pk]), headers={"X-Handoff-Dialog": "1"}).content.decode()
    page = client.get(reverse("admin:my_lead", args=[lead.pk])).content.decode()

    assert "<html" not in part
    assert part.index("Asked about SSO.") < part.index("Fox Ltd</dd>") < part.index("Last events")
    for text in ('href="tel:+493012345678"', "/do/accept/", "/do/comment/", "promoted"):
        assert text in part
    assert "Back to My leads" in page


def test_no_preview_of_a_lead_that_one_may_not_see(world: World, as_) -> None:
    lead = make_lead(team=world.new_york)

    assert as_(world.ada).get(reverse("admin:my_lead", args=[lead.pk])).status_code == 404
    assert as_(world.mia).get(reverse("admin:my_lead", args=[lead.pk])).status_code == 403


def expected(lead: Lead) -> dict[str, Any] | None:
    """The entry of a lead as its row and its clocks have it."""
    lead.refresh_from_db()
    if lead.state not in (State.MQL, State.SAL, State.SQL) or lead.merged_into_id:
        return None
    running = Clock.objects.filter(lead=lead, stopped_at=None).order_by("due_at", "pk").first()
    return {
        "owner_id": lead.owner_id,
        "team_id": lead.team_id,
        "state": lead.state,
        "cycle": lead.cycle,
        "source": lead.source,
        "touched_at": lead.last_touch_at,
        "next_due": running and running.due_at,
        "metric": running.metric if running else "",
    }


def kept(lead: Lead) -> dict[str, Any] | None:
    entry = InboxEntry.objects.filter(lead=lead)
    columns = ("owner_id", "team_id", "state", "cycle", "source", "touched_at", "next_due", "metric")
    row = entry.values_list(*columns).first()
    return dict(zip(columns, row, strict=True)) if row else None


WALK = [
    ("promote", "mia", {"owner": "ada"}),
    ("accept", "ada", {}),
    ("pause", "ada", {"cause": "buyer_away"}),
    ("resume", "ada", {}),
    ("touch", "ada", FACTS["touch"]),
    ("qualify", "ada", {}),
    ("assign", "max", {"owner": "ben"}),
    ("assign", "max", {}),
    ("assign", "max", {"owner": "ada"}),
    ("reject", "ada", FACTS["reject"]),
    ("dispute", "nora", FACTS["dispute"]),
    ("overturn", "olga", FACTS["overturn"]),
    ("accept", "ada", {}),
    ("touch", "ada", FACTS["touch"]),
    ("qualify", "ada", {}),
    ("convert", "ada", FACTS["convert"]),
]


def test_the_entry_of_a_lead_follows_each_verb(world: World) -> None:
    for metric in Metric:
        make_policy(metric)
    lead = make_lead(source="web")
    for verb, by, facts in WALK:
        workflow.perform(verb, lead.pk, by=getattr(world, by), door=workflow.Door(), facts=facts)
        assert (verb, kept(lead)) == (verb, expected(lead))


def test_what_changes_many_leads_in_one_statement_changes_the_entry_of_each(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    leads = [make_lead(f"Lead {number}") for number in range(3)]
    for lead in leads[:2]:
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)

    Clock.objects.update(due_at=timezone.now() + timedelta(days=9))
    Lead.objects.update(owner=world.ben, source="fair")

    assert [kept(lead) for lead in leads] == [expected(lead) for lead in leads]
    assert kept(leads[2]) is None


def test_a_deleted_lead_leaves_nothing(world: World) -> None:
    lead = make_lead()
    Lead.objects.filter(pk=lead.pk).update(owner=world.ada)
    LeadView.objects.create(lead=lead, user=world.ada)

    lead.delete()

    assert not LeadView.objects.exists()
    assert not InboxEntry.objects.exists()


def test_a_person_sees_only_their_own_queues(world: World, as_) -> None:
    stranger: User = world.zoe
    workflow.promote(make_lead().pk, by=world.mia, team=world.berlin)

    for whose in ("mine", "queue", "team"):
        assert order(ask(as_(stranger), whose=whose)) == {}
