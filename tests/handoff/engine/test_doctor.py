"""The doctor: each thing that is wrong is found, says what to do, and is found no more when it is mended."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from handoff import __version__, workflow
from handoff.alerts.installation import claim
from handoff.engine import doctor, servers
from handoff.models import Delivery, DeliveryState, StandardKind, StandardMessage
from leads.models import Role, State, User
from sla.metrics import Metric
from sla.models import Alarm, Calendar, Clock, PendingAlarm
from tests.handoff.alerts.conftest import destination, make_delivery
from tests.handoff.engine.conftest import live
from tests.world import World, bring_to, make_calendar, make_lead, make_policy, person

__all__ = ["make_delivery"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _well(world: World) -> None:
    live()


def codes() -> list[str]:
    return [finding.code for finding in doctor.examine()[1]]


def test_nothing_is_wrong() -> None:
    out = StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue() == f"Handoff {__version__}\nNothing is wrong.\n"


def test_what_is_wrong_comes_with_what_to_do_and_fails_the_command(world: World) -> None:
    live(sweep=300)
    make_policy(Metric.TIME_TO_ACCEPT)
    out = StringIO()
    with pytest.raises(CommandError, match="1 wrong") as refused:
        call_command("doctor", stdout=out, no_color=True)
    assert refused.value.returncode == 1
    _, first, todo, advice, _ = out.getvalue().splitlines()
    assert first.startswith("Wrong: Worker: the last sweep ran 5 min ago")
    assert todo.startswith("    To do: start it")
    assert advice.startswith("Worth knowing: The policy")


def test_as_json(world: World) -> None:
    live(beat=300)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("doctor", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["ok"], report["version"]) == (False, __version__)
    assert [finding["code"] for finding in report["findings"]] == ["beat_silent"]
    assert report["figures"]["signs"]["beat"] > 299


def test_advice_alone_does_not_fail_the_command(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    out = StringIO()
    call_command("doctor", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["ok"], [finding["code"] for finding in report["findings"]]) == (True, ["policy_tells_nobody"])


def test_a_database_without_redis_and_migrations(settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    monkeypatch.setattr("handoff.engine.servers.MigrationExecutor.migration_plan", lambda *_: ["one"])
    assert doctor.examine()[0] is None
    assert codes() == ["migrations", "redis"]


def test_a_database_that_takes_no_writes(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET transaction_read_only = on")
    (finding,) = doctor.examine()[1]
    assert (finding.code, finding.problem) == (
        "database",
        "PostgreSQL is read-only: it takes no writes (default_transaction_read_only)",
    )


def test_a_full_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert servers.disk() == ""
    full = "DO $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
    monkeypatch.setattr(servers, "_WRITE", full)
    finding = next(finding for finding in doctor.examine()[1] if finding.code == "disk")
    assert finding.problem == "A write failed: PostgreSQL has no space left on its disk"


@pytest.mark.parametrize("address", ["sentinel://one:26379/0", "redis+cluster://one", "amqp://one"])
def test_an_address_of_another_kind_of_broker(world: World, settings, address: str) -> None:
    settings.REDIS_URL = address
    (finding,) = [finding for finding in doctor.examine()[1] if finding.code == "redis"]
    assert finding.problem.startswith("REDIS_URL cannot be used: ")


def test_a_proxy_that_is_not_declared(world: World, settings) -> None:
    settings.INSECURE_HTTP = False
    assert codes() == ["proxy"]
    settings.BEHIND_PROXY = True
    assert codes() == []


def test_a_pooler_that_passes_on_no_limit(world: World, settings) -> None:
    settings.DATABASE_IS_POOLED = True
    assert codes() == ["no_lock_timeout"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '3s'")
    assert codes() == []


def test_versions_that_are_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    assert servers.postgresql_version() >= servers.OLDEST_POSTGRESQL
    assert servers.redis_version() >= servers.OLDEST_REDIS
    monkeypatch.setattr(servers, "OLDEST_POSTGRESQL", 99)
    monkeypatch.setattr(servers, "OLDEST_REDIS", 99)
    assert codes() == ["redis", "postgresql"]


def test_clocks_of_two_machines_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert abs(servers.skew()) < doctor.SKEW
    behind = timezone.now() - timedelta(seconds=90)
    monkeypatch.setattr("handoff.engine.servers.timezone.now", lambda: behind)
    found = [finding for finding in doctor.examine()[1] if finding.code == "clock_skew"]
    assert "seconds ahead of this machine's" in found[0].problem


def test_alarms_that_wait_for_long(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, 60, tells=[destination("owner")])
    bring_to(State.MQL, make_lead(), world)
    PendingAlarm.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    assert codes() == ["alarms_overdue"]


def test_clocks_set_aside_and_actions_left(world: World) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT, 60, tells=[destination("owner")])
    bring_to(State.MQL, make_lead(), world)
    clock = Clock.objects.get()
    ago = timezone.now() - timedelta(minutes=5)
    PendingAlarm.objects.all().delete()
    Alarm.objects.create(clock=clock, step=policy.steps.all()[0], due_at=ago, fired_at=ago, to_do=True)
    Clock.objects.update(due_at=None, error="It never opens.")
    found = {finding.code: finding.problem for finding in doctor.examine()[1]}
    assert list(found) == ["clocks_with_error", "pending_actions"]
    assert f"{clock.pk} (lead {clock.lead_id}: It never opens.)" in found["clocks_with_error"]


def test_an_outbox_that_does_not_get_rid_of_its_messages(make_delivery: Callable[..., Delivery]) -> None:
    make_delivery(created_at=timezone.now() - timedelta(minutes=11))
    make_delivery(state=DeliveryState.DEAD)
    assert codes() == ["outbox_stuck", "outbox_dead"]


def test_leads_that_slip_through(world: World) -> None:
    workflow.promote(make_lead().pk, by=world.mia, team=world.berlin)
    found = doctor.examine()[1]
    assert [finding.code for finding in found] == ["leads_unowned"]
    assert found[0].problem.startswith("Open leads that slip through: 1. No owner, and no running clock")


def test_nobody_of_revops_can_be_told(world: World) -> None:
    world.olga.is_active = False
    world.olga.save()
    person("root", is_superuser=True)
    assert codes() == ["revops_unreachable"]
    person("otto", Role.REVOPS)
    assert codes() == []


def test_holidays_that_end_soon(world: World) -> None:
    calendar = make_calendar()
    year = timezone.now().year
    for through, found in ((year, ["holidays"]), (year + 1, [])):
        Calendar.objects.filter(pk=calendar.pk).update(holiday_country="DE", holidays_through=through)
        assert codes() == found
    Calendar.objects.update(holidays_through=year, retired_at=timezone.now())
    assert codes() == []  # nothing counts by it any more


def test_clocks_of_another_time_zone_database_are_worth_knowing(world: World) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, tells=[destination("owner")])
    bring_to(State.MQL, make_lead(), world)
    assert codes() == []
    Clock.objects.update(tz_version="1999a")
    found = doctor.examine()[1]
    assert [(finding.code, finding.is_wrong) for finding in found] == [("tz_version", False)]
    assert found[0].problem.endswith(": 1")


def test_slack_without_a_token(world: World, settings) -> None:
    destination("owner", "slack")
    assert codes() == ["slack"]
    settings.SLACK_BOT_TOKEN = "xoxb-test"
    assert codes() == ["slack_buttons"]
    assert f"{settings.BASE_URL}/slack/interactivity/" in doctor.examine()[1][0].do
    settings.SLACK_SIGNING_SECRET = "secret"
    assert codes() == []
    User.objects.update(slack_member_id="")
    assert codes() == ["slack_people"]
    User.objects.filter(pk__in=[world.ada.pk, world.max.pk]).update(slack_member_id="UADA")
    assert codes() == ["slack_shared_ids"]


def test_settings_that_only_a_demo_may_have(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.DEMO = False
    assert codes() == ["email", "from_email", "base_url"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Handoff <handoff@handoff.example>"
    settings.BASE_URL = "https://handoff.example"
    claim()
    assert codes() == []


def test_the_doctor_names_what_is_switched_off_and_who_is_missing(world: World) -> None:
    assert codes() == []
    StandardMessage.objects.filter(kind=StandardKind.HELD).update(active=False)
    world.nora.is_active = False
    world.nora.save()
    assert set(codes()) == {"standard_messages_off", "marketing_unreachable"}
