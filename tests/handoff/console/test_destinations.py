"""Destinations: nonsense is refused, secrets are typed and never shown, and a test says what became of it."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_httpserver import HTTPServer

from handoff.alerts import deliver
from handoff.alerts.channels import CHANNELS
from handoff.console.frame.site import site
from handoff.console.settings.reach import reach_of
from handoff.models import ApiToken, Delivery, Destination, Subscription
from leads.models import State
from sla.metrics import Metric
from sla.models import Alarm, Clock, Policy
from tests.world import World, bring_to, make_lead, make_policy

ADD = "admin:handoff_destination_add"
SECRET = "SECRETTOKEN"
PEOPLE = ("ada", "max", "mia", "nora", "olga")
URL = "https://hooks.slack.com/services/T0/B0/" + SECRET


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks a name server; every name is on the internet."""
    monkeypatch.setattr(
        "handoff.alerts.channels.target._resolve",
        lambda host, _port: "127.0.0.1" if host == "localhost" else "93.184.215.14",
    )


def form(**fields: str) -> dict[str, str]:
    return {"name": "Team", "audience": "fixed", "medium": "email", "address": "", "active": "on"} | fields


def change(destination: Destination, name: str = "change") -> str:
    return reverse(f"admin:handoff_destination_{name}", args=[destination.pk])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "not an email"}, "is not a valid email address"),
        ({"address": ""}, "Give the address."),
        ({"audience": "owner", "address": "a@handoff.example"}, "Leave this empty"),
        ({"medium": "slack", "address": "not a channel"}, "is not a Slack channel"),
        ({"medium": "slack_webhook", "audience": "owner"}, "reaches one address"),
        ({"medium": "slack_webhook", "address": "#leads"}, "is not a valid web address"),
        ({"medium": "slack_webhook", "address": f"https://evil.example/{SECRET}"}, "is not one of hooks.slack.com"),
        ({"medium": "slack_webhook", "address": f"http://hooks.slack.com/{SECRET}"}, "must start with https://"),
        ({"medium": "teams", "address": f"https://evil.example/{SECRET}"}, "is not one of"),
        ({"medium": "webhook", "address": f"file:///{SECRET}"}, "is not a valid web address"),
        ({"medium": "fax", "address": "1"}, "is not one of the available choices"),
    ],
)
def test_nonsense_is_refused_in_plain_words(world: World, as_: Any, fields: dict[str, str], words: str) -> None:
    response = as_(world.olga).post(reverse(ADD), form(**fields))
    page = response.content.decode()
    assert words in page.replace("&#x27;", "'")
    assert SECRET not in page
    assert not Destination.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "team@handoff.example"},
        {"audience": "owner"},
        {"audience": "team", "medium": "slack"},
        {"medium": "slack", "address": "#leads"},
        {"medium": "slack_webhook", "address": URL},
        {"medium": "teams", "address": f"https://prod-1.westeurope.logic.azure.com:443/workflows/1?sig={SECRET}"},
        {"medium": "webhook", "address": f"https://receiver.example/{SECRET}"},
    ],
)
def test_what_makes_sense_is_saved(world: World, as_: Any, fields: dict[str, str]) -> None:
    response = as_(world.olga).post(reverse(ADD), form(**fields), follow=True)
    saved = Destination.objects.get()
    assert {name: getattr(saved, name) for name in fields} == fields
    assert SECRET not in response.content.decode()


@pytest.fixture
def hook(world: World) -> Destination:
    return Destination.objects.create(name="Sales channel", audience="fixed", medium="slack_webhook", address=URL)


def test_an_empty_address_keeps_the_one_that_is_there(hook: Destination, world: World, as_: Any) -> None:
    as_(world.olga).post(change(hook), form(name="Renamed", medium="slack_webhook"))
    hook.refresh_from_db()
    assert (hook.name, hook.address) == ("Renamed", URL)


def test_an_address_is_not_taken_to_another_medium(hook: Destination, world: World, as_: Any) -> None:
    response = as_(world.olga).post(change(hook), form(medium="webhook"))
    assert "Give the address." in response.content.decode()
    hook.refresh_from_db()
    assert hook.medium == "slack_webhook"


def test_one_that_is_no_longer_fixed_forgets_its_address(hook: Destination, world: World, as_: Any) -> None:
    as_(world.olga).post(change(hook), form(medium="email", audience="owner"))
    hook.refresh_from_db()
    assert (hook.medium, hook.address) == ("email", "")


def test_a_new_webhook_shows_its_secret_once(world: World, as_: Any) -> None:
    client = as_(world.olga)
    response = client.post(reverse(ADD), form(medium="webhook", address="https://receiver.example/hook"))
    secret = Destination.objects.get().signing_secret
    assert secret.startswith("whsec_")
    assert secret in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert secret not in client.get(change(Destination.objects.get())).content.decode()


