"""Whether a request is Slack's: signed with the secret of the app, a moment ago, and not seen before."""

import hmac
import time
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest

from handoff.slack import seen

WINDOW = 300  # seconds, as Slack says


def refusal(request: HttpRequest, body: bytes) -> str:
    """Why a request is not taken for Slack's; empty when it is, which can be said once of each."""
    sent_at = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not (sent_at.isascii() and sent_at.isdecimal()) or abs(time.time() - int(sent_at[:12])) > WINDOW:
        return "The timestamp is not of the last five minutes."
    # As bytes: to compare texts of other letters than ASCII is an error.
    if not hmac.compare_digest(sign(sent_at, body).encode(), signature.encode()):
        return "The signature is not valid."
    return "" if seen.remember(signature) else "This request has come in before."


def sign(sent_at: str, body: bytes) -> str:
    secret = settings.SLACK_SIGNING_SECRET.encode()
    return f"v0={hmac.new(secret, b'v0:%s:%s' % (sent_at.encode(), body), sha256).hexdigest()}"
