"""Signals by hand: what shows one, what only nearly does, and the share in all beside it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from handoff import workflow
from handoff.doors import Door
from handoff.models import Firm
from handoff.reports.signals import REPORT
from leads.models import Campaign, Lead, Via
from sla.metrics import Metric
from tests.world import World, make_lead, make_policy

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MIDDLE = datetime.fromisoformat("2026-03-10T12:00:00+00:00")


@pytest.fixture(autouse=True)
def _a_clock_of_an_hour(world: World) -> None:
    Firm.objects.update(time_zone="Europe/Berlin")
    make_policy(Metric.TIME_TO_ACCEPT, target_seconds=3600)


def offered(world: World, name: str, at: datetime = MIDDLE, **fields: Any) -> Lead:
    with time_machine.travel(at, tick=False):
        lead = make_lead(name, **{name: value for name, value in fields.items() if name != "owner"})
        workflow.promote(lead.pk, by=world.mia, owner=fields.get("owner") or world.ada)
    return lead


def touch(world: World, lead: Lead, at: datetime, by: str = "ada") -> None:
    with time_machine.travel(at, tick=False):
        workflow.touch(lead.pk, by=getattr(world, by), channel="call", outcome="no_answer", door=Door(via=Via.CONSOLE))


def rows(by: str, **period: str) -> dict[str, Any]:
    form = REPORT.form({"by": by, **period})
    assert form.is_valid(), form.errors
    return {row.key: row for row in REPORT.rows(form.cleaned_data, timezone.now())}


def flagged(by: str = "signal", **period: str) -> dict[str, tuple[int, int]]:
    return {key: (row.signals, row.looked_at) for key, row in rows(by, **period).items()}


@pytest.fixture
def _now() -> Any:
    with time_machine.travel(datetime.fromisoformat("2026-05-01T00:00:00+00:00"), tick=False):
        yield


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_now")]


def test_accepted_at_the_last_moment_and_never_touched(world: World) -> None:
    """Of an hour the last tenth begins after 54 minutes; what was touched since, or breached, is none."""
    taken = {"Late": 54, "Touched": 55, "Early": 53, "Breached": 61}
    for name, minutes in taken.items():
        lead = offered(world, name)
        with time_machine.travel(MIDDLE + minutes * MINUTE, tick=False):
            workflow.accept(lead.pk, by=world.ada)
        if name == "Touched":
            touch(world, lead, MIDDLE + 300 * MINUTE)

    shown = rows("signal")["last_moment"]
    assert (shown.signals, shown.looked_at, shown.rate) == (1, 3, 1 / 3)
    form = REPORT.form({"by": "signal"})
    assert form.is_valid()
    assert REPORT.behind
    [entry] = REPORT.behind(form.cleaned_data, "last_moment", "signals", timezone.now()).page(0, 9)
    assert Lead.objects.get(pk=entry.lead_id).name == "Late"


def test_three_touches_in_a_row_within_seconds(world: World) -> None:
    """Two are no row, another person's are no part of it, and after a longer gap another one begins."""
    lead = offered(world, "Fox")
    for seconds in (0, 10, 20, 31, 41):
        touch(world, lead, MIDDLE + seconds * SECOND)
    for seconds in (5, 15):
        touch(world, lead, MIDDLE + seconds * SECOND, by="max")

    assert flagged("signal_person")["in_a_row/ada"] == (3, 5)
    assert flagged("signal_person")["in_a_row/max"] == (0, 2)
    halfway = {"from": "2026-03-10T12:00:15Z", "to": "2026-03-11"}
    assert flagged("signal_person", **halfway)["in_a_row/ada"] == (1, 3)


@pytest.mark.parametrize(
    ("at", "is_last"),
    [
        ("2026-03-28T22:59:59+00:00", False),
        ("2026-03-28T23:00:00+00:00", True),  # the 29th in Berlin
        ("2026-03-31T21:59:59+00:00", True),
        ("2026-03-31T22:00:00+00:00", False),
    ],
)
def test_the_end_of_a_month_is_its_last_three_days(at: str, is_last: bool, world: World) -> None:
    when = datetime.fromisoformat(at)
    lead = offered(world, "Fox", when)
    with time_machine.travel(when, tick=False):
        workflow.reject(lead.pk, by=world.ada, reason="wrong_territory")
    assert flagged() == {
        "late_handoffs": (int(is_last), 1),
        "late_rejections": (int(is_last), 1),
        "other": (0, 1),
    }


def test_a_share_stands_beside_the_share_in_all(world: World) -> None:
    """Ada says “other” twice of three times and Ben never: in all it is two of six, and so it would be for each."""
    spring = Campaign.objects.create(name="Spring")
    reasons = ("other", "other", "wrong_territory")
    for n, reason in enumerate(reasons):
        lead = offered(world, f"Ada {n}", campaign=spring)
        workflow.reject(lead.pk, by=world.ada, reason=reason, note="They want to partner with us.")
    for n in range(3):
        lead = offered(world, f"Ben {n}", owner=world.ben)
        workflow.reject(lead.pk, by=world.ben, reason="wrong_territory")

    shown = rows("signal_person")
    assert (shown["other/ada"].rate, shown["other/ada"].baseline) == (2 / 3, 1 / 3)
    assert (shown["other/ben"].rate, shown["other/ben"].baseline) == (0, 1 / 3)
    assert shown["other/ada"].label == "Rejected as “Other” · Ada"
    assert (rows("campaign")["Spring"].other, rows("person")["ada"].other) == (2, 2)
    # Of Ada's six things three are rejections looked at for “other”.
    assert rows("person")["ada"].baseline == pytest.approx(3 * (1 / 3) / 6 + 0)
