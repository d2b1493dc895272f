"""Microsoft Teams, through a workflow's webhook."""

import json
from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer

from handoff.alerts.channels import CHANNELS, TransportError
from handoff.alerts.channels.teams.card import message_of
from handoff.alerts.messages import content_of
from handoff.models import Delivery
from leads.models import Lead
from tests.handoff.alerts.conftest import make_act, send

Make = Callable[..., Delivery]
PATH = "/workflows/1/triggers/manual/paths/invoke"


def test_it_gets_a_card(webhooks: HTTPServer, make_delivery: Make) -> None:
    webhooks.expect_request(PATH, query_string={"sig": "SECRET"}).respond_with_data("", status=202)
    delivery = make_delivery(webhooks.url_for(PATH) + "?sig=SECRET", "teams")
    send(delivery)
    body = webhooks.log[0][0].json
    [attachment] = body["attachments"]
    assert (body["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert (card["type"], card["body"][0]["inlines"][0]["text"]) == ("AdaptiveCard", "New lead for you: Grace Hopper")
    assert card["actions"][0]["title"] == "Open the lead"


def test_a_lead_writes_no_markup(make_delivery: Make) -> None:
    delivery = make_delivery("https://x.logic.azure.com/", "teams")
    Lead.objects.update(name="[Open the lead](https://evil.example) **bold**", company="<at>everyone</at>")
    card = message_of(content_of([delivery]))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}  # which reads no Markdown
    assert "entities" not in json.dumps(card)


def test_a_card_is_never_larger_than_teams_takes(make_delivery: Make) -> None:
    deliveries = [make_delivery("https://x.logic.azure.com/", "teams") for _ in range(60)]
    Lead.objects.update(name="N" * 150, company="C" * 150)
    long = make_delivery(transition=make_act(Lead.objects.all()[0], "comment", facts={"text": "é" * 5000}))
    for message in (message_of(content_of(deliveries)), message_of(content_of([long]))):
        assert len(json.dumps(message)) < 28_000
    assert "And 40 more." in json.dumps(message_of(content_of(deliveries)))


@pytest.mark.parametrize(
    ("status", "permanent", "words"),
    [
        (400, True, "Teams answered 400: the workflow does not take cards"),
        (401, True, "Teams answered 401: the address is not complete"),
        (404, True, "Teams answered 404: the workflow was removed or switched off"),
        (429, False, "Teams answered 429."),
        (502, False, "Teams answered 502."),
    ],
)
def test_what_it_answers(webhooks: HTTPServer, make_delivery: Make, status: int, permanent: bool, words: str) -> None:
    webhooks.expect_request(PATH).respond_with_data("SECRET", status=status)
    with pytest.raises(TransportError) as caught:
        send(make_delivery(webhooks.url_for(PATH), "teams"))
    assert caught.value.permanent == permanent
    assert caught.value.message.startswith(words)
    assert "SECRET" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://prod-12.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=x",
        "https://default1.2.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/1",
        "https://contoso.webhook.office.com/webhookb2/1",
    ],
)
def test_its_addresses(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda _host, port, **_: [(2, 1, 6, "", ("20.1.1.1", port))])
    CHANNELS["teams"].check_address(url)
