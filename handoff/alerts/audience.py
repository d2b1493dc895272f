"""Who is behind a destination. The rule itself is `sql/recipients.sql`: for alarms, acts, notices and What if alike."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from handoff.models import Audience, Notice
from handoff.models.destination import MEDIA
from leads.models import Transition, User, Verb, Via
from leads.sql import load
from sla.alarms import FIRED

# What is due is read in its order, and joined as written, row by row along the indexes: the planner knows nothing of
# what fell due a moment ago. It would sort all of it for each batch, read all users for each alarm, and think about the
# joins for as long as they take.
_FIRE = (
    "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off; SET LOCAL join_collapse_limit = 1; "
    f"WITH {FIRED},\n{load('handoff.alerts', 'fired_alarms.sql')}"
)
_ACTS = load("handoff.alerts", "acts.sql")
_ACTS_BY_DEFAULT = load("handoff.alerts", "acts_by_default.sql")
_ACTS_TO_AUDIENCES = load("handoff.alerts", "acts_to_audiences.sql")
_ALARMS_TO_AUDIENCES = load("handoff.alerts", "alarms_to_audiences.sql")
_NOTICE_OF_LEAD = load("handoff.alerts", "notice_of_lead.sql")
_MENTIONS = load("handoff.alerts", "mentions.sql")
_NOTICE = load("handoff.alerts", "notice.sql")
_NOTICE_TO_PEOPLE = load("handoff.alerts", "notice_to_people.sql")
_REACHED = load("handoff.alerts", "reached.sql")
IS_NOTIFIED = """EXISTS (
    SELECT FROM handoff_subscription subscription
    JOIN sla_destination destination ON destination.id = subscription.destination_id AND destination.active
    WHERE subscription.verb = leads_transition.verb
)"""
GIVES = (Verb.PROMOTE, Verb.ASSIGN, Verb.RESUBMIT, Verb.OVERTURN)
"""Acts that leave a lead with somebody who must do something now."""
HELPERS = (Audience.MANAGER, Audience.REVOPS)


@dataclass(frozen=True)
class AudienceQuery:
    """A destination, for a lead of this owner, team and campaign."""

    audience: str
    medium: str
    address: str = ""
    owner_id: int | None = None
    team_id: int | None = None
    campaign_id: int | None = None


@dataclass(frozen=True)
class Recipient:
    """Someone whom a message would reach; an address without a user is a team's or a fixed one."""

    user_id: int | None
    address: str


def recipients_of(questions: Collection[AudienceQuery]) -> dict[AudienceQuery, list[Recipient]]:
    """Whom each of them would reach by now, in one query, by the rule by which the outbox is written.

    A simulation asks it with the owner that a lead had when an alarm would have fired.
    """
    asked = list(dict.fromkeys(questions))
    answers: dict[AudienceQuery, list[Recipient]] = {question: [] for question in asked}
    words: dict[str, Any] = {
        "audiences": [question.audience for question in asked],
        "media": [question.medium for question in asked],
        "addresses": [question.address for question in asked],
        "owners": [question.owner_id for question in asked],
        "teams": [question.team_id for question in asked],
        "campaigns": [question.campaign_id for question in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, words)
        for number, user_id, address in cursor.fetchall():
            answers[asked[number - 1]].append(Recipient(user_id, address))
    return answers


def address_of(user: User) -> tuple[str, str] | None:
    """A medium and their address: by the first medium that has one, as every other message to a person."""
    asked = [AudienceQuery("owner", medium, owner_id=user.pk) for medium in MEDIA]
    reached = recipients_of(asked)
    return next(((query.medium, reached[query][0].address) for query in asked if reached[query]), None)


def notify_of_act(act: Transition, at: datetime) -> None:
    """Write the messages of an act to those who subscribe to its verb, and to those who need no subscription."""
    _write(_ACTS, [act.pk], at)
    if needs_no_subscription(act):
        _write(_ACTS_BY_DEFAULT, [act.pk], at, media=list(MEDIA), giving=list(GIVES))


def needs_no_subscription(act: Transition) -> bool:
    """Somebody is notified of it in any case: the system gave the lead to them, two leads were merged, or a dispute
    waits for them to decide it."""
    is_by_system = act.by_id is None and act.via != Via.CONSOLE
    return act.verb in (Verb.MERGE, Verb.DISPUTE) or (is_by_system and act.owner_id is not None and act.verb in GIVES)


def notify_mentioned(act: Transition, people: Collection[int], at: datetime) -> int:
    """Write the messages of a comment to those whom it mentions, once for each, and return how many."""
    words: dict[str, Any] = {"act": act.pk, "people": list(people), "media": list(MEDIA), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_MENTIONS, words)
        return int(cursor.rowcount)


def notify_about_lead(notice: Notice, audience: Audience) -> bool:
    """Write the messages of a notice about a lead to one audience; say whether that reaches anybody."""
    words: dict[str, Any] = {
        "notice": notice.pk,
        "media": list(MEDIA),
        "audience": audience,
        "at": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTICE_OF_LEAD, words)
        return bool(cursor.rowcount)


def fire(batch: int, due_by: datetime, at: datetime, since: datetime | None = None) -> int:
    """Fire up to `batch` alarms that are due, write their messages, and return how many fired.

    Of a breach, and of what follows it, someone is notified in any case.
    """
    with connection.cursor() as cursor:
        words: dict[str, Any] = {
            "batch": batch,
            "due_by": due_by,
            "since": since or "-infinity",
            "at": at,
            "seed": _seed(),
        }
        cursor.execute(_FIRE, words)
        while cursor.nextset():
            pass
        fired, without_message = cursor.fetchone()
    unheard = set(without_message or ())
    for audience in HELPERS:
        if unheard:
            unheard -= _write(_ALARMS_TO_AUDIENCES, unheard, at, audiences=[audience], only_unheard_breaches=True)
    return int(fired)


def notify_of_stranded(alarm_id: int, act_id: int | None, at: datetime) -> None:
    """Notify the manager and RevOps of a lead that is given to no one, as no one is available.

    Of the act that returned it to the queue, or of the alarm if it was there already.
    """
    audiences = list(HELPERS)
    if act_id is None:
        _write(_ALARMS_TO_AUDIENCES, [alarm_id], at, audiences=audiences, only_unheard_breaches=False)
    else:
        _write(_ACTS_TO_AUDIENCES, [act_id], at, audiences=audiences)


def notify_of_notice(notice: Notice) -> int:
    """Write the messages of a notice to everybody of RevOps, and return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTICE, {"notice": notice.pk, "media": list(MEDIA), "at": timezone.now()})
        return int(cursor.rowcount)


def notify_people_of_notice(notice: Notice, people: Collection[int]) -> int:
    """Write the messages of a notice to these people, and return how many."""
    with connection.cursor() as cursor:
        words: dict[str, Any] = {
            "notice": notice.pk,
            "people": list(people),
            "media": list(MEDIA),
            "at": timezone.now(),
        }
        cursor.execute(_NOTICE_TO_PEOPLE, words)
        return int(cursor.rowcount)


def _write(statement: str, causes: Iterable[int], at: datetime, **words: Any) -> set[int]:
    """Write in one statement, however many they are, and return the causes that reached someone."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"causes": list(causes), "at": at, "seed": _seed(), **words})
        return {row[0] for row in cursor.fetchall()}


def _seed() -> str:
    """The first part of the keys that a statement writes."""
    return str(uuid4())[:-12]
