"""Signed webhooks, read by a receiver as the Standard Webhooks specification describes one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook, WebhookVerificationError

from handoff.alerts import deliver
from handoff.alerts.channels import TransportError
from handoff.alerts.channels.webhook import new_secret
from handoff.models import Delivery, DeliveryState, Destination, Notice
from tests.handoff.alerts.conftest import destination, make_alarm, make_step, send
from tests.world import World, make_lead

Make = Callable[..., Delivery]


@pytest.fixture
def receiver(webhooks: HTTPServer, world: World) -> Destination:
    return destination("fixed", "webhook", webhooks.url_for("/hook"), signing_secret=new_secret())


@pytest.fixture
def make(receiver: Destination, make_delivery: Make) -> Make:
    return lambda **fields: make_delivery(receiver.address, "webhook", destination=receiver, recipient=None, **fields)


def read(server: HTTPServer, secret: str, number: int = 0) -> Any:
    request = server.log[number][0]
    return Webhook(secret).verify(request.get_data(), dict(request.headers))


def test_its_receiver_can_check_who_sent_it(webhooks: HTTPServer, receiver: Destination, make: Make) -> None:
    webhooks.expect_request("/hook").respond_with_data("", status=204)
    delivery = make()
    send(delivery)
    payload = read(webhooks, receiver.signing_secret)
    assert payload["type"] == "act.promote"
    assert payload["data"]["subject"] == "Mia promoted Grace Hopper"
    assert delivery.transition
    assert (payload["data"]["lead"], payload["data"]["by"]) == (delivery.transition.lead_id, "mia")
    assert payload["timestamp"] == delivery.transition.at.isoformat()
    with pytest.raises(WebhookVerificationError):
        read(webhooks, new_secret())


def test_a_retry_keeps_its_id(webhooks: HTTPServer, make: Make) -> None:
    webhooks.expect_request("/hook").respond_with_data("ok")
    delivery = make()
    send(delivery)
    send(delivery)
    assert [request.headers["webhook-id"] for request, _ in webhooks.log] == [str(delivery.key)] * 2


def test_an_alarm_says_what_is_due(webhooks: HTTPServer, receiver: Destination, world: World) -> None:
    webhooks.expect_request("/hook").respond_with_data("ok")
    alarm = make_alarm(make_lead(owner=world.ada), make_step())
    send(Delivery.objects.create(medium="webhook", address=receiver.address, destination=receiver, alarm=alarm))
    payload = read(webhooks, receiver.signing_secret)
    assert payload["type"] == "alarm.breach"
    assert payload["data"]["metric"] == "time_to_accept"
    assert (payload["data"]["alarm"], payload["data"]["clock"]) == (alarm.pk, alarm.clock_id)


def test_several_at_once_are_one_message(webhooks: HTTPServer, receiver: Destination, make: Make) -> None:
    webhooks.expect_request("/hook").respond_with_data("ok")
    send(make(), make())
    payload = read(webhooks, receiver.signing_secret)
    assert (payload["type"], len(payload["data"]["entries"])) == ("digest", 2)


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (401, True), (302, True), (429, False), (503, False)])
def test_what_it_answers(webhooks: HTTPServer, make: Make, status: int, permanent: bool) -> None:
    webhooks.expect_request("/hook").respond_with_data("SECRET", status=status, headers={"Location": "/hook"})
    with pytest.raises(TransportError, match=f"The webhook answered {status}") as caught:
        send(make())
    assert caught.value.permanent == permanent
    assert "SECRET" not in caught.value.message
    assert len(webhooks.log) == 1


@pytest.mark.django_db(transaction=True)  # the senders are threads with connections of their own
def test_a_receiver_that_is_gone_is_switched_off_and_revops_is_notified_once(
    webhooks: HTTPServer, receiver: Destination, make: Make, world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    webhooks.expect_request("/hook").respond_with_data("", status=410)
    rows = [make(), make()]
    for _ in range(4):
        deliver()
    receiver.refresh_from_db()
    assert not receiver.active
    assert {Delivery.objects.get(pk=row.pk).state for row in rows} == {DeliveryState.DEAD}
    notice = Notice.objects.get()
    assert notice.subject == f"Handoff: the destination {receiver} was switched off"[:200]
    assert Delivery.objects.filter(notice=notice).values_list("address").get() == (world.olga.email,)


def test_without_a_secret_nothing_is_sent(webhooks: HTTPServer, make_delivery: Make) -> None:
    with pytest.raises(TransportError, match="no signing secret") as caught:
        send(make_delivery(webhooks.url_for("/hook"), "webhook"))
    assert caught.value.permanent
    assert webhooks.log == []


def test_the_texts_are_utf_8(webhooks: HTTPServer, receiver: Destination, world: World) -> None:
    webhooks.expect_request("/hook").respond_with_data("ok")
    alarm = make_alarm(make_lead("Zoë Müller", owner=world.ada), make_step())
    send(Delivery.objects.create(medium="webhook", address=receiver.address, destination=receiver, alarm=alarm))
    assert "Zoë Müller" in read(webhooks, receiver.signing_secret)["data"]["subject"]
    assert json.loads(webhooks.log[0][0].get_data())
