"""Digests: one message for all that waits, told again if a worker dies, and never lost."""

import signal
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_httpserver import HTTPServer

from handoff.alerts import deliver
from handoff.models import Delivery, DeliveryState, Priority
from leads.models import Lead
from sla.models import Clock, ClockState, Step
from tests.handoff.alerts.conftest import Mailbox, claim, make_act, make_alarm, make_step, render
from tests.programs import delivering, in_threads
from tests.world import World, make_lead

Make = Callable[..., Delivery]


def waiting(world: World, **fields: Any) -> Delivery:
    """One message that waits for ada's digest, and is due in it now."""
    lead = make_lead(f"Lead {Lead.objects.count()}", company="Navy", owner=world.ada, team=world.berlin)
    values = {"medium": "email", "address": "ada@handoff.example", "recipient": world.ada, "digest": True}
    cause = {} if "transition" in fields else {"alarm": make_alarm(lead, make_step())}
    return Delivery.objects.create(**values | cause | fields)


@pytest.fixture
def ada(world: World) -> None:
    world.ada.digest_at = time(9)
    world.ada.save()


def test_each_medium_has_its_own(world: World, ada: None, mailbox: Mailbox, slack: HTTPServer) -> None:
    slack.expect_request("/api/chat.postMessage").respond_with_json({"ok": True})
    for _ in range(3):
        waiting(world)
        waiting(world, medium="slack", address="UADA")

    assert deliver() == 2

    [mail] = mailbox.mails
    [(post, _)] = slack.log
    assert mail["Subject"] == post.json["text"] == "Your digest: 3 messages, 3 about what is still open"
    assert post.json["blocks"][0]["text"]["text"].count("\n• ") == 3
    assert mail["In-Reply-To"] is None


def test_each_person_has_his_own(world: World, ada: None, mailbox: Mailbox) -> None:
    waiting(world)
    waiting(world, recipient=world.ben, address="ben@handoff.example")
    waiting(world, recipient=world.ben, address="ben@handoff.example")

    assert deliver() == 2

    assert mailbox.recipients == ["ada@handoff.example", "ben@handoff.example"]


def test_it_says_what_is_over_by_then(world: World, ada: None) -> None:
    over, still = waiting(world), waiting(world)
    assert over.alarm
    stopped_by = make_act(over.alarm.clock.lead, "accept", world.ada)
    Clock.objects.filter(pk=over.alarm.clock_id).update(
        stopped_at=timezone.now() + timedelta(hours=1), state=ClockState.BREACHED, stopped_by=stopped_by
    )

    told = render(over, still)

    assert told.subject == "Your digest: 2 messages, 1 about what is still open"
    assert "the clock was breached by 1 h of business time." in told.text
    assert told.text.count("It is still open.") == 1
    assert told.text.count("/change/") == told.html.count("/change/") == 2


def test_of_an_act_it_says_where_the_lead_stands_now(world: World, ada: None) -> None:
    act = make_act(make_lead("Grace Hopper", owner=world.ada), by=world.mia)

    told = render(waiting(world, transition=act))

    assert told.subject == "Your digest: 1 message"
    assert "Mia promoted Grace Hopper to Ada. It is Raw now, owned by Ada." in told.text


def test_a_lead_writes_no_line_and_no_markup_of_its_own(world: World, ada: None) -> None:
    lead = make_lead("<!channel>\n- forged <b>", owner=world.ada)

    told = render(waiting(world, transition=make_act(lead, by=world.mia)))

    assert told.text.count("\n- ") == 1
    assert "<b>" not in told.html
    assert "<!" not in str(told.blocks)


def test_it_costs_four_queries_however_long_it_is(world: World, ada: None, django_assert_num_queries: Any) -> None:
    lead = make_lead(owner=world.ada)
    rows = [waiting(world) for _ in range(5)]
    rows += [waiting(world, transition=make_act(lead, by=world.mia)) for _ in range(5)]
    render(*rows)  # the hours of their calendar are kept in memory
    with django_assert_num_queries(4):
        render(*rows)


def test_in_slack_what_does_not_fit_is_counted(world: World, ada: None) -> None:
    act = make_act(make_lead("G" * 200, company="N" * 200, owner=world.ada), by=world.mia)
    rows = [waiting(world, transition=act, address=f"U{n}", medium="slack") for n in range(1)]
    acts = [make_act(act.lead, by=world.mia) for _ in range(300)]
    rows += Delivery.objects.bulk_create(
        Delivery(transition=one, medium="slack", address="UADA", recipient=world.ada, digest=True) for one in acts
    )

    blocks = render(*rows).blocks

    assert len(blocks) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks if "text" in block)
    told = sum(block["text"]["text"].count("\n• ") for block in blocks if "text" in block)
    assert f"And {301 - told} more." in blocks[-2]["text"]["text"]


def test_one_that_fails_is_tried_again_with_all_that_it_tells(world: World, ada: None, mailbox: Mailbox) -> None:
    mailbox.refusals["ada@handoff.example"] = "451 Come back later"
    for _ in range(3):
        waiting(world)
    deliver()
    assert set(Delivery.objects.values_list("state", "attempts", "last_error")) == {
        (DeliveryState.PENDING, 1, "The mail server refuses ada@handoff.example: 451 Come back later")
    }
    mailbox.refusals.clear()

    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert deliver() == 1

    assert mailbox.mails[0]["Subject"].startswith("Your digest: 3 messages")


