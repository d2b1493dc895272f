"""A report that is sent by itself: its numbers and picture, on its days at its time, once, to whom it is for."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from handoff.alerts import deliver
from handoff.alerts.messages import content_of
from handoff.engine import scheduled_reports
from handoff.models import Audience, Delivery, DeliveryState, Destination, Notice, ScheduledReport, SentReport
from leads.models import State
from tests.handoff.alerts.conftest import Mailbox
from tests.programs import in_threads
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db
EIGHT = datetime(2026, 3, 3, 7, tzinfo=UTC)  # Tuesday, 08:00 in Berlin
PNG = b"\x89PNG"


def schedule(world: World, **fields: Any) -> ScheduledReport:
    usual = {"owner": world.ada, "report": "speed", "asked": {"by": "team"}, "last_days": 28, "weekdays": "2"}
    return ScheduledReport.objects.create(**usual | {"at": time(8)} | fields)


def accepted_yesterday(world: World) -> None:
    with time_machine.travel(EIGHT - timedelta(days=1), tick=False):
        bring_to(State.SAL, make_lead(), world)


def send(at: datetime = EIGHT) -> int:
    with time_machine.travel(at, tick=False):
        return scheduled_reports.send_due()


def test_the_mail_has_the_numbers_the_picture_and_the_way_to_the_report(world: World, mailbox: Mailbox) -> None:
    schedule(world)
    accepted_yesterday(world)
    assert send() == 1
    Delivery.objects.filter(notice=None).delete()
    with time_machine.travel(EIGHT, tick=False):
        deliver()
    [mail] = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("ada@handoff.example", "Speed to lead: the last 28 days")
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert "Berlin: 1 " in text
    assert "/console/speed/?by=team&from=2026-02-03&to=2026-03-03" in text
    [image] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<picture>"
    assert 'src="cid:picture"' in html
    assert image.get_payload(decode=True)[:4] == PNG  # type: ignore[index]


def test_it_counts_the_whole_days_before_it(world: World) -> None:
    accepted_yesterday(world)
    with time_machine.travel(EIGHT - timedelta(minutes=5), tick=False):
        bring_to(State.SAL, make_lead("Of today"), world)
    sheets = [
        scheduled_reports.sheet_of(schedule(world, last_days=days), day, EIGHT)
        for days, day in ((1, date(2026, 3, 3)), (None, date(2026, 3, 3)), (1, date(2026, 3, 2)))
    ]
    assert [sheet.lines[0][:9] for sheet in sheets if sheet] == ["Berlin: 1", "Berlin: 1", "No handof"]


@pytest.mark.parametrize(
    ("at", "fields", "sent"),
    [
        (EIGHT - timedelta(minutes=1), {}, 0),
        (EIGHT, {}, 1),
        (EIGHT + timedelta(hours=11), {}, 1),  # a worker that was down sends it late
        (EIGHT + timedelta(hours=13), {}, 0),
        (EIGHT + timedelta(days=1), {}, 0),
        (EIGHT, {"active": False}, 0),
        (EIGHT, {"report": "gone"}, 0),
        (EIGHT, {"asked": {"by": "moon"}}, 0),
    ],
)
def test_on_its_days_at_its_time_and_once(world: World, at: datetime, fields: dict[str, Any], sent: int) -> None:
    schedule(world, **fields)
    assert send(at) == sent
    assert send(at) == 0


def test_whoever_has_left_or_lost_their_roles_is_sent_none(world: World) -> None:
    schedule(world)
    world.ada.groups.clear()
    assert send() == 0
    world.ada.is_active = False
    world.ada.save()
    schedule(world)
    assert send() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_sends_it(world: World) -> None:
    schedule(world)
    assert sum(in_threads(4, lambda: scheduled_reports.send_due(EIGHT))) == 1
    assert Delivery.objects.count() == SentReport.objects.count() == 1


def test_a_channel_gets_it_with_a_picture_that_slack_fetches_without_a_login(
    world: World, slack: HTTPServer, settings: Any, client: Client
) -> None:
    settings.BASE_URL = "https://handoff.example"
    channel = Destination.objects.create(name="Sales", audience=Audience.FIXED, medium="slack", address="#sales")
    schedule(world, destination=channel)
    accepted_yesterday(world)
    send()
    delivery = Delivery.objects.get(notice__isnull=False)
    assert (delivery.destination, delivery.recipient, delivery.address) == (channel, None, "#sales")
    picture = content_of([delivery]).picture
    assert picture is not None
    shown = client.get(picture.url.removeprefix("https://handoff.example"))
    assert (shown.status_code, shown.content[:4]) == (200, PNG)
    assert client.get(reverse("picture", args=["a" + picture.url[-30:-4]])).status_code == 404


@pytest.mark.parametrize("refusal", ["invalid_blocks", "channel_not_found"])
def test_where_slack_cannot_fetch_the_picture_it_gets_the_numbers_alone(
    world: World, slack: HTTPServer, settings: Any, refusal: str
) -> None:
    settings.BASE_URL = "https://unreachable.example"

    def answer(request: Request) -> Response:
        has_picture = any(block["type"] == "image" for block in request.json["blocks"])
        return Response(f'{{"ok": false, "error": "{refusal}"}}' if has_picture else '{"ok": true}')

    slack.expect_request("/api/chat.postMessage").respond_with_handler(answer)
    world.ada.email = ""
    world.ada.save()
    schedule(world)
    accepted_yesterday(world)
    send()
    Delivery.objects.filter(notice=None).delete()
    with time_machine.travel(EIGHT, tick=False):
        deliver()
    state = Delivery.objects.get().state
    assert state == (DeliveryState.SENT if refusal == "invalid_blocks" else DeliveryState.DEAD)


def test_from_the_page_of_a_report_one_subscribes_to_what_one_looks_at(world: World, client: Client) -> None:
    client.force_login(world.ada, "config.sign_in.Backend")
    page = client.get(reverse("admin:attainment"), {"by": "owner", "metric": "speed_to_lead", "from": "2026-01-01"})
    url = page.context["schedule_url"]
    assert url in page.content.decode().replace("&amp;", "&")
    form = client.get(url)
    assert "Send regularly: Attainment by owner, Speed to lead" in form.content.decode()
    assert "destination" not in form.context["adminform"].form.fields
    saved = client.post(url, {"last_days": "7", "weekdays": ["1", "4"], "at": "07:30", "active": "on"})
    assert saved.status_code == 302
    scheduled = ScheduledReport.objects.get()
    assert (scheduled.owner, scheduled.report, scheduled.last_days, scheduled.weekdays, scheduled.at) == (
        world.ada,
        "attainment",
        7,
        "14",
        time(7, 30),
    )
    assert scheduled.asked == {"by": "owner", "metric": "speed_to_lead"}
    assert "Attainment" in client.get(reverse("admin:handoff_scheduledreport_changelist")).content.decode()


def test_each_keeps_their_own_and_revops_those_of_everyone(world: World, client: Client) -> None:
    scheduled = schedule(world, owner=world.ben)
    url = reverse("admin:handoff_scheduledreport_change", args=[scheduled.pk])
    seen = {}
    for user in (world.ada, world.ben, world.olga):
        client.force_login(user, "config.sign_in.Backend")
        seen[user.username] = client.get(url).status_code
    assert seen == {"ada": 302, "ben": 200, "olga": 200}


def test_without_a_day_it_is_not_saved(world: World, client: Client) -> None:
    client.force_login(world.ada, "config.sign_in.Backend")
    url = reverse("admin:handoff_scheduledreport_add") + "?report=speed&by=team"
    answer = client.post(url, {"last_days": "7", "at": "07:30"})
    assert "Choose at least one day." in answer.content.decode()
    assert not ScheduledReport.objects.exists()
    assert not Notice.objects.exists()
