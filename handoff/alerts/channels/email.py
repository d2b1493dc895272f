"""Email, through whatever server EMAIL_URL names."""

import smtplib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email

from handoff.alerts.channels.transport import TransportError
from handoff.alerts.messages import Message


def send(address: str, message: Message, connection: Any = None) -> None:
    """Send to one address, by a connection that is open or one of its own.

    A retry carries the same Message-ID, by which a mailbox can tell that it is the same.
    """
    try:
        validate_email(address)
        _mail(address, message, connection).send()
    except ValidationError as error:
        raise TransportError(f"“{address}” is no email address.", permanent=True) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(f"The mail server refuses {address}", *next(iter(error.recipients.values()))) from error
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        raise _refused("The mail server refuses the message", error.smtp_code, error.smtp_error) from error
    except ValueError as error:  # Django refuses it as a header, or as an address
        raise TransportError(f"The mail is malformed: {error}", permanent=True) from error
    except OSError as error:  # and every other SMTPException: about the server, not about this message
        raise TransportError(f"The mail server cannot be used: {_in_words(error)}") from error


def _mail(address: str, message: Message, connection: Any) -> EmailMultiAlternatives:
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    headers = {
        "Message-ID": f"<{message.key}@{host}>",
        "X-Handoff-Key": str(message.key),
        "Auto-Submitted": "auto-generated",
    }
    if message.lead_id is not None:
        thread = f"<lead-{message.lead_id}@{host}>"
        headers |= {"In-Reply-To": thread, "References": thread}
    mail = EmailMultiAlternatives(message.subject, message.text, to=[address], headers=headers, connection=connection)
    mail.attach_alternative(message.html, "text/html")
    return mail


def _refused(what: str, code: int, answer: bytes | str) -> TransportError:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return TransportError(f"{what}: {code} {words}", permanent=code >= 500)


def _in_words(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
        return f"{code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"
    return str(error) or type(error).__name__
