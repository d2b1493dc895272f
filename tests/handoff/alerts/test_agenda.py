"""The agenda: what waits for a person and by when, at the time that they choose; once, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from pytest_httpserver import HTTPServer

from handoff import workflow
from handoff.agreement.definitions import draft, sign
from handoff.alerts import deliver
from handoff.engine import agenda
from handoff.engine.obligations import obligations_of
from handoff.models import Delivery, DeliveryState, Notice
from leads.models import Campaign, Lead, State, User
from sla.metrics import Metric
from tests.handoff.alerts.conftest import Mailbox
from tests.programs import in_threads
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
EIGHT = datetime(2026, 3, 3, 7, tzinfo=UTC)  # Tuesday, 08:00 in Berlin


@contextmanager
def moment(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


def wish(user: User, at: time | None = time(8), days: str = "12345", **fields: Any) -> None:
    for name, value in {"agenda_at": at, "agenda_days": days, **fields}.items():
        setattr(user, name, value)
    user.save()


def offered(world: World, name: str = "Grace Hopper", **fields: Any) -> Lead:
    """A lead that ada is to accept, since half an hour before eight."""
    with moment(EIGHT - timedelta(minutes=30)):
        return bring_to(State.MQL, make_lead(name, **fields), world)


@pytest.fixture
def agreed(world: World) -> World:
    for metric in Metric:
        make_policy(metric)
    return world


def test_it_lists_what_waits_by_when_and_how_the_buyer_is_reached(agreed: World, mailbox: Mailbox) -> None:
    wish(agreed.ada)
    lead = offered(agreed, company="Navy", phone="+49 30 1")
    with moment(EIGHT - timedelta(hours=3)):
        late = bring_to(State.SAL, make_lead("Ada Late"), agreed)
    with moment(EIGHT):
        assert agenda.send_due() == 1
        Delivery.objects.filter(notice=None).delete()
        deliver()
    [mail] = mailbox.mails
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mail["To"] == "ada@handoff.example"
    assert mail["Subject"] == "Waiting for you: 3, the first due Tue 3 Mar 2026, 06:00 CET"
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert lines == [
        "- Overdue since Tue 3 Mar 2026, 06:00 CET: Touch Ada Late. ada.late@buyer.example",
        "- By Tue 3 Mar 2026, 08:30 CET: Accept Grace Hopper (Navy). +49 30 1 · grace.hopper@buyer.example",
        "- By Tue 3 Mar 2026, 08:30 CET: Touch Grace Hopper (Navy). +49 30 1 · grace.hopper@buyer.example",
    ]
    assert f"/console/leads/lead/{lead.pk}/change/" in text
    assert f"/console/leads/lead/{late.pk}/change/" in text


def test_of_a_buyer_who_must_not_be_contacted_it_gives_no_address(agreed: World) -> None:
    lead = offered(agreed, phone="+49 30 1", do_not_contact=True)
    contacts = {owed.contact for owed in obligations_of(agreed.ada)}
    assert all("Do not contact" in each and lead.phone not in each and lead.email not in each for each in contacts)


def test_it_goes_by_slack_to_whoever_has_no_mail(agreed: World, slack: HTTPServer) -> None:
    slack.expect_request("/api/chat.postMessage").respond_with_json({"ok": True})
    wish(agreed.ada, email="")
    offered(agreed)
    with moment(EIGHT):
        agenda.send_due()
        Delivery.objects.filter(notice=None).delete()
        deliver()
    [(post, _)] = slack.log
    assert post.json["channel"] == "UADA"
    assert "Accept Grace Hopper" in str(post.json["blocks"])


def test_none_when_nothing_waits_and_none_later_that_day(agreed: World) -> None:
    wish(agreed.ada)
    with moment(EIGHT):
        assert agenda.send_due() == 0
    offered(agreed)
    with moment(EIGHT + timedelta(minutes=1)):
        assert agenda.send_due() == 0
    with moment(EIGHT + timedelta(days=1)):
        assert agenda.send_due() == 1
    assert Notice.objects.filter(key=f"agenda of user {agreed.ada.pk} on 2026-03-04").exists()


@pytest.mark.parametrize(
    ("at", "days", "sent"),
    [
        (EIGHT - timedelta(minutes=1), "12345", 0),
        (EIGHT, "12345", 1),
        (EIGHT, "1345", 0),
        (EIGHT, "", 0),
        (EIGHT + timedelta(hours=11), "2", 1),  # a worker that was down sends it late
        (EIGHT + timedelta(hours=13), "2", 0),
    ],
)
def test_the_days_and_the_time_are_their_own(agreed: World, at: datetime, days: str, sent: int) -> None:
    wish(agreed.ada, days=days)
    offered(agreed)
    with moment(at):
        assert agenda.send_due() == sent
        assert agenda.send_due() == 0


def test_an_agenda_of_late_evening_is_sent_after_midnight_too(agreed: World) -> None:
    wish(agreed.ada, at=time(23, 50), days="2")
    offered(agreed)
    with moment(datetime(2026, 3, 3, 23, 30, tzinfo=UTC)):  # Wednesday, 00:30 in Berlin
        assert agenda.send_due() == 1
    assert Notice.objects.filter(key__endswith="2026-03-03").exists()


def test_neither_quiet_hours_nor_the_digest_of_messages_put_it_off(agreed: World, mailbox: Mailbox) -> None:
    wish(agreed.ada, quiet_from=time(7), quiet_until=time(10), digest_at=time(12))
    offered(agreed)
    with moment(EIGHT):
        agenda.send_due()
        deliver()
    assert [mail["Subject"].startswith("Waiting for you") for mail in mailbox.mails] == [True]


def test_a_storm_of_messages_does_not_swallow_it(agreed: World, mailbox: Mailbox) -> None:
    wish(agreed.ada)
    for number in range(7):
        notice = Notice.objects.create(key=f"n{number}", subject="Hello", text="Hello")
        Delivery.objects.create(notice=notice, recipient=agreed.ada, medium="email", address="ada@handoff.example")
    offered(agreed)
    with moment(EIGHT + timedelta(minutes=5)):
        Delivery.objects.update(next_attempt_at=EIGHT)
        agenda.send_due()
        deliver()
    assert sorted(mail["Subject"][:15] for mail in mailbox.mails) == ["7 messages at o", "Waiting for you"]


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_sends_it(agreed: World) -> None:
    wish(agreed.ada)
    wish(agreed.ben)
    offered(agreed)
    assert sum(in_threads(5, lambda: agenda.send_due(EIGHT))) == 1
    assert Delivery.objects.filter(notice__key__startswith="agenda").count() == 1


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_is_sent_with_the_next_call(agreed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wish(agreed.ada)
    offered(agreed)

    def die(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Delivery.objects, "create", die)
        with pytest.raises(KeyboardInterrupt):
            agenda.send_due(EIGHT)
    assert not Notice.objects.exists()
    assert agenda.send_due(EIGHT) == 1
    assert Delivery.objects.get(notice__isnull=False).state == DeliveryState.PENDING


def test_whoever_has_left_is_sent_none(agreed: World) -> None:
    offered(agreed)
    wish(agreed.ada, is_active=False)
    assert agenda.send_due(EIGHT) == 0


def words(user: User) -> list[str]:
    return [owed.words for owed in obligations_of(User.objects.get(pk=user.pk))]


def test_marketing_answers_and_an_arbiter_decides(agreed: World) -> None:
    campaign = Campaign.objects.create(name="Spring", owner=agreed.mia)
    for name, fields in (("Of Mia", {"campaign": campaign}), ("Of Nobody", {})):
        bring_to(State.REJECTED, make_lead(name, **fields), agreed)
    assert words(agreed.mia) == ["Answer the rejection (Wrong territory) of Of Mia"]
    assert words(agreed.nora) == ["Answer the rejection (Wrong territory) of Of Nobody"]
    assert words(agreed.olga) == []
    workflow.dispute(Lead.objects.get(name="Of Mia").pk, by=agreed.mia, argument="It fits.")
    assert words(agreed.mia) == []
    assert words(agreed.olga) == ["Decide the dispute of Of Mia"]
    assert obligations_of(agreed.olga)[0].due_at is not None


def test_a_draft_waits_for_the_signatures_that_it_lacks(agreed: World) -> None:
    version = draft("mql", "A buyer.", [])
    wanted = [f"Sign: {version}"]
    assert words(agreed.nora) == words(agreed.max) == wanted
    assert words(agreed.ada) == []
    sign(version.pk, by=agreed.nora, seen=version.digest)
    assert words(agreed.nora) == []
    assert words(agreed.max) == wanted
    sign(version.pk, by=agreed.max, seen=version.digest)
    assert words(agreed.max) == []


def test_what_was_done_waits_no_more(agreed: World) -> None:
    lead = offered(agreed)
    with moment(EIGHT):
        workflow.accept(lead.pk, by=agreed.ada)
        assert words(agreed.ada) == ["Touch Grace Hopper"]
        workflow.touch(lead.pk, by=agreed.ada, channel="call", outcome="reached")
        assert words(agreed.ada) == ["Touch Grace Hopper"]  # the next one
        workflow.reject(lead.pk, by=agreed.ada, reason="wrong_territory")
        assert words(agreed.ada) == []


def test_without_a_clock_it_waits_without_a_due_time(world: World) -> None:
    bring_to(State.MQL, make_lead(), world)
    bring_to(State.SAL, make_lead("Sal"), world)
    assert [(owed.words, owed.due_at) for owed in obligations_of(world.ada)] == [
        ("Accept Dana Fox", None),
        ("Touch Sal", None),
    ]


def test_its_cost_does_not_grow_with_what_waits(agreed: World, django_assert_num_queries: Any) -> None:
    for number in range(6):
        offered(agreed, f"Lead {number}")
        bring_to(State.REJECTED, make_lead(f"Rejected {number}"), agreed)
    ada, nora = (User.objects.get(pk=user.pk) for user in (agreed.ada, agreed.nora))
    with django_assert_num_queries(3):  # roles, leads, drafts
        obligations_of(ada)
    with django_assert_num_queries(4):
        obligations_of(nora)
