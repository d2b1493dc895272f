"""Mail through a real SMTP server."""

import smtplib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from handoff.alerts.channels import CHANNELS, TransportError
from handoff.models import Delivery
from leads.models import Lead
from tests.handoff.alerts.conftest import Mailbox, make_act, send
from tests.world import World

Make = Callable[..., Delivery]
ADA = "ada@handoff.example"


def test_it_comes_as_text_and_as_html(mailbox: Mailbox, make_delivery: Make) -> None:
    send(make_delivery())
    [mail] = mailbox.mails
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert html
    assert "Mia promoted Grace Hopper to Ada" in text.get_content()
    assert "Mia promoted Grace Hopper to Ada" in html.get_content()


def test_its_headers_carry_the_key_and_say_that_no_human_wrote_it(
    mailbox: Mailbox, make_delivery: Make, settings: Any
) -> None:
    settings.BASE_URL = "https://handoff.example:8443"
    delivery = make_delivery()
    send(delivery)
    [mail] = mailbox.mails
    assert mail["X-Handoff-Key"] == str(delivery.key)
    assert mail["Message-ID"] == f"<{delivery.key}@handoff.example>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_retry_is_the_same_mail(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery()
    send(delivery)
    send(delivery)
    assert mailbox.mails[0]["Message-ID"] == mailbox.mails[1]["Message-ID"]


def test_mails_about_one_lead_make_a_thread(world: World, mailbox: Mailbox, make_delivery: Make) -> None:
    first, other = make_delivery(), make_delivery()
    assert first.transition
    again = make_act(first.transition.lead, "accept", world.ada)
    for delivery in (first, make_delivery(transition=again), other):
        send(delivery)
    threads = [(mail["In-Reply-To"], mail["References"]) for mail in mailbox.mails]
    assert threads[0] == threads[1] != threads[2]
    assert threads[0][0] == f"<lead-{first.transition.lead_id}@localhost>"
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 3


def test_a_lead_cannot_write_headers(mailbox: Mailbox, make_delivery: Make) -> None:
    delivery = make_delivery()
    assert delivery.transition
    Lead.objects.update(name="Eve\r\nBcc: everybody@example.com\n\n<b>x</b>")
    send(delivery)
    [mail] = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].endswith("Eve Bcc: everybody@example.com <b>x</b>")


@pytest.mark.parametrize(
    "address", ["ada", "ada@", "ada@x.example, max@x.example", "ada@x.example\nBcc: eve@x.example", ""]
)
def test_a_malformed_address_is_permanent(mailbox: Mailbox, make_delivery: Make, address: str) -> None:
    with pytest.raises(TransportError, match="is not a valid email address") as caught:
        send(make_delivery(address))
    assert caught.value.permanent
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("case", "refusal", "answer", "permanent", "words"),
    [
        ("no such recipient", "550 Unknown", "250 Taken", True, "refuses ada@handoff.example: 550 Unknown"),
        ("greylisted", "450 Wait", "250 Taken", False, "refuses ada@handoff.example: 450 Wait"),
        ("taken for spam", "", "554 Spam", True, "refuses the message: 554 Spam"),
        ("full disk", "", "452 Full", False, "refuses the message: 452 Full"),
    ],
)
def test_a_refusal(
    mailbox: Mailbox, make_delivery: Make, case: str, refusal: str, answer: str, permanent: bool, words: str
) -> None:
    mailbox.refusals = {ADA: refusal} if refusal else {}
    mailbox.answer = answer
    with pytest.raises(TransportError) as caught:
        send(make_delivery())
    assert (caught.value.permanent, words in caught.value.message) == (permanent, True), case


def test_no_mail_server_is_transient(settings: Any, make_delivery: Make) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(TransportError, match="cannot be used") as caught:
        send(make_delivery())
    assert not caught.value.permanent


def test_a_mail_server_that_hangs_is_transient(mailbox: Mailbox, settings: Any, make_delivery: Make) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    mailbox.is_hanging = True
    with pytest.raises(TransportError, match="timed out") as caught:
        send(make_delivery())
    assert not caught.value.permanent


def test_a_session_keeps_its_connection(mailbox: Mailbox, make_delivery: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = count_connections(monkeypatch)
    with CHANNELS["email"].open() as session:
        for _ in range(3):
            session.send(ADA, [make_delivery()])
    assert (len(mailbox.mails), len(connections)) == (3, 1)


def test_a_refused_recipient_does_not_cost_the_connection(
    mailbox: Mailbox, make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.refusals = {"gone@handoff.example": "550 Unknown"}
    connections = count_connections(monkeypatch)
    with CHANNELS["email"].open() as session:
        with pytest.raises(TransportError):
            session.send("gone@handoff.example", [make_delivery()])
        session.send(ADA, [make_delivery()])
    assert (mailbox.recipients, len(connections)) == ([ADA], 1)


@pytest.mark.parametrize("case", ["closed", "421"])
def test_a_connection_that_the_server_ended_is_made_again(
    mailbox: Mailbox, make_delivery: Make, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    connections = count_connections(monkeypatch)
    with CHANNELS["email"].open() as session:
        session.send(ADA, [make_delivery()])
        if case == "closed":
            assert connections[0].sock
            connections[0].sock.shutdown(socket.SHUT_RDWR)
        else:
            mailbox.goodbyes = 1
        session.send(ADA, [make_delivery()])
    assert (len(mailbox.mails), len(connections)) == (2, 2)


def test_nothing_is_connected_before_there_is_something_to_send(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with CHANNELS["email"].open():
        pass


def count_connections(monkeypatch: pytest.MonkeyPatch) -> list[smtplib.SMTP]:
    made: list[smtplib.SMTP] = []
    connect = smtplib.SMTP.__init__

    def counted(connection: smtplib.SMTP, *args: Any, **kwargs: Any) -> None:
        made.append(connection)
        connect(connection, *args, **kwargs)

    monkeypatch.setattr(smtplib.SMTP, "__init__", counted)
    return made
