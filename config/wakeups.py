"""When beat wakes the workers up, for what, and which of them: the settings of Celery that say so."""

from collections.abc import Mapping
from typing import Any

from celery.schedules import crontab
from kombu import Queue
from kombu.common import Broadcast

# Each worker is to deliver, so each is woken up: of a queue that they share the same one could take this each time.
EACH_WORKER = Broadcast("deliver", queue="deliver")
QUEUES = [Queue("celery"), EACH_WORKER]
# Declared with each wake-up: a Redis that does not know the exchange would put it into a list that nobody reads.
ROUTES = {"handoff.tasks.deliver": {"queue": "deliver", "declare": [EACH_WORKER.exchange]}}


def schedule(seconds: float) -> dict[str, Mapping[str, Any]]:
    """All wake-ups, those of the engine every so many seconds."""
    # One that was not taken before the next ones are due is worth nothing.
    often = {"schedule": seconds, "options": {"expires": seconds * 5}}
    now_and_then = {"schedule": 10.0, "options": {"expires": 10.0}}
    return {
        "sweep": {"task": "handoff.tasks.sweep", **often},
        "run_actions": {"task": "handoff.tasks.run_actions", **often},
        "deliver": {"task": "handoff.tasks.deliver", **often},
        # Invitations and new passwords: their reader waits for them.
        "send_letters": {"task": "handoff.tasks.send_letters", **often},
        "talk_to_slack": {"task": "handoff.tasks.talk_to_slack", **often},
        "forget_slack": {"task": "handoff.tasks.forget_slack", "schedule": crontab(hour="*", minute="50")},
        # What a person has asked for and a request had no time for: they look at its progress.
        "run_bulk_acts": {"task": "handoff.tasks.run_bulk_acts", **often},
        "run_replays": {"task": "handoff.tasks.run_replays", **often},
        "close_periods": {"task": "handoff.tasks.close_periods", **often},
        # The buyer has just met the definition: sales is to know within a second.
        "promote_leads": {"task": "handoff.tasks.promote_leads", **often},
        "run_imports": {"task": "handoff.tasks.run_imports", **often},
        "forget_imports": {"task": "handoff.tasks.forget_imports", "schedule": crontab(hour="*", minute="40")},
        # The sweep sends nothing of a mistake anyway; this clears away what the request that declared it left behind.
        "stop_mistakes": {"task": "handoff.tasks.stop_mistakes", **now_and_then},
        # Reports are exact without it, and slower the more there is to add up.
        "fold_reports": {"task": "handoff.tasks.fold_reports", **now_and_then},
        # Whoever was captured a moment ago is compared with all others: nobody waits for it.
        "find_duplicates": {"task": "handoff.tasks.find_duplicates", **now_and_then},
        # A touchpoint changes its lead's score at once; this is for what fades, and for another model.
        "score_leads": {"task": "handoff.tasks.score_leads", **now_and_then},
        "extend_holidays": {"task": "handoff.tasks.extend_holidays", "schedule": crontab(hour="3", minute="30")},
        "remind_people": {
            "task": "handoff.tasks.remind_people",
            "schedule": crontab(minute="*"),
            "options": {"expires": 60.0},
        },
        # Apart from the reminders, which do not wait for reports to be counted and drawn.
        "send_reports": {
            "task": "handoff.tasks.send_reports",
            "schedule": crontab(minute="*"),
            "options": {"expires": 60.0},
        },
        # Sent once a day, and asked for each hour: a beat that was down in the morning does not put it off for a day.
        "tell_of_leaks": {"task": "handoff.tasks.tell_of_leaks", "schedule": crontab(hour="7-22", minute="10")},
    }
