"""A draft waits for signatures: whoever may give one is notified once of each wording."""

from collections.abc import Collection

import structlog

from handoff.alerts import audience
from handoff.alerts.content import SIGNATURE, one_line
from handoff.models import Notice, StandardKind, StandardMessage
from leads.models import User
from leads.models.signed import Signed

log = structlog.get_logger(__name__)


def announce_signature(version: Signed, roles: Collection[str]) -> None:
    """Write the message in the caller's transaction. A draft whose words have changed is another one to read."""
    if not roles or not StandardMessage.is_on(StandardKind.TO_SIGN):
        return
    words = {"subject": f"Waits for your signature: {version}", "text": _text(version)}
    key = f"{SIGNATURE} of {version._meta.verbose_name} {version.pk}, {version.digest[:16]}"
    notice, is_new = Notice.objects.get_or_create(key=key, defaults=words)
    people = User.objects.filter(is_active=True, groups__name__in=roles).distinct().values_list("pk", flat=True)
    if is_new and not audience.notify_people_of_notice(notice, list(people)):
        log.error("nobody_to_tell", notice=words["subject"], advice=f"give someone the role {' or '.join(roles)}")


def _text(version: Signed) -> str:
    return "\n".join(
        (
            f"{version} comes into force when one person of each side has signed it.",
            one_line(version.summary),
            "The page shows what is different from the version in force.",
        )
    )
