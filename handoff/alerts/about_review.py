"""The review of the scoring model is due: both sides are notified once of each date."""

from collections.abc import Collection

import structlog
from django.db import transaction

from handoff.alerts import audience
from handoff.alerts.content import REVIEW
from handoff.models import Notice, StandardKind, StandardMessage
from leads.models import ScoringModel, User

log = structlog.get_logger(__name__)


def announce_review(model: ScoringModel, roles: Collection[str]) -> None:
    """Write the message. Killed in the middle, it is written by the next call."""
    if not StandardMessage.is_on(StandardKind.REVIEW_DUE):
        return
    words = {"subject": f"Review due: {model}", "text": _text(model)}
    with transaction.atomic():
        key = f"{REVIEW} of {model.pk} due on {model.review_on}"
        notice, is_new = Notice.objects.get_or_create(key=key, defaults=words)
        people = User.objects.filter(is_active=True, groups__name__in=roles).distinct().values_list("pk", flat=True)
        if is_new and not audience.notify_people_of_notice(notice, list(people)):
            log.error("nobody_to_tell", notice=words["subject"], advice=f"give someone the role {' or '.join(roles)}")


def _text(model: ScoringModel) -> str:
    return "\n".join(
        (
            f"The {model} has been in force since {model.active_from:%d %b %Y}.",
            "A marketing lead and a sales manager look at it again, each in the form on its page.",
            "Until both have kept it, or a next version is in force, its page says that the review is due.",
        )
    )
