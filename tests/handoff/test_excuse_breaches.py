"""The breaches of a period are excused by the command."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from sla.models import Clock
from tests.world import MONDAY, World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
PERIOD = ["--from", "2026-03-02T11:00+01:00", "--to", "2026-03-02T11:00"]  # the second is UTC


@pytest.fixture
def _breaches(world: World) -> None:
    """Due at 10:00, 10:30 and 11:00 UTC."""
    make_policy("time_to_accept")
    for minutes in (0, 30, 60):
        with time_machine.travel(MONDAY + timedelta(minutes=minutes), tick=False):
            bring_to("mql", make_lead(f"Fox {minutes}"), world)


def said(*options: str) -> list[str]:
    out = StringIO()
    call_command("excuse_breaches", *PERIOD, "--reason", "Mail was down", *options, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.usefixtures("_breaches")
def test_what_a_dry_run_shows_is_what_is_excused() -> None:
    shown = said("--by", "olga", "--dry-run")
    assert ["Fox 0" in shown[0], "Fox 30" in shown[1], shown[2]] == [True, True, "2 breaches would be excused."]
    assert not Clock.objects.exclude(excused_by=None).exists()
    assert said("--by", "olga", "--metric", "time_to_touch") == ["0 breaches excused."]
    assert said("--by", "olga", "--team", "New York") == said("--by", "olga", "--owner", "ben")
    assert said("--by", "olga", "--team", "Berlin", "--owner", "ada", "--dry-run") == shown
    assert said("--by", "olga") == ["2 breaches excused."]
    assert said("--by", "olga") == ["0 breaches excused."]
    assert Clock.objects.get(excused_by=None).lead.name == "Fox 60"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--by", "ada"], "Ada may not excuse breaches: RevOps may."),
        (["--by", "nemo"], "“nemo” is not the username of an active person: name one with --by."),
        (["--by", "olga", "--team", "Atlantis"], "“Atlantis” is not the name of a team: write it as under Teams."),
        (["--by", "olga", "--owner", "nemo"], "“nemo” is not a username: write it as under Users."),
        (["--by", "olga", "--to", "2026-03-02"], "The period ends before it starts"),
        (["--by", "olga", "--to", "noon"], "“noon” is not a valid date: write one like"),
        (["--by", "olga", "--reason", " "], "Give the reason"),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, options: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        said(*options)
