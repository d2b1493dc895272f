"""manage.py demo: when it refuses, and that it leaves all or nothing."""

from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from handoff import demo
from handoff.demo import live, world
from handoff.demo.story import Story
from leads.models import Campaign, Lead, Team, User
from sla.models import Policy
from tests.world import make_lead, person


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """The people and the agreement only, which is quick."""
    monkeypatch.setattr(world, "plan", lambda *_: Story(past=[], live=[]))
    monkeypatch.setattr(world, "play", lambda *_: None)
    monkeypatch.setattr(live, "scenes_of", lambda *_: [])


def test_it_refuses_outside_the_demo(db: None, settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="known passwords"):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.usefixtures("db", "brief")
def test_it_can_be_forced(settings: Settings) -> None:
    settings.DEMO = False
    call_command("demo", force=True)
    assert User.objects.filter(username="ada").exists()


def test_it_does_not_mix_with_real_leads(db: None) -> None:
    make_lead()
    with pytest.raises(CommandError, match="leads here that are not the demo's"):
        call_command("demo", force=True)
    assert Lead.objects.count() == 1
    assert not User.objects.exists()


def test_it_does_not_take_over_somebodys_account(db: None) -> None:
    person("zoe")
    with pytest.raises(CommandError, match="users named zoe"):
        call_command("demo")
    assert not Team.objects.exists()


@pytest.mark.usefixtures("db", "brief")
def test_the_password_comes_from_the_settings_and_is_not_shown(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO_PASSWORD = "correct horse"
    call_command("demo")
    assert User.objects.get(username="mia").check_password("correct horse")
    assert "correct horse" not in capsys.readouterr().out


@pytest.mark.usefixtures("db", "brief")
def test_killed_in_the_middle_it_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        assert Campaign.objects.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(world, "settle_deliveries", killed)
    with pytest.raises(KeyboardInterrupt):
        demo.load()
    assert not any(model.objects.exists() for model in (User, Team, Policy, Campaign))


@pytest.mark.usefixtures("db", "brief")
def test_of_two_at_once_the_second_waits() -> None:
    others = connection.get_connection_params()
    wanted = {name: others[name] for name in ("dbname", "user", "host", "port", "password") if others.get(name)}
    with psycopg.connect(**wanted) as other, connection.cursor() as cursor:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [world.LOCK])
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
            demo.load()
        other.rollback()
        assert demo.load()
