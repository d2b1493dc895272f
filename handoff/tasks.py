"""Celery's entry points. They carry wake-ups only; what is due stands in the database."""

from celery import shared_task
from django.utils import timezone

from handoff import alerts
from handoff.agreement import score_reviews
from handoff.alerts import letters, slack_replies, slack_updates, worker
from handoff.amending import bulk, duplicates, scoring, stopping
from handoff.engine import agenda, disputes, heartbeat, leaks, promises, scheduled_reports
from handoff.imports import expiry, job
from handoff.improving import running
from handoff.ladder import actions
from handoff.ladder.sweep import fire
from handoff.reports import renewing, rollup
from handoff.reviewing import in_background
from handoff.slack import seen
from handoff.workflow import promotion
from sla import versions

DELIVER_SECONDS = 120  # well below Celery's time limit; the next wake-up goes on
SHARED_SECONDS = 0.5  # where one process does everything


@shared_task
def sweep() -> None:
    fire()
    heartbeat.beat("sweep")


@shared_task
def run_actions() -> None:
    actions.run_actions_in_turn()


@shared_task(acks_late=False)  # each worker has its own wake-up: nobody could take over what one leaves behind
def deliver() -> None:
    seconds = SHARED_SECONDS if worker.has_one_process() else DELIVER_SECONDS
    alerts.keep_delivering(seconds, heartbeat.each_second("deliver"))


@shared_task
def send_letters() -> None:
    letters.send_due()


@shared_task
def talk_to_slack() -> None:
    slack_replies.reply_all()
    slack_updates.update_all()


@shared_task
def forget_slack() -> None:
    slack_updates.forget_old()
    slack_replies.forget_old()
    seen.forget_old()


@shared_task
def fold_reports() -> None:
    rollup.fold()
    renewing.renew_in_turn()


@shared_task
def stop_mistakes() -> None:
    stopping.stop_all()


@shared_task
def run_bulk_acts() -> None:
    bulk.run_in_turn()


@shared_task
def run_replays() -> None:
    running.run_in_turn()


@shared_task
def close_periods() -> None:
    in_background.run_in_turn()


@shared_task
def promote_leads() -> None:
    promotion.run_in_turn()


@shared_task
def find_duplicates() -> None:
    duplicates.find_in_turn()


@shared_task
def score_leads() -> None:
    scoring.score_in_turn()


@shared_task
def run_imports() -> None:
    job.run_in_turn()


@shared_task
def forget_imports() -> None:
    expiry.forget_old()


@shared_task
def extend_holidays() -> None:
    versions.extend_holidays()


@shared_task
def remind_people() -> None:
    """Of what they have snoozed, and of what waits for them at the time that they chose."""
    now = timezone.now()
    promises.remind_of_snoozes(now)
    agenda.send_due(now)


@shared_task
def send_reports() -> None:
    scheduled_reports.send_due()


@shared_task
def tell_of_leaks() -> None:
    leaks.tell()
    disputes.tell()
    score_reviews.tell()