def test_a_signing_secret_can_be_replaced(world: World, as_: Any) -> None:
    client = as_(world.olga)
    client.post(reverse(ADD), form(medium="webhook", address="https://receiver.example/hook"))
    hook = Destination.objects.get()
    assert hook.signing_secret not in client.get(change(hook, "secret")).content.decode()
    response = client.post(change(hook, "secret"))
    replaced = Destination.objects.get().signing_secret
    assert replaced != hook.signing_secret
    assert replaced in response.content.decode()
    assert LogEntry.objects.filter(change_message="Replaced the signing secret.").count() == 1


@pytest.mark.parametrize("tool", ["test", "secret"])
def test_only_revops_has_its_tools(hook: Destination, world: World, as_: Any, tool: str) -> None:
    for name in PEOPLE:
        expected = 200 if name == "olga" else 403
        assert as_(getattr(world, name)).get(change(hook, tool)).status_code == expected
        if expected == 403:
            assert as_(getattr(world, name)).post(change(hook, tool)).status_code == 403


def test_a_test_says_that_it_was_accepted(world: World, as_: Any, settings: Any, mailoutbox: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    team = Destination.objects.create(name="Team", audience="fixed", medium="email", address="team@handoff.example")
    response = as_(world.olga).post(change(team, "test"), follow=True)
    assert "The test message to Team was accepted." in response.content.decode()
    assert [mail.to for mail in mailoutbox] == [["team@handoff.example"]]


def test_a_test_says_in_plain_words_why_it_failed(world: World, as_: Any, settings: Any) -> None:
    settings.SLACK_BOT_TOKEN = ""
    channel = Destination.objects.create(name="Leads", audience="fixed", medium="slack", address="#leads")
    response = as_(world.olga).post(change(channel, "test"), follow=True)
    assert "The test message was not sent. Slack is not set up" in response.content.decode()


# --- a secret is shown to nobody


@pytest.fixture
def everywhere(world: World, httpserver: HTTPServer, settings: Any, as_: Any, caplog: Any) -> Iterator[Clock]:
    """A lead whose warning, breach and promotion went to secret addresses, by every channel that has some."""
    caplog.set_level(logging.DEBUG)
    settings.WEBHOOK_ALLOWED_HOSTS = [httpserver.host]
    httpserver.expect_request(f"/ok/{SECRET}").respond_with_data("ok")
    places = [
        Destination.objects.create(
            name=f"{answer} {medium}",
            audience="fixed",
            medium=medium,
            address=httpserver.url_for(f"/{answer}/{SECRET}"),
            signing_secret=f"whsec_{SECRET}000000000000000000000" if channel.signs else "",
        )
        for medium, channel in CHANNELS.items()
        if channel.address_is_secret
        for answer in ("ok", "refused")
    ]
    httpserver.expect_request(f"/refused/{SECRET}").respond_with_data(SECRET, status=500)
    policy = make_policy(Metric.TIME_TO_ACCEPT, 3600, tells=places)
    for place in places:
        Subscription.objects.create(verb="promote", destination=place)
    lead = bring_to(State.MQL, make_lead(team=world.berlin), world)
    clock = Clock.objects.get(lead=lead)
    for step in policy.steps.all():
        alarm = Alarm.objects.create(clock=clock, step=step, due_at=clock.started_at, fired_at=clock.started_at)
        for place in places:
            Delivery.objects.create(alarm=alarm, destination=place, medium=place.medium, address=place.address)
    Delivery.objects.create(alarm=alarm, medium="slack_webhook", address=f"{URL}/of-before")
    for _ in range(30):
        deliver()
    yield clock
    ours = [record.getMessage() for record in caplog.records if record.name not in ("werkzeug", "pytest_httpserver")]
    assert SECRET not in "".join(ours)


def test_no_error_of_a_delivery_repeats_it(everywhere: Clock) -> None:
    assert Delivery.objects.exclude(last_error="").exists()
    assert Delivery.objects.filter(state="sent").exists()
    assert not Delivery.objects.filter(last_error__contains=SECRET).exists()
    assert not [row for row in Delivery.objects.all() if SECRET in str(row)]


def pages(clock: Clock) -> list[str]:
    """Every page of the console: of models, of their rows, and those of no model."""
    found = [reverse("admin:explanation", args=[clock.pk]), reverse("admin:leads_lead_change", args=[clock.lead_id])]
    for model in site._registry:
        kind = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [reverse(f"{kind}_changelist"), reverse(f"{kind}_add")]
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            found += [reverse(f"{kind}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    for destination in Destination.objects.all():
        found += [change(destination), change(destination, "test"), change(destination, "secret")]
    for delivery in Delivery.objects.all():
        found.append(reverse("admin:handoff_delivery_change", args=[delivery.pk]))
    return [*found, *(f"/console/{route}" for route, _, _ in site.mounted if "<" not in route)]


@pytest.mark.parametrize("name", PEOPLE)
def test_no_page_shows_it_to_anyone(name: str, everywhere: Clock, world: World, as_: Any) -> None:
    client: Client = as_(getattr(world, name))
    read = 0
    for address in pages(everywhere):
        response = client.get(address, follow=True)
        assert SECRET not in b"".join(response).decode(errors="replace"), address
        read += response.status_code == 200
    assert read > 10


def test_the_api_and_the_exports_do_not_either(everywhere: Clock, world: World, client: Client) -> None:
    for name in PEOPLE:
        headers = {"Authorization": f"Bearer {ApiToken.issue(getattr(world, name))}"}
        for address in (
            f"/api/v1/clocks/{everywhere.pk}/explanation/",
            f"/api/v1/leads/{everywhere.lead_id}/",
            f"/api/v1/leads/{everywhere.lead_id}/transitions/",
            f"/api/v1/clocks/?lead={everywhere.lead_id}",
            "/api/v1/leads/",
        ):
            response = client.get(address, headers=headers)
            assert SECRET not in response.content.decode(), (name, address)
        shown = client.get(f"/api/v1/clocks/{everywhere.pk}/explanation/", headers=headers).json()
        places = {row["to"] for alarm in shown["alarms"] for row in alarm["notified"]}
        assert "ok slack_webhook" in places, name
        assert "an earlier destination" in places, name


@pytest.mark.parametrize("page", ["handoff_destination", "handoff_delivery", "handoff_subscription"])
def test_nobody_guesses_it_letter_by_letter(page: str, everywhere: Clock, world: World, as_: Any) -> None:
    client = as_(world.olga)
    listed = reverse(f"admin:{page}_changelist")
    lookups = ["address__startswith", "address", "signing_secret__startswith"]
    for name in ["q", *lookups, *(f"destination__{lookup}" for lookup in lookups)]:
        right = client.get(listed, {name: everywhere and Destination.objects.all()[0].address[:40]})
        wrong = client.get(listed, {name: "https://wrong.example"})
        assert (right.status_code, rows(right)) == (wrong.status_code, rows(wrong)), name


def rows(response: Any) -> int | None:
    changelist = (response.context_data or {}).get("cl") if hasattr(response, "context_data") else None
    return changelist.result_count if changelist else None


def test_a_destination_shows_whom_it_reaches_and_what_came_of_its_test(world: World, as_) -> None:
    for user, email in ((world.ada, "ada@example.org"), (world.ben, "")):
        type(user).objects.filter(pk=user.pk).update(email=email)
    destination = Destination.objects.create(name="Owners", audience="owner", medium="email")
    client, change = as_(world.olga), reverse("admin:handoff_destination_change", args=[destination.pk])

    before = client.get(change).content.decode()
    client.post(reverse("admin:handoff_destination_test", args=[destination.pk]))
    after = client.get(change).content.decode()

    assert "Each message reaches the owner of the lead, who is one of" in before
    assert "Ada" in before
    assert "No address</span> " in before
    assert "Ben" in before.partition("No address")[2]
    assert "None yet. “Send a test”" in before
    assert "Sent a test to" in after or "A test was not sent." in after


@pytest.mark.parametrize("audience", ["owner", "manager", "team", "marketing", "revops"])
def test_the_preview_follows_the_rule_of_the_outbox(audience: str, world: World) -> None:
    reached = reach_of(Destination(name="x", audience=audience, medium="email"))
    nobody = reach_of(Destination(name="x", audience=audience, medium="teams"))

    assert reached.words
    assert nobody.words == "No one would be reached"


def test_a_policy_whose_step_notifies_no_one_is_saved_with_a_warning_and_a_link(world: World, as_) -> None:
    policy = make_policy("time_to_accept")
    form = {"name": "Accept", "target_seconds": "2 h", "calendar": str(policy.calendar_id), "whose_hours": "policy"}
    form |= {"on_reassign": "carry", "position": "100", "steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"}

    page = as_(world.olga).post(reverse("admin:sla_policy_change", args=[policy.pk]), form, follow=True)

    assert "No one is notified by" in page.content.decode()
    assert reverse("admin:handoff_destination_add") in page.content.decode()
    assert Policy.objects.get(key=policy.key, retired_at=None).target_seconds == 7200


@pytest.mark.parametrize("name", ["leads_team", "sla_policy", "handoff_destination", "leads_campaign", "leads_user"])
def test_every_form_can_be_cancelled(name: str, world: World, as_) -> None:
    page = as_(world.olga).get(reverse(f"admin:{name}_add")).content.decode()

    assert f'<a href="{reverse(f"admin:{name}_changelist")}" class="act act-plain">Cancel</a>' in page


def test_days_are_asked_by_the_browsers_own_input(world: World, as_) -> None:
    page = as_(world.olga).get(reverse("admin:leads_campaign_add")).content.decode()

    assert page.count('type="date"') == 2
    assert "DateTimeShortcuts" not in page


@pytest.mark.parametrize(("page", "field"), [("leads_team", "slack_channel")])
def test_a_slack_address_of_a_team_is_checked(page: str, field: str, world: World, as_) -> None:
    form = {"name": "Inside", "time_zone": "Europe/Berlin", field: "not a channel"}

    assert "is not a Slack channel" in as_(world.olga).post(reverse(f"admin:{page}_add"), form).content.decode()
