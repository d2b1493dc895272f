"""What has come in: the same request is refused, and the same interaction does nothing twice."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from handoff.models import SlackRequest

KEPT = timedelta(hours=1)  # Slack's signature is good for five minutes, and it retries for less

# Of two at once one writes the row; the other waits for its transaction, and finds it.
_REMEMBER = "INSERT INTO handoff_slackrequest (key, received_at) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"


def remember(key: str) -> bool:
    """Note it; False when that was done before."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [key[:200], timezone.now()])
        return bool(cursor.rowcount)


def answer_given(key: str) -> dict[str, Any]:
    """What was answered when it came in first."""
    answer: dict[str, Any] | None = SlackRequest.objects.values_list("answer", flat=True).get(key=key[:200])
    return answer or {}


def keep_answer(key: str, answer: dict[str, Any]) -> None:
    SlackRequest.objects.filter(key=key[:200]).update(answer=answer)


def forget_old() -> None:
    SlackRequest.objects.filter(received_at__lt=timezone.now() - KEPT).delete()