def test_what_has_had_its_last_attempt_goes_down_alone(world: World, ada: None, mailbox: Mailbox) -> None:
    worn, fresh = waiting(world, attempts=10), waiting(world)

    assert deliver() == 2

    worn.refresh_from_db()
    fresh.refresh_from_db()
    assert (worn.state, fresh.state) == (DeliveryState.DEAD, DeliveryState.SENT)


def test_the_same_messages_make_the_same_digest_and_others_another(world: World, ada: None) -> None:
    one, two = waiting(world), waiting(world)
    assert render(one, two).key == render(two, one).key != render(one).key


def test_a_lease_covers_all_of_it(world: World, ada: None, mailbox: Mailbox) -> None:
    rows = [waiting(world) for _ in range(3)]
    assert [parcel.deliveries for parcel in claim()] == [rows]  # and then it is killed
    assert deliver() == 0

    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert deliver() == 1

    assert len(mailbox.mails) == 1
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 2)}


def at_once(world: World, count: int, **fields: Any) -> list[Delivery]:
    """So many messages to ben, who gets each as it happens."""
    values = {"recipient": world.ben, "address": "ben@handoff.example", "digest": False}
    return [waiting(world, **values | fields) for _ in range(count)]


def test_up_to_five_at_once_are_sent_one_by_one_and_more_as_one_message(world: World, mailbox: Mailbox) -> None:
    at_once(world, 5)
    assert deliver() == 5
    at_once(world, 6)
    at_once(world, 2, recipient=world.max, address="max@handoff.example")

    assert deliver() == 3

    subjects = sorted(mail["Subject"] for mail in mailbox.mails[5:])
    assert subjects[0] == "6 messages at once, 6 about what is still open"
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.SENT}


def test_of_many_at_once_the_most_urgent_is_first(world: World, mailbox: Mailbox) -> None:
    at_once(world, 6, priority=Priority.WARNING)
    [breach] = at_once(world, 1, priority=Priority.BREACH)
    assert breach.alarm
    deliver()
    [mail] = mailbox.mails
    first = next(line for line in str(mail.get_body(("plain",)).get_content()).splitlines() if line.startswith("- "))  # type: ignore[union-attr]
    assert str(breach.alarm.clock.lead.name) in first


def test_what_was_tried_before_stays_apart_under_its_own_key(world: World, mailbox: Mailbox) -> None:
    [tried] = at_once(world, 1, attempts=1)
    at_once(world, 6)
    assert deliver() == 2
    assert str(tried.key) in {mail["X-Handoff-Key"] for mail in mailbox.mails}


def test_many_at_once_become_one_for_each_medium(world: World, mailbox: Mailbox, slack: HTTPServer) -> None:
    slack.expect_request("/api/chat.postMessage").respond_with_json({"ok": True})
    at_once(world, 6)
    at_once(world, 6, medium="slack", address="UBEN")
    assert deliver() == 2
    assert (len(mailbox.mails), len(slack.log)) == (1, 1)


def test_a_shared_address_is_sent_each_as_it_happens(world: World, mailbox: Mailbox) -> None:
    at_once(world, 7, recipient=None, address="berlin@handoff.example")
    assert deliver() == 7


def test_who_has_a_daily_digest_still_has_it_and_one_message_for_many_that_ignore_it(
    world: World, ada: None, mailbox: Mailbox
) -> None:
    fields = {"recipient": world.ada, "address": "ada@handoff.example"}
    later = at_once(world, 2, **fields)
    for row in at_once(world, 6, **fields):
        assert row.alarm
        Step.objects.filter(pk=row.alarm.step_id).update(pierces=True)

    assert deliver() == 1

    assert mailbox.mails[0]["Subject"].startswith("Your digest: 6 messages")
    assert (
        Delivery.objects.filter(pk__in=[row.pk for row in later], state=DeliveryState.PENDING, digest=True).count() == 2
    )


def test_a_digest_that_failed_is_tried_again_under_its_key_whatever_was_written_since(
    world: World, mailbox: Mailbox
) -> None:
    rows = at_once(world, 6)
    key = str(render(rows).key)
    mailbox.refusals["ben@handoff.example"] = "451 Come back later"
    deliver()
    mailbox.refusals.clear()
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        at_once(world, 6)
        assert deliver() == 2
    assert key in {mail["X-Handoff-Key"] for mail in mailbox.mails}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_not_tear_it_in_two(world: World, ada: None, mailbox: Mailbox) -> None:
    for _ in range(10):
        waiting(world)
        waiting(world, recipient=world.ben, address="ben@handoff.example")

    in_threads(2, deliver)

    assert sorted(mail["Subject"].split(",")[0] for mail in mailbox.mails) == [
        "10 messages at once",
        "Your digest: 10 messages",
    ]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_its_sending_repeats_it_and_loses_nothing(world: World, ada: None, mailbox: Mailbox) -> None:
    mailbox.is_hanging = True
    rows = [waiting(world) for _ in range(4)]
    worker = delivering(mailbox.port)
    assert mailbox.arrived.wait(60)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    mailbox.is_hanging = False
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.PENDING, 1)}

    late: datetime = timezone.now() + timedelta(seconds=121)
    with time_machine.travel(late):
        assert deliver() == 1

    keys = [mail["X-Handoff-Key"] for mail in mailbox.mails]
    assert keys == [str(render(*rows).key)]
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 2)}
