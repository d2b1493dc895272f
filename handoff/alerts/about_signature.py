"""A draft waits for signatures: whoever may give one is notified once of each wording."""

from collections.abc import Collection

import structlog

from handoff.alerts import audience
from handoff.alerts.content import SIGNATURE, one_line
from handoff.models import Notice, StandardKind, StandardMessage
from leads.models import Definition, User

log = structlog.get_logger(__name__)


def announce_signature(definition: Definition, roles: Collection[str]) -> None:
    """Write the message in the caller's transaction. A draft whose words have changed is another one to read."""
    if not roles or not StandardMessage.is_on(StandardKind.TO_SIGN):
        return
    words = {"subject": f"Waits for your signature: {definition}", "text": _text(definition)}
    key = f"{SIGNATURE} of definition {definition.pk}, {definition.digest[:16]}"
    notice, is_new = Notice.objects.get_or_create(key=key, defaults=words)
    people = User.objects.filter(is_active=True, groups__name__in=roles).distinct().values_list("pk", flat=True)
    if is_new and not audience.notify_people_of_notice(notice, list(people)):
        log.error("nobody_to_tell", notice=words["subject"], advice=f"give someone the role {' or '.join(roles)}")


def _text(definition: Definition) -> str:
    return "\n".join(
        (
            f"{definition} comes into force when one person of each side has signed it.",
            one_line(definition.text),
            "The page shows what is different from the version in force.",
        )
    )
