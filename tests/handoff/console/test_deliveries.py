"""The page Deliveries says what people were told, at a cost that does not grow with the rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from handoff.models import Delivery, Destination, Notice, Subscription
from leads.models import State
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db
LIST = "admin:handoff_delivery_changelist"


@pytest.fixture
def told(world: World) -> None:
    secret = "https://hooks.slack.com/services/T0/B0/secret"
    place = Destination.objects.create(name="Hook", audience="fixed", medium="slack_webhook", address=secret)
    Subscription.objects.create(verb="accept", destination=place)


def deliver(world: World, name: str) -> Delivery:
    lead = make_lead(name, email=f"{name.split()[1].lower()}@example.org")
    bring_to(State.SAL, lead, world)
    return Delivery.objects.get(transition__lead=lead, transition__verb="accept")


def test_a_delivery_shows_its_subject_and_its_text(told, world: World, as_) -> None:
    delivery = deliver(world, "Dana Fox")
    client = as_(world.olga)

    listed = client.get(reverse(LIST)).content.decode()
    page = client.get(reverse("admin:handoff_delivery_change", args=[delivery.pk])).content.decode()

    assert "Ada accepted Dana Fox" in listed
    assert "Ada accepted Dana Fox" in page
    assert "Open the lead: " in page
    assert "hooks.slack.com" not in listed + page


def test_a_notice_and_a_message_of_a_digest_are_shown_too(told, world: World, as_) -> None:
    deliver(world, "Dana Fox")
    Delivery.objects.update(digest=True, recipient=world.ada)
    notice = Notice.objects.create(key="k", subject="The scheduler is silent", text="It is.\nStart it.")
    delivery = Delivery.objects.create(notice=notice, recipient=world.olga, medium="email", address="o@example.org")
    client = as_(world.olga)

    assert "Ada accepted Dana Fox" in client.get(reverse(LIST)).content.decode()
    page = client.get(reverse("admin:handoff_delivery_change", args=[delivery.pk])).content.decode()
    assert "The scheduler is silent" in page
    assert "Start it." in page


def test_more_rows_cost_no_more_queries(told, world: World, as_) -> None:
    client, counts = as_(world.olga), []
    for name in ("Dana Fox", "Lena Kurz", "Anton Ash"):
        deliver(world, name)
        client.get(reverse(LIST))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(reverse(LIST))
        counts.append(len(queries))

    assert counts[1] == counts[2]


def test_days_are_those_of_the_reader(told, world: World, as_) -> None:
    """From the first moment of the first day to the last moment of the last one, on the reader's wall."""
    delivery = deliver(world, "Dana Fox")
    type(world.olga).objects.filter(pk=world.olga.pk).update(time_zone="America/New_York")
    Delivery.objects.filter(pk=delivery.pk).update(created_at="2026-03-10T03:30:00Z")  # the evening of the 9th there
    client = as_(world.olga)

    def finds(day: str) -> bool:
        query = {"created_at_from": day, "created_at_to": day}
        return "Dana Fox" in client.get(reverse(LIST), query).content.decode()

    assert finds("2026-03-09")
    assert not finds("2026-03-10")
    assert 'type="date"' in client.get(reverse(LIST)).content.decode()
    assert client.get(reverse(LIST), {"created_at_from": "x", "created_at_to": "9999-12-31"}).status_code == 200
