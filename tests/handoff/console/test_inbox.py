"""My leads: sections, what is new, the verb that stops the clock, counts, filters and the search."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.leads.inbox_changes import finished, is_current, token_before
from handoff.console.leads.inbox_list import InboxList
from handoff.console.leads.sections import Moment, Section
from handoff.models import InboxEntry, LeadView
from leads.models import Campaign, ExternalId, Lead, State
from sla.metrics import Metric
from sla.models import Clock
from tests.world import World, bring_to, make_lead, make_policy

MY_LEADS = "admin:my_leads"


@pytest.fixture
def promises(db: None) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)


def due_in(lead: Lead, **delta: float) -> None:
    at = timezone.now() + timedelta(**delta)
    Clock.objects.filter(lead=lead, stopped_at=None).update(due_at=at, started_at=at - timedelta(days=9))


def sections(response: Any) -> dict[str, list[str]]:
    return {
        section.name: [str(row.lead) for row in section.rows]
        for section in response.context["sections"]
        if section.number
    }


def offered(name: str, world: World, **fields: Any) -> Lead:
    return bring_to(State.MQL, make_lead(name, **fields), world)


def seen_by(user: Any, *leads: Lead) -> None:
    InboxEntry.objects.filter(lead__in=leads, owner=user).update(is_new=False)


def row_of(response: Any, lead: Lead) -> str:
    found = re.search(rf'<li id="l{lead.pk}".*?</li>', response.content.decode(), re.DOTALL)
    assert found
    return found[0]


def test_what_can_still_be_kept_stands_first_and_the_longest_overdue_last(promises, world: World, as_) -> None:
    for name, hours in (("Long ago", -900), ("A bit late", -2), ("Soon", 0.7), ("Next week", 170), ("Fresh", 30)):
        lead = offered(name, world)
        due_in(lead, hours=hours)
        if name != "Fresh":
            seen_by(world.ada, lead)

    response = as_(world.ada).get(reverse(MY_LEADS))

    assert sections(response) == {
        "soon": ["Soon"],
        "new": ["Fresh"],
        "later": ["Next week"],
        "overdue": ["A bit late", "Long ago"],
    }
    assert list(sections(response)) == ["soon", "new", "later", "overdue"]


def test_today_ends_with_the_day_of_whoever_reads(promises, world: World) -> None:
    lead = offered("Dana Fox", world)
    seen_by(world.ada, lead)
    at = Moment(datetime.fromisoformat("2031-03-03T20:00:00+00:00"))
    InboxEntry.objects.update(next_due=datetime.fromisoformat("2031-03-03T23:30:00+00:00"))

    def section() -> str:
        listing = InboxList(world.ada, "mine", at=at)
        return next(name for name in Section.values if listing.count_of(name))

    with timezone.override("UTC"):
        assert section() == Section.TODAY
    with timezone.override("Europe/Berlin"):
        assert section() == Section.LATER


def test_a_lead_is_in_one_section_whatever_it_is(promises, world: World) -> None:
    """Every kind of entry, at moments around each boundary: the sections add up to the list, and none overlaps."""
    kinds = [(due, held, new) for due in (None, *range(-30, 60, 3)) for held in (None, -1, 5, 900) for new in (0, 1)]
    now = datetime.fromisoformat("2031-03-03T12:00:00+00:00")
    hour = timedelta(hours=1)
    for number, (due, held, new) in enumerate(kinds):
        InboxEntry.objects.create(
            lead_id=10_000 + number,
            owner=world.ada,
            state="mql",
            cycle=1,
            source="",
            metric="",
            given_at=now,
            is_new=bool(new),
            version=number,
            next_due=None if due is None else now + due * hour,
            held_until=None if held is None else now + held * hour,
        )
    for shift in (0, 11, 11.5, 12.5):
        listing = InboxList(world.ada, "mine", at=Moment(now + shift * hour))
        rows = [pk for name in Section.values for pk, _due in listing.section(name, 999)]
        assert len(rows) == len(kinds)
        assert sorted(rows) == sorted(set(rows))


def test_paused_leads_and_those_without_a_clock_wait_in_later(promises, world: World, as_) -> None:
    paused = offered("Paused", world)
    due_in(paused, hours=0.5)
    workflow.pause(paused.pk, by=world.ada, cause="buyer_away", until=timezone.now() + timedelta(minutes=10))
    unclocked = bring_to(State.SAL, make_lead("Unclocked"), world)

    assert sections(as_(world.ada).get(reverse(MY_LEADS))) == {"later": ["Paused", str(unclocked)]}


def test_a_lead_is_new_until_its_owner_looks_at_it(promises, world: World, as_) -> None:
    lead = offered("Dana Fox", world)
    due_in(lead, hours=30)
    ada, max_ = as_(world.ada), as_(world.max)
    assert 'class="dot"' in row_of(ada.get(reverse(MY_LEADS)), lead)

    max_.get(reverse("admin:my_lead", args=[lead.pk]))
    assert sections(ada.get(reverse(MY_LEADS))) == {"new": ["Dana Fox"]}
    ada.get(reverse("admin:my_lead", args=[lead.pk]))
    assert sections(ada.get(reverse(MY_LEADS))) == {"later": ["Dana Fox"]}
    assert set(LeadView.objects.values_list("user__username", flat=True)) == {"ada", "max"}

    workflow.assign(lead.pk, by=world.max, owner=world.ben)
    assert sections(as_(world.ben).get(reverse(MY_LEADS))) == {"new": ["Dana Fox"]}


def test_a_snoozed_lead_waits_in_later_and_comes_back_as_new(promises, world: World, as_) -> None:
    lead = offered("Dana Fox", world)
    due_in(lead, hours=30)
    now, client = timezone.now(), as_(world.ada)
    seen_by(world.ada, lead)
    listing = InboxList(world.ada, "mine")

    client.post(reverse("admin:act", args=["snooze", lead.pk]), {"until": "2 h"})
    assert sections(client.get(reverse(MY_LEADS))) == {"later": ["Dana Fox"]}
    token = finished(token_before(listing), listing, client.get(reverse(MY_LEADS)).context["sections"])
    assert is_current(token, listing.digest(), replace(listing, at=Moment(now + timedelta(minutes=110))))
    after = replace(listing, at=Moment(now + timedelta(minutes=130)))
    assert not is_current(token, listing.digest(), after), "the page shows by itself that it is back"
    assert [pk for pk, _due in after.section(Section.NEW, 9)] == [lead.pk]

    client.get(reverse("admin:my_lead", args=[lead.pk]))
    assert after.section(Section.NEW, 9) == []


@pytest.mark.parametrize("way", ["page", "act", "other door"])
def test_its_page_and_an_act_mark_it_seen_too(way: str, promises, world: World, as_) -> None:
    lead = offered("Dana Fox", world)
    due_in(lead, hours=30)
    match way:
        case "page":
            as_(world.ada).get(reverse("admin:leads_lead_change", args=[lead.pk]))
        case "act":
            as_(world.ada).post(reverse("admin:act", args=["comment", lead.pk]), {"text": "Calling now."})
        case "other door":
            workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")

    assert not InboxEntry.objects.get().is_new


def test_in_the_queue_each_reader_has_their_own_dot(promises, world: World, as_) -> None:
    lead = make_lead("Waiting")
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    ada, ben = as_(world.ada), as_(world.ben)
    ada.get(reverse("admin:my_lead", args=[lead.pk]))

    dots = ["dot" in row_of(client.get(reverse(MY_LEADS), {"whose": "queue"}), lead) for client in (ada, ben)]

    assert dots == [False, True]


@pytest.mark.parametrize(
    ("state", "metric", "verb"),
    [
        (State.MQL, Metric.TIME_TO_ACCEPT, "accept"),
        (State.MQL, Metric.SPEED_TO_LEAD, "touch"),
        (State.SAL, Metric.TIME_TO_TOUCH, "touch"),
        (State.SAL, Metric.TIME_TO_QUALIFY, "touch"),
        (State.SQL, Metric.TIME_TO_NEXT_TOUCH, "touch"),
        (State.SQL, Metric.TIME_TO_CONVERT, "convert"),
    ],
)
def test_the_loud_verb_stops_the_most_urgent_clock(state, metric, verb: str, world: World, as_) -> None:
    make_policy(metric)
    lead = bring_to(state, make_lead(), world)

    row = row_of(as_(world.ada).get(reverse(MY_LEADS)), lead)

    assert re.findall(r'formaction="[^"]*/do/(\w+)/\d+/" class="act act-primary"', row) == [verb]


def test_qualify_is_loud_only_once_somebody_has_contacted_the_buyer(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_QUALIFY)
    lead = bring_to(State.SAL, make_lead(), world)
    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")

    assert "/do/qualify/" in row_of(as_(world.ada).get(reverse(MY_LEADS)), lead).partition("act-primary")[0]


def test_a_row_has_each_verb_that_is_allowed_once_and_is_small(promises, world: World, as_) -> None:
    campaign = Campaign.objects.create(name="Spring webinar Berlin")
    lead = offered(
        "Bartholomew Verdigris",
        world,
        company="Verdigris Machine Works GmbH",
        title="Head of Procurement",
        phone="+493012345678",
        source="paid_search",
        campaign=campaign,
    )

    row = row_of(as_(world.ada).get(reverse(MY_LEADS)), lead)

    for verb in ("accept", "reject", "touch", "comment", "pause"):
        assert row.count(reverse("admin:act", args=[verb, lead.pk])) == 1
    for verb in ("qualify", "convert", "merge", "recycle", "assign"):
        assert reverse("admin:act", args=[verb, lead.pk]) not in row
    assert 'href="tel:+493012345678"' in row
    assert 'href="mailto:bartholomew.verdigris@buyer.example"' in row
    assert "Paid search · Spring webinar Berlin" in row
    assert len(row.encode()) < 1536


def test_who_must_not_be_contacted_is_not_one_click_away(promises, world: World, as_) -> None:
    lead = offered("Dana Fox", world, phone="+493012345678")
    workflow.correct(lead.pk, {"do_not_contact": True, "do_not_contact_reason": "Asked us."})

    row = row_of(as_(world.ada).get(reverse(MY_LEADS)), lead)

    assert "tel:" not in row
    assert "mailto:" not in row
    assert "Do not contact" in row


def test_the_manager_sees_whose_each_lead_is_and_filters_by_owner(promises, world: World, as_) -> None:
    offered("Of ada", world)
    other = make_lead("Of ben")
    workflow.promote(other.pk, by=world.mia, owner=world.ben)
    waiting = make_lead("Unowned")
    workflow.promote(waiting.pk, by=world.mia, team=world.berlin)
    client = as_(world.max)

    response = client.get(reverse(MY_LEADS))

    assert "<title>Team |" in response.content.decode()
    assert sum(len(names) for names in sections(response).values()) == 3
    assert "Ben" in row_of(response, other)
    assert ">Take<" in row_of(response, waiting)
    narrowed = client.get(reverse(MY_LEADS), {"owner": world.ben.pk})
    assert [name for names in sections(narrowed).values() for name in names] == ["Of ben"]
    assert ("Owner: Ben", f"{reverse(MY_LEADS)}?whose=team") in narrowed.context["chips"]


def test_the_tabs_say_how_many_wait_in_each(promises, world: World, as_) -> None:
    offered("Mine", world)
    for name in ("Unowned", "Unowned too"):
        workflow.promote(make_lead(name).pk, by=world.mia, team=world.berlin)

    tabs = as_(world.ada).get(reverse(MY_LEADS)).context["tabs"]

    assert [(tab["label"], tab["number"]) for tab in tabs] == [
        ("Mine", "1"),
        ("In the queue", "2"),
        ("Whole team", "3"),
    ]


@pytest.mark.parametrize("who", ["ada", "max"])
def test_take_is_one_click(who: str, promises, world: World, as_) -> None:
    lead = make_lead("Waiting")
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    client = as_(getattr(world, who))
    button = re.search(
        r'<button form="(\S+)" formaction="(\S+)"[^>]* name="(\w+)" value="(\w+)">Take',
        row_of(client.get(reverse(MY_LEADS), {"whose": "queue"}), lead),
    )
    assert button
    assert button[1] == "act-form"

    client.post(button[2], {button[3]: button[4], "next": "/console/my-leads/?whose=queue"})

    lead.refresh_from_db()
    assert lead.owner == getattr(world, who)


@pytest.mark.parametrize(
    "words",
    ["verdi", "MACHINE", "anton@", "030 9999", "0309999", "hs-77", "number"],
)
def test_the_search_finds_by_name_company_mail_phone_number_and_id(words, promises, world: World, as_) -> None:
    lead = offered("Anton Verdigris", world, company="Machine Works", email="anton@works.example", phone="+49309999123")
    ExternalId.objects.create(lead=lead, system="hubspot", value="hs-77")
    offered("Lena Kurz", world)

    for typed in (f"#{lead.pk}", str(lead.pk)) if words == "number" else (words,):
        response = as_(world.ada).get(reverse(MY_LEADS), {"q": typed})
        assert [name for names in sections(response).values() for name in names] == ["Anton Verdigris"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"state": "sal"}, ["Accepted"]),
        ({"source": "trade_show"}, ["Offered"]),
        ({"source": "-"}, ["Accepted"]),
        ({"metric": "time_to_accept"}, ["Offered"]),
        ({"due": "none"}, ["Accepted"]),
        ({"due": "running"}, ["Offered"]),
    ],
)
def test_filters_narrow_the_list_and_are_shown_as_chips(query, names, promises, world: World, as_) -> None:
    offered("Offered", world, source="trade_show")
    bring_to(State.SAL, make_lead("Accepted"), world)

    response = as_(world.ada).get(reverse(MY_LEADS), query)

    assert [name for found in sections(response).values() for name in found] == names
    assert len(response.context["chips"]) == 1
    offered_states = {entry["name"]: entry["choices"] for entry in response.context["filters"]}["state"]
    assert offered_states == [("mql", "MQL"), ("sal", "SAL")]


@pytest.mark.parametrize("query", [{"foo": "1"}, {"state": "raw"}, {"metric": "x"}, {"owner": "²"}, {"due": "x"}])
def test_a_filter_that_is_not_offered_leads_back_to_the_list(query, world: World, as_) -> None:
    response = as_(world.ada).get(reverse(MY_LEADS), query)

    assert response.headers["Location"] == reverse(MY_LEADS)


def test_a_section_is_read_in_pieces_and_counted_exactly(promises, world: World, as_) -> None:
    for number in range(23):
        offered(f"Lead {number}", world)
    client = as_(world.ada)

    first = client.get(reverse(MY_LEADS)).context["sections"][0]
    more = client.get(reverse(MY_LEADS), {"more-soon": "70"}).context["sections"][0]

    assert (first.shown, len(first.rows), first.has_more) == ("23", 10, True)
    assert (more.shown, len(more.rows), more.has_more) == ("23", 23, False)


def test_nobody_counts_beyond_a_thousand(world: World, as_) -> None:
    entries = [
        InboxEntry(
            lead_id=10_000 + number,
            owner=world.ada,
            state="sal",
            cycle=1,
            source="",
            metric="",
            given_at=timezone.now(),
            is_new=False,
            version=number,
        )
        for number in range(1002)
    ]
    InboxEntry.objects.bulk_create(entries)

    response = as_(world.ada).get(reverse(MY_LEADS))

    assert [section.shown for section in response.context["sections"] if section.number] == ["1000+"]
    assert response.context["tabs"][0]["number"] == "1000+"
    items = {item["title"]: item for item in response.context["sidebar_navigation"][0]["items"]}
    assert items["My leads"]["badge"] == "1000+"


@pytest.mark.parametrize("who", ["ada", "max"])
def test_the_page_takes_the_same_queries_for_three_rows_as_for_ten(
    who, promises, world: World, as_, django_assert_max_num_queries
) -> None:
    client = as_(getattr(world, who))

    def queries() -> int:
        with django_assert_max_num_queries(32) as captured:
            client.get(reverse(MY_LEADS))
        return len(captured)

    for number in range(3):
        offered(f"Few {number}", world)
    few = queries()
    for number in range(7):
        offered(f"Many {number}", world)
    assert queries() == few


def test_marketing_has_no_inbox(world: World, as_) -> None:
    for name in ("my_leads", "my_leads_export"):
        assert as_(world.mia).get(reverse(f"admin:{name}")).status_code == 403
