"""The pictures of messages: by an address that cannot be guessed, as chat servers fetch them without a login."""

from django.conf import settings
from django.core import signing

from handoff.alerts.content import Picture
from handoff.models import SentReport

DAYS = 90
_SALT = "handoff.picture"


def picture_of(sent: SentReport) -> Picture | None:
    if sent.picture is None:
        return None
    token = signing.dumps(sent.pk, salt=_SALT, compress=True)
    return Picture(bytes(sent.picture), sent.alt, f"{settings.BASE_URL}/pictures/{token}.png")


def png_of(token: str) -> bytes | None:
    """The picture behind an address that we have signed, while that is not too old."""
    try:
        pk = signing.loads(token, salt=_SALT, max_age=DAYS * 86_400)
    except signing.BadSignature:
        return None
    picture = SentReport.objects.filter(pk=pk).values_list("picture", flat=True).first()
    return bytes(picture) if picture else None
