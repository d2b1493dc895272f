"""A buyer who is known already asks again: the enquiry is kept once, and whoever owes the next step is notified."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from handoff import workflow
from handoff.models import Delivery, Notice, StandardKind, StandardMessage
from handoff.workflow import Door
from leads.identity import Incoming
from leads.models import Campaign, Lead, Role, State, Touchpoint, Via
from tests.world import MONDAY, World, bring_to, make_lead, person

pytestmark = pytest.mark.django_db
DEMO = {"source": "demo request"}


def capture(lead: Lead, **fields: object) -> Touchpoint | None:
    return workflow.upsert({"email": lead.email, **fields}).intent


def notified() -> list[str]:
    return sorted(Delivery.objects.filter(notice__lead__isnull=False).values_list("recipient__username", flat=True))


@pytest.mark.parametrize(
    ("state", "who"),
    [
        (State.RAW, ["nora"]),
        (State.MQL, ["ada"]),
        (State.SAL, ["ada"]),
        (State.SQL, ["ada"]),
        (State.OPPORTUNITY, ["ada"]),
        (State.REJECTED, ["nora"]),
    ],
)
def test_whoever_owes_the_next_step_is_notified_without_a_subscription(
    state: State, who: list[str], world: World
) -> None:
    lead = bring_to(state, make_lead(), world)
    point = capture(lead, **DEMO, message="Please call me.\nToday.")
    assert point is not None
    assert (point.lead, point.kind, point.source, point.detail) == (
        lead,
        Touchpoint.ENQUIRY,
        "demo request",
        "Please call me.\nToday.",
    )
    assert notified() == who
    assert "They wrote: Please call me. Today." in Notice.objects.get(lead=lead).text


def test_in_the_queue_the_team_is_notified_else_its_manager_else_revops(world: World) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    capture(lead, message="One")
    world.berlin.email = ""
    world.berlin.save()
    capture(lead, message="Two")
    world.max.is_active = False
    world.max.save()
    capture(lead, message="Three")
    addresses = Delivery.objects.order_by("pk").values_list("address", flat=True)
    assert list(addresses) == ["berlin@handoff.example", "max@handoff.example", "olga@handoff.example"]


def test_the_owner_of_the_campaign_is_notified_before_the_marketing_leads(world: World) -> None:
    campaign = Campaign.objects.create(name="Spring", owner=world.mia)
    capture(make_lead(campaign=campaign), **DEMO)
    assert notified() == ["mia"]


@pytest.mark.parametrize("historical", [True, False])
def test_a_backfill_keeps_the_enquiry_and_notifies_nobody(historical: bool, world: World) -> None:
    lead = make_lead()
    workflow.upsert({"email": lead.email, **DEMO}, door=Door(via=Via.IMPORT, historical=historical))
    assert lead.touchpoints.count() == 1
    assert bool(notified()) is not historical


def test_revops_can_switch_it_off(world: World) -> None:
    StandardMessage.objects.filter(kind=StandardKind.NEW_INTENT).update(active=False)
    lead = make_lead()
    assert capture(lead, **DEMO) is not None
    assert notified() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "webinar"},
        {"source": "demo request", "message": "Call me"},
        {"source": "demo request", "created_at": MONDAY + timedelta(days=2)},
        {"created_at": MONDAY + timedelta(days=2)},
        {"campaign": "Spring"},
    ],
)
def test_the_same_capture_again_is_not_another_enquiry(fields: dict[str, object], world: World) -> None:
    lead = make_lead(source="google", created_at=MONDAY)
    assert capture(lead, **fields) is not None
    assert capture(lead, **fields) is None
    assert lead.touchpoints.count() == 1
    assert len(notified()) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "CTO", "phone": "+49 30 1", "score": 80},
        {"source": "google"},
        {"source": "google", "created_at": MONDAY},
        {"source": "google", "campaign": "Launch", "created_at": MONDAY},
        {"created_at": MONDAY - timedelta(days=1)},
    ],
)
def test_a_sync_that_says_nothing_new_of_the_buyer_is_no_enquiry(fields: dict[str, object], world: World) -> None:
    lead = make_lead(source="google", created_at=MONDAY)
    assert capture(lead, **fields) is None
    assert notified() == []


def test_the_first_source_and_campaign_keep_the_attribution(world: World) -> None:
    lead = make_lead(source="webinar")
    capture(lead, source="demo request", campaign="Spring")
    lead.refresh_from_db()
    assert (lead.source, lead.campaign) == ("webinar", None)
    point = lead.touchpoints.get()
    assert point.campaign is not None
    assert (point.source, point.campaign.name) == ("demo request", "Spring")


def test_a_source_that_was_not_known_is_filled_in(world: World) -> None:
    lead = make_lead(source="webinar")
    capture(lead, source="webinar", campaign="Spring")
    lead.refresh_from_db()
    assert lead.campaign is not None
    assert lead.campaign.name == "Spring"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_captures_count_in_the_order_in_which_they_happened(order: tuple[int, ...], world: World) -> None:
    rows = [
        Incoming({"email": "dana@buyer.example", "source": source, "created_at": MONDAY + timedelta(days=day)})
        for day, source in enumerate(("webinar", "demo request", "webinar"))
    ]
    for _ in range(2):
        workflow.upsert_many([rows[place] for place in order])
        lead = Lead.objects.get()
        assert (lead.source, lead.created_at) == ("webinar", MONDAY)
        assert [(point.source, (point.at - MONDAY).days) for point in lead.touchpoints.all()] == [
            ("demo request", 1),
            ("webinar", 2),
        ]


def test_what_a_new_buyer_wrote_is_kept_as_well(world: World) -> None:
    done = workflow.upsert({"email": "dana@buyer.example", "message": "A demo, please"})
    assert done.intent is None
    assert done.lead.touchpoints.get().detail == "A demo, please"
    assert notified() == []
    assert workflow.upsert({"email": "dana@buyer.example", "message": "A demo, please"}).intent is None


def test_the_enquiry_of_a_merged_lead_is_kept_on_the_one_that_stayed(world: World) -> None:
    away, stays = make_lead("Dana F"), make_lead()
    workflow.merge(away.pk, by=world.mia, into=stays)
    point = capture(away, **DEMO)
    assert point is not None
    assert point.lead == stays


def test_the_api_says_what_became_of_it(world: World, client: Client) -> None:
    client.force_login(world.mia)
    lead = make_lead(source="webinar")
    body = {"email": lead.email.upper(), **DEMO, "message": "Call me"}
    answers = [client.post("/api/v1/leads/", body, content_type="application/json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    point = lead.touchpoints.get()
    assert (answers[0].json()["new_intent"], answers[0].json()["enquiry"]) == (True, point.pk)
    assert "new_intent" not in answers[1].json()
    shown = client.get(f"/api/v1/leads/{lead.pk}/touchpoints/").json()["results"][0]
    assert (shown["source"], shown["detail"]) == ("demo request", "Call me")


def test_the_rows_of_a_file_leave_one_enquiry_each_however_often_it_is_imported(world: World, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(
        "Email,Source,Message,Created\n"
        "dana@buyer.example,webinar,,2026-02-01\n"
        "dana@buyer.example,demo request,Call me,2026-02-03\n"
    )
    with time_machine.travel(MONDAY):
        for _ in range(2):
            call_command("import_csv", "leads", str(file), "--system", "crm")
    assert [(point.source, point.detail) for point in Touchpoint.objects.all()] == [("demo request", "Call me")]
    assert Lead.objects.get().source == "webinar"


def test_killed_between_the_enquiry_and_its_message_neither_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    lead = make_lead()
    monkeypatch.setattr("handoff.workflow.plain_facts.announce_intent", killed)
    rows: list[Callable[[], object]] = [
        lambda: workflow.upsert({"email": lead.email, **DEMO}),
        lambda: workflow.upsert_many([Incoming({"email": lead.email, **DEMO})]),
    ]
    for row in rows:
        with pytest.raises(KeyboardInterrupt):
            row()
        assert not lead.touchpoints.exists()
    monkeypatch.undo()
    assert capture(lead, **DEMO) is not None


def test_an_owner_by_slack_alone_is_notified_there(world: World, settings) -> None:
    settings.SLACK_BOT_TOKEN = "xoxb-test"
    sue = person("sue", Role.SALES_REP, team=world.berlin, slack_member_id="USUE")
    sue.email = ""
    sue.save()
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, owner=sue)
    capture(lead, **DEMO)
    assert list(Delivery.objects.values_list("medium", "address")) == [("slack", "USUE")]
