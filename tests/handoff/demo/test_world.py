"""What the demo holds once it is loaded. One load serves all of these, and takes longer than most tests."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db.models import F, Q

from handoff import demo
from handoff.amending.integrity import disagreements
from handoff.demo.agreement import HOT
from handoff.demo.campaigns import EFFORTS
from handoff.demo.fates import FATES
from handoff.demo.live import NOT_ACCEPTED, NOT_CALLED
from handoff.models import AnswerKind, Delivery, DeliveryState, Destination, Dispute, DisputeDecision, Rejection
from handoff.workflow import CARDS
from leads.models import (
    Campaign,
    DealState,
    Lead,
    Opportunity,
    Reason,
    Role,
    ScoringModel,
    State,
    Touchpoint,
    Transition,
    User,
    Verb,
)
from leads.scoring import parts_of
from sla.metrics import Metric
from sla.models import Alarm, Clock, ClockState, PendingAlarm, Policy, Step

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
ROLES = {
    "ada": Role.SALES_REP,
    "ben": Role.SALES_REP,
    "max": Role.SALES_MANAGER,
    "zoe": Role.SALES_REP,
    "tom": Role.SALES_MANAGER,
    "mia": Role.MARKETER,
    "nora": Role.MARKETING_LEAD,
    "olga": Role.REVOPS,
}


def test_people_can_log_in_with_their_roles(loaded: datetime) -> None:
    people = {user.username: user for user in User.objects.all()}
    assert {name: set(user.groups.values_list("name", flat=True)) for name, user in people.items()} == {
        name: {role} for name, role in ROLES.items()
    }
    assert all(user.is_staff and user.check_password("demo") for user in people.values())
    assert [name for name, user in people.items() if user.is_superuser] == ["olga"]


def test_two_teams_in_two_zones_each_with_a_manager(loaded: datetime) -> None:
    zones = {name: (User.objects.get(username=name).team, User.objects.get(username=name).time_zone) for name in ROLES}
    teams = {str(team): zone for team, zone in zones.values() if team}
    assert teams == {"Berlin": "Europe/Berlin", "New York": "America/New_York"}
    assert {team.manager.username for team, _ in zones.values() if team and team.manager} == {"max", "tom"}


def test_nobody_in_it_exists(loaded: datetime) -> None:
    for model in (User, Lead):
        assert not model.objects.exclude(email__endswith=".example").exists()
    assert all(
        phone[:6] in ("", "+49 30", "+44 20", "+1 212", "+1 416")
        for phone in Lead.objects.values_list("phone", flat=True)
    )


def test_leads_stand_where_their_fates_say(loaded: datetime) -> None:
    wanted = Counter({State.MQL: len(NOT_ACCEPTED), State.SAL: len(NOT_CALLED)})
    for fate in FATES:
        wanted[fate.state] += fate.count
    assert Counter(Lead.objects.values_list("state", flat=True)) == wanted
    assert wanted.total() == pytest.approx(400, abs=20)
    assert set(wanted) == set(State)


def test_histories_go_back_eight_weeks_and_never_into_the_future(loaded: datetime) -> None:
    moments = Transition.objects.order_by("at").values_list("at", flat=True)
    assert timedelta(weeks=4) < loaded - moments[0] < timedelta(weeks=10)
    assert moments.latest("at") <= loaded
    assert not Touchpoint.objects.filter(
        Q(at__gt=loaded) | Q(at__lt=F("lead__created_at") - timedelta(days=30))
    ).exists()


def test_every_kind_of_rejection_and_of_answer_is_there(loaded: datetime) -> None:
    used = set(Rejection.objects.values_list("reason__code", flat=True))
    assert used == set(Reason.objects.values_list("code", flat=True))
    assert set(Rejection.objects.values_list("answer", flat=True)) == {"", *AnswerKind.values}
    assert set(Dispute.objects.values_list("decision", flat=True)) == {"", *DisputeDecision.values}
    assert not Rejection.objects.filter(reason__code="duplicate", duplicate_of=None).exists()
    assert Lead.objects.exclude(merged_into=None).count() == 3


def test_deals_were_won_and_lost_after_they_were_made(loaded: datetime) -> None:
    deals = Opportunity.objects
    assert set(deals.values_list("state", flat=True)) == set(DealState)
    assert not deals.filter(Q(closed_at__gt=loaded) | Q(closed_at__lt=F("lead__entered_at"))).exists()


def test_every_verb_and_every_metric_has_happened(loaded: datetime) -> None:
    # What is about one clock or alarm is left to whoever tries it, and so is undoing, and a rep's own reminder.
    left = {verb for verb, card in CARDS.items() if card.is_about_clock} | {Verb.UNMERGE, Verb.UNDO, Verb.SNOOZE}
    assert set(Verb) - set(Transition.objects.values_list("verb", flat=True)) == left
    for metric in Metric:
        clocks = Clock.objects.filter(metric=metric)
        states = set(clocks.values_list("state", flat=True))
        if clocks.filter(stopped_at=None, due_at__lt=loaded).exists():
            states.add(ClockState.BREACHED)  # though nobody has stopped it
        assert states >= {ClockState.RUNNING, ClockState.MET, ClockState.BREACHED}, metric


def test_clocks_run_and_some_are_due_within_minutes(loaded: datetime) -> None:
    running = Clock.objects.filter(stopped_at=None)
    soon = running.filter(due_at__range=(loaded, loaded + timedelta(minutes=10)))
    assert {metric: soon.filter(metric=metric).count() for metric in soon.values_list("metric", flat=True)}.keys() >= {
        Metric.TIME_TO_ACCEPT,
        Metric.SPEED_TO_LEAD,
    }
    assert soon.count() >= len(NOT_ACCEPTED)
    assert running.filter(due_at__range=(loaded, loaded + timedelta(hours=1))).count() >= 10


def test_a_warning_comes_first_and_then_a_breach_of_the_same_lead(loaded: datetime) -> None:
    clock = Clock.objects.filter(stopped_at=None, metric=Metric.TIME_TO_ACCEPT, due_at__gt=loaded).earliest("due_at")
    warning, breach, *_ = clock.pending.order_by("due_at")
    assert (warning.step.percent, breach.step.percent) == (75, 100)
    assert timedelta(minutes=1) < warning.due_at - loaded < timedelta(minutes=2)
    assert timedelta(minutes=3) < breach.due_at - loaded < timedelta(minutes=5)
    assert clock.owner is not None
    assert clock.owner.username == "ada"


def test_alarms_fired_when_they_were_due(loaded: datetime) -> None:
    assert not Alarm.objects.filter(superseded=True).exists()
    assert not Alarm.objects.exclude(fired_at__range=(F("due_at"), F("due_at") + timedelta(seconds=1))).exists()
    assert not PendingAlarm.objects.filter(due_at__lt=loaded - timedelta(seconds=30)).exists()


def test_no_message_of_the_past_waits_to_be_sent(loaded: datetime) -> None:
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}
    assert not Delivery.objects.filter(sent_at__gt=loaded).exists()
    assert not Delivery.objects.exclude(alarm=None).exclude(sent_at=F("alarm__fired_at")).exists()


def test_slack_is_left_alone_without_a_token(loaded: datetime) -> None:
    assert {place.active for place in Destination.objects.filter(medium="slack")} == {False}
    assert not Delivery.objects.exclude(medium="email").exists()


def test_ladders_warn_breach_and_escalate(loaded: datetime) -> None:
    assert Policy.objects.count() == 16
    for policy in Policy.objects.all():
        kinds = [step.kind.value for step in Step.objects.filter(policy=policy)]
        warnings = 1 + (policy.metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER))
        assert kinds == [*["warning"] * warnings, "breach", "escalation"], policy


def test_campaigns_promise_something(loaded: datetime) -> None:
    assert Campaign.objects.exclude(promise="").exclude(cost=None).exclude(currency="").count() == len(EFFORTS)
    assert set(Lead.objects.values_list("source", flat=True)) == {effort.source for effort in EFFORTS}


def test_it_proves_consistent(loaded: datetime) -> None:
    assert list(disagreements()) == []


def test_a_second_load_does_nothing(loaded: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    before = Lead.objects.count(), Transition.objects.count()
    assert not demo.load()
    call_command("demo")
    assert (Lead.objects.count(), Transition.objects.count()) == before
    shown = capsys.readouterr().out
    assert "the password is demo" in shown
    assert "Watch" not in shown


def test_the_signed_model_scores_all_leads_and_finds_the_hot_ones(loaded: datetime) -> None:
    model = ScoringModel.active()
    assert model
    assert None not in (model.marketing_signatory, model.sales_signatory)
    assert not Lead.objects.exclude(scored_by=model)
    hot = Lead.objects.filter(touchpoints__kind="demo_request")
    assert set(hot) == set(Lead.objects.filter(score__gte=HOT))
    assert not Lead.objects.filter(score__lt=40)
    lead = hot[0]
    assert sum(part.points for part in parts_of([lead])[lead.pk]) == lead.score
