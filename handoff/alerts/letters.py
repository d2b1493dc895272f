"""Mails by which people set their password: written with their cause, sent afterwards, tried again when they fail."""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from handoff.alerts.channels import CHANNELS, TransportError
from handoff.alerts.content import Content
from handoff.alerts.installation import may_send
from handoff.alerts.leases import take_due
from handoff.alerts.retry import wait_before_next
from handoff.models import Delivery, Letter, LetterKind
from leads.models import User

LEASE = timedelta(minutes=2)  # longer than one mail takes
AT_ONCE = 50  # sent by one wake-up
MOST, WITHIN = 3, timedelta(hours=1)  # letters that somebody gets because a stranger typed their address
MOST_PEOPLE = 5  # who share an address


def invite(user: User) -> Letter:
    """Write the invitation of a person, in the transaction that makes them."""
    return Letter.objects.create(user=user, kind=LetterKind.INVITATION)


def remind(email: str) -> int:
    """Write to everyone with this address, unless they have had enough letters; whoever asks never learns how many."""
    with transaction.atomic():
        people = User.objects.select_for_update(no_key=True, of=("self",)).filter(email__iexact=email, is_active=True)
        since = timezone.now() - WITHIN
        asking = [user for user in people.order_by("pk")[:MOST_PEOPLE] if _may_ask(user, since)]
        Letter.objects.bulk_create(Letter(user=user, kind=LetterKind.PASSWORD) for user in asking)
    return len(asking)


def send_due() -> int:
    """Send what is due, each under a lease: a process that dies in between leaves it to the next."""
    sent = 0
    while sent < AT_ONCE and _is_any_due() and (letter := _take()):
        _send(letter)
        sent += 1
    return sent


def _is_any_due() -> bool:
    """Asked before `may_send`, as it costs next to nothing when nothing waits."""
    is_any = Letter.objects.filter(next_attempt_at__lte=timezone.now()).exists()
    return is_any and may_send()


def _may_ask(user: User, since: datetime) -> bool:
    return Letter.objects.filter(user=user, kind=LetterKind.PASSWORD, created_at__gte=since).count() < MOST


def _take() -> Letter | None:
    row: Letter | None = take_due(Letter.objects.all(), "next_attempt_at", LEASE)
    return row


def _send(letter: Letter) -> None:
    user = User.objects.filter(pk=letter.user_id, is_active=True).exclude(email="").first()
    if user is None:
        _settle(
            letter,
            "The account is inactive or has no email address: mend that under Users.",
            None,
            None,
        )
        return
    try:
        _post(letter, user)
    except TransportError as error:
        wait = wait_before_next(
            letter.attempts,
            permanent=error.permanent,
            retry_after=error.retry_after,
            luck=random.random(),  # noqa: S311
        )
        _settle(letter, error.message, None, timezone.now() + wait if wait else None)
    else:
        _settle(letter, "", timezone.now(), None)


def _settle(letter: Letter, error: str, sent_at: datetime | None, again_at: datetime | None) -> None:
    """Only of the attempt that was leased: a later one has an end of its own."""
    mine = Letter.objects.filter(pk=letter.pk, attempts=letter.attempts, sent_at=None)
    mine.update(last_error=error, sent_at=sent_at, next_attempt_at=again_at)


def _post(letter: Letter, user: User) -> None:
    delivery = Delivery(medium="email", address=user.email, recipient=user, key=letter.key)
    delivery.content = _content(letter, user)
    with CHANNELS["email"].open() as session:
        session.send(user.email, [delivery])


def _content(letter: Letter, user: User) -> Content:
    is_invitation = letter.kind == LetterKind.INVITATION
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    lines = (
        f"Your user name is {user.username}.",
        f"The link works once, and for {days} days." if days > 1 else "The link works once, and for a day.",
        "" if is_invitation else "If you did not ask for it, do nothing: your password stays as it is.",
    )
    return Content(
        key=letter.key,
        kind=str(letter.kind),
        at=letter.created_at,
        lead_id=None,
        subject="You are invited to Handoff" if is_invitation else "Handoff: set a new password",
        headline="An account was made for you." if is_invitation else "Somebody asked for a new password for you.",
        lines=tuple(line for line in lines if line),
        facts=(),
        links=(("Set your password", link_for(user)),),
        zone=user.time_zone,
    ).tamed()


def link_for(user: User) -> str:
    """Where a person sets their password: once, and not after PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return f"{settings.BASE_URL}/console/set-password/{uid}/{default_token_generator.make_token(user)}/"
