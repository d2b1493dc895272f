"""What holds for every channel, the ones to come included."""

import pytest
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer

from handoff.alerts.about_alarm import OBLIGATIONS
from handoff.alerts.audience import AudienceQuery, Recipient, recipients_of
from handoff.alerts.channels import CHANNELS, TransportError
from handoff.alerts.trial import send_test
from handoff.models import Audience, Delivery, Notice
from handoff.models.destination import media
from leads.models import Role
from sla.metrics import Metric
from tests.handoff.alerts.conftest import Mailbox, destination
from tests.world import World

EVERY = pytest.mark.parametrize("medium", CHANNELS)
AUDIENCES = [audience for audience in Audience if audience != Audience.FIXED]


def test_every_medium_is_offered_by_its_label() -> None:
    assert media() == [(medium, channel.label) for medium, channel in CHANNELS.items()]
    assert all(len(medium) <= 20 for medium in CHANNELS)


@EVERY
@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_audience_is_reached_by_the_addresses_of_its_medium_alone(
    world: World, medium: str, audience: Audience
) -> None:
    """A medium whose addresses the SQL does not know must not get those of another."""
    people = [world.ada, world.max, world.nora, world.olga]
    for person in people:
        person.slack_member_id = f"U{person.username.upper()}"
        person.save()
    world.berlin.slack_channel = "#berlin"
    world.berlin.save()
    question = AudienceQuery(audience, medium, owner_id=world.ada.pk, team_id=world.berlin.pk)

    [recipients] = recipients_of([question]).values()

    channel = CHANNELS[medium]
    field = channel.team_field if audience == Audience.TEAM else channel.person_field
    holders = dict(zip((Audience.OWNER, Audience.MANAGER, Audience.MARKETING, Audience.REVOPS), people, strict=True))
    holder = world.berlin if audience == Audience.TEAM else holders[audience]
    user_id = None if audience == Audience.TEAM else holder.pk
    assert recipients == ([Recipient(user_id, getattr(holder, field))] if field else [])


@EVERY
def test_a_fixed_address_is_reached_by_every_medium(world: World, medium: str) -> None:
    question = AudienceQuery(Audience.FIXED, medium, "somewhere")
    assert recipients_of([question]) == {question: [Recipient(None, "somewhere")]}


def test_the_roles_of_the_rule_are_those_there_are(world: World) -> None:
    answers = recipients_of([AudienceQuery(Audience.REVOPS, "email"), AudienceQuery(Audience.MARKETING, "email")])
    assert [len(recipients) for recipients in answers.values()] == [1, 1]
    assert {Role.REVOPS, Role.MARKETING_LEAD} == {"RevOps", "Marketing lead"}


def test_many_questions_cost_one_query(world: World, django_assert_num_queries) -> None:
    questions = [AudienceQuery(audience, "email", owner_id=n) for audience in AUDIENCES for n in range(50)]
    with django_assert_num_queries(1):
        assert len(recipients_of(questions)) == len(questions)


@EVERY
@pytest.mark.parametrize("address", ["not an email", "", " ", "\n", "a" * 600, "<!channel>", "#a\n#b"])
def test_nonsense_is_not_an_address(medium: str, address: str) -> None:
    with pytest.raises(ValidationError):
        CHANNELS[medium].check_address(address)


def test_a_test_is_sent_at_once_and_kept_nowhere(world: World, mailbox: Mailbox) -> None:
    assert send_test(destination("fixed", address="all@handoff.example"), world.olga).startswith("fixed by email")
    assert mailbox.mails[0]["Subject"].startswith("Handoff: a test of fixed by email")
    assert not Delivery.objects.exists()
    assert not Notice.objects.exists()


def test_a_test_of_peoples_addresses_goes_to_who_asks(world: World, mailbox: Mailbox) -> None:
    assert send_test(destination("owner"), world.olga) == "Olga"
    assert mailbox.recipients == ["olga@handoff.example"]


def test_a_test_says_that_who_asks_has_no_address(world: World, slack: HTTPServer) -> None:
    with pytest.raises(TransportError, match="You have no address for Slack"):
        send_test(destination("owner", "slack"), world.olga)


def test_every_metric_has_an_obligation() -> None:
    """Without one its messages could not be rendered, and would be given up."""
    assert set(OBLIGATIONS) == set(Metric)


@pytest.mark.parametrize("metric", Metric)
def test_the_subject_of_a_metric_names_what_is_owed(metric: Metric) -> None:
    assert not OBLIGATIONS[metric].lower().startswith("time to")
    assert OBLIGATIONS[metric] != metric.label
