"""May this process send? A copy of the database that is looked at elsewhere must not write to anybody."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone

from handoff.models import Installation

# Whoever sends first claims a database that is new; of two at once one does, and the other reads who.
_CLAIM_IF_FREE = """
    INSERT INTO handoff_installation (id, host, claimed_at) VALUES (1, %s, %s) ON CONFLICT (id) DO NOTHING
"""


def may_send() -> bool:
    """Whether messages leave from here: the setting SENDING is on, and this database belongs to this host."""
    return not why_silent()


def why_silent() -> str:
    """Why nothing is sent from here; empty when it is."""
    if not settings.SENDING:
        return "SENDING is 0"
    if (owner := _claimed_by()) != this_host():
        return f"This database belongs to {owner}, and BASE_URL is on {this_host()}"
    return ""


def this_host() -> str:
    """The name under which people reach this installation; its scheme and its port may change."""
    return str(urlsplit(settings.BASE_URL).hostname or settings.BASE_URL)[:255]


def claim() -> None:
    """From now on messages are sent from here, and from nowhere that has another name."""
    Installation.objects.update_or_create(pk=1, defaults={"host": this_host(), "claimed_at": timezone.now()})


def _claimed_by() -> str:
    hosts = Installation.objects.values_list("host", flat=True)
    host: str | None = hosts.first()
    if host is None:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM_IF_FREE, [this_host(), timezone.now()])
        host = hosts.get()
    return str(host)
