"""Email, through whatever server EMAIL_URL names."""

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.mime.image import MIMEImage
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.template.loader import render_to_string

from handoff.alerts.channels.channel import Channel
from handoff.alerts.channels.transport import TransportError
from handoff.alerts.content import Content
from handoff.alerts.messages import content_of
from handoff.models import Delivery


def check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError(f"“{address}” is not a valid email address.") from None


@contextmanager
def open_session() -> Iterator["EmailSession"]:
    connection = get_connection()
    try:
        yield EmailSession(connection)
    finally:
        with suppress(OSError):  # the server was faster: there is nothing left to say goodbye to
            connection.close()


class EmailSession:
    """One connection to the mail server, made for the first message and kept for the next."""

    def __init__(self, connection: BaseEmailBackend) -> None:
        self.connection = connection

    def send(self, address: str, deliveries: Sequence[Delivery]) -> None:
        """Send to one address. A retry carries the same Message-ID, by which a mailbox can tell that it is the same."""
        content = content_of(deliveries)
        try:
            check_address(address)
            self._send(_mail(address, content))
        except ValidationError as error:
            raise TransportError(" ".join(error.messages), permanent=True) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(f"The mail server refuses {address}", *next(iter(error.recipients.values()))) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            raise _refused("The mail server refuses the message", error.smtp_code, error.smtp_error) from error
        except ValueError as error:  # Django refuses it as a header, or as an address
            raise TransportError(f"The mail is malformed: {error}", permanent=True) from error
        except OSError as error:  # and every other SMTPException: about the server, not about this message
            self._close()
            raise TransportError(f"The mail server cannot be used: {_in_words(error)}") from error

    def _send(self, mail: EmailMultiAlternatives) -> None:
        is_kept = self.connection.open() is False
        try:
            self.connection.send_messages([mail])
        except OSError as error:
            # Servers end connections that were idle, or that have had their share: once more, on a new one.
            if not (is_kept and _is_ended(error)):
                raise
            self._close()
            self.connection.open()
            self.connection.send_messages([mail])

    def _close(self) -> None:
        with suppress(OSError):
            self.connection.close()


def _is_ended(error: OSError) -> bool:
    return isinstance(error, smtplib.SMTPServerDisconnected | ConnectionError) or (
        isinstance(error, smtplib.SMTPResponseException) and error.smtp_code == 421
    )


def _mail(address: str, content: Content) -> EmailMultiAlternatives:
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    headers = {
        "Message-ID": f"<{content.key}@{host}>",
        "X-Handoff-Key": str(content.key),
        "Auto-Submitted": "auto-generated",
    }
    if content.lead_id is not None:
        thread = f"<lead-{content.lead_id}@{host}>"
        headers |= {"In-Reply-To": thread, "References": thread}
    mail = EmailMultiAlternatives(content.subject, text_of(content), to=[address], headers=headers)
    mail.attach_alternative(html_of(content), "text/html")
    if content.picture:
        # Shown in its place in the text, and not below it as an attachment.
        mail.mixed_subtype = "related"  # type: ignore[attr-defined]
        mail.attach(_image(content.picture.png))
    return mail


def _image(png: bytes) -> MIMEImage:
    image = MIMEImage(png, "png")
    image.add_header("Content-ID", "<picture>")
    image.add_header("Content-Disposition", "inline", filename="report.png")
    return image


def text_of(content: Content) -> str:
    return render_to_string(f"email/{_form(content)}.txt", {"content": content})


def html_of(content: Content) -> str:
    return render_to_string(f"email/{_form(content)}.html", {"content": content})


def _form(content: Content) -> str:
    return "digest" if content.entries else "message"


def _refused(refusal: str, code: int, answer: bytes | str) -> TransportError:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return TransportError(f"{refusal}: {code} {words}", permanent=code >= 500)


def _in_words(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
        return f"{code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"
    return str(error) or type(error).__name__


CHANNEL = Channel(
    medium="email",
    label="Email",
    address_help="An email address.",
    check_address=check_address,
    open=open_session,
    person_field="email",
    team_field="email",
)
