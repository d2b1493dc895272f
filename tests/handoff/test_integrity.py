"""check_integrity: it names what is wrong, counts the rest, and looks at one snapshot with several processes."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from handoff import workflow
from handoff.amending import tally as tallying
from handoff.amending.integrity import Kind, disagreements
from leads.models import Lead, User
from sla.models import Clock, Policy
from sla.versions import publish_policy, retire, revise_policy
from tests.world import MONDAY, World, assert_consistent, bring_to, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db
HOT: dict[str, Any] = {"conditions": [{"field": "score", "op": "at_least", "value": 80}], "position": 1, "key": "hot"}


def check(**options: Any) -> str:
    """What it says of what it found."""
    shown = StringIO()
    with pytest.raises(CommandError, match=r"\d+ disagreements\. The history is the truth"):
        call_command("check_integrity", stderr=shown, **options)
    return shown.getvalue()


def moved_facts(lead: Lead, **facts: Any) -> None:
    """As whoever was killed between the facts and their judgement left them."""
    Lead.objects.filter(pk=lead.pk).update(**facts)


class TestChosenPolicy:
    def test_facts_that_changed_without_their_judgement_are_named(self, world: World) -> None:
        hot = make_policy("time_to_accept", 600, **HOT)
        warm = make_policy("time_to_accept", 36000, key="warm")
        lead = bring_to("mql", make_lead(score=70), world)
        moved_facts(lead, score=95)

        clock = Clock.objects.get()
        runs_by = f"Lead {lead.pk}: clock {clock.pk} (time_to_accept) runs by {warm}"
        assert list(disagreements()) == [f"{runs_by}, but the facts of the lead ask for {hot}."]

    def test_facts_that_left_a_version_which_is_retired_by_now_are_named(self, world: World) -> None:
        hot = make_policy("time_to_accept", 36000, **HOT)
        make_policy("time_to_accept", 36000, key="warm")
        lead = bring_to("mql", make_lead(score=90), world)
        revise_policy(hot, {"target_seconds": 7200})
        assert_consistent()  # a running clock keeps its version
        moved_facts(lead, score=10)

        assert len(list(disagreements())) == 1

    def test_re_evaluating_the_policies_mends_it(self, world: World) -> None:
        make_policy("time_to_accept", 3600, **HOT)
        make_policy("time_to_accept", 36000, key="warm")
        lead = bring_to("mql", make_lead(score=70), world)
        moved_facts(lead, score=95)
        workflow.reevaluate(lead.pk, by=world.olga, reason="Its facts had been left behind.")

        assert_consistent()

    def test_a_policy_that_is_published_while_a_clock_runs_does_not_move_it(self, world: World) -> None:
        make_policy("time_to_accept", 36000, key="warm")
        bring_to("mql", make_lead(score=90), world)
        calendar = make_calendar()
        terms = {"name": "Hot", "metric": "time_to_accept", "target_seconds": 600, "calendar": calendar}
        publish_policy(Policy(**terms, **HOT), [])

        assert_consistent()

    def test_a_policy_that_is_retired_while_a_clock_runs_keeps_it(self, world: World) -> None:
        hot = make_policy("time_to_accept", 36000, **HOT)
        make_policy("time_to_accept", 36000, key="warm")
        bring_to("mql", make_lead(score=90), world)
        retire(hot)

        assert_consistent()

    def test_a_clock_that_is_overdue_keeps_the_policy_that_judged_it(self, world: World) -> None:
        Policy.objects.all().delete()
        with time_machine.travel(MONDAY, tick=False):
            make_policy("time_to_accept", 600, created_at=MONDAY - timedelta(days=1), **HOT)
            make_policy("time_to_accept", 3600, key="warm", created_at=MONDAY - timedelta(days=1))
            lead = bring_to("mql", make_lead(score=70), world)
        moved_facts(lead, score=95)
        with time_machine.travel(MONDAY + timedelta(minutes=61), tick=False):
            assert_consistent()

    def test_a_clock_that_no_policy_fits_any_more_keeps_its_own(self, world: World) -> None:
        make_policy("time_to_accept", 36000, **HOT)
        lead = bring_to("mql", make_lead(score=90), world)
        moved_facts(lead, score=10)

        assert_consistent()


@pytest.mark.django_db(transaction=True)
class TestCommand:
    def test_it_counts_all_and_shows_the_first_of_each_kind(self, world: World) -> None:
        make_policy("time_to_accept")
        for number in range(5):
            bring_to("mql", make_lead(f"Lead {number}"), world)
        Clock.objects.update(due_at=timezone.now() + timedelta(days=9), tz_version="")
        shown = check(most=2).splitlines()

        assert shown[0] == f"5 x {Kind.CLOCK}:"
        assert [line.startswith("  Lead") for line in shown[1:3]] == [True, True]
        assert shown[3] == "  and 3 more"

    def test_it_says_so_when_all_agree(self) -> None:
        out = StringIO()
        call_command("check_integrity", stdout=out)

        assert out.getvalue() == "History, states, owners, clocks, deliveries and reports agree.\n"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_several_processes_count_what_one_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_policy("time_to_accept")
    for number in range(7):
        bring_to("mql", make_lead(f"Lead {number}"), world)
    Lead.objects.filter(name__in=["Lead 1", "Lead 6"]).update(owner=User.objects.get(username="ben"))
    with transaction.atomic():
        alone = tallying.tally(10)
    monkeypatch.setattr(tallying, "RANGE", 3)
    with transaction.atomic():
        together = tallying.tally(10)

    assert alone.counts == together.counts == {Kind.STATE: 2}
    assert alone.first == together.first
