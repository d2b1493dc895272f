"""Who is behind a destination: the one rule, for acts and for alarms."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import connection

from handoff.models import Delivery, Notice, Priority
from leads.models import Role, User
from sla.alarms import FIRED
from sla.models import Audience, Medium

# What is asked: to tell this audience of this lead by this medium.
_ASKED_BY_FIRED_ALARMS = """
    SELECT fired.id AS cause_id, fired.lead_id, told.audience, told.medium, told.address, fired.priority
    FROM fired
    JOIN sla_step_tells tells ON tells.step_id = fired.step_id
    JOIN sla_destination told ON told.id = tells.destination_id AND told.active
    WHERE NOT fired.superseded
"""
_ASKED_BY_UNHEARD_BREACHES = """
    SELECT alarm.id AS cause_id, clock.lead_id, %(audience)s::text AS audience, 'email' AS medium, '' AS address,
        0 AS priority
    FROM sla_alarm alarm
    JOIN sla_clock clock ON clock.id = alarm.clock_id
    JOIN sla_step step ON step.id = alarm.step_id AND step.percent = 100
    WHERE alarm.id = ANY(%(causes)s) AND NOT alarm.superseded
        AND NOT EXISTS (SELECT FROM handoff_delivery delivery WHERE delivery.alarm_id = alarm.id)
"""
_ASKED_BY_ACTS = """
    SELECT act.id AS cause_id, act.lead_id, told.audience, told.medium, told.address, 3 AS priority
    FROM leads_transition act
    JOIN handoff_subscription subscription ON subscription.verb = act.verb
    JOIN sla_destination told ON told.id = subscription.destination_id AND told.active
    WHERE act.id = ANY(%(causes)s)
"""
IS_TOLD = """EXISTS (
    SELECT FROM handoff_subscription subscription
    JOIN sla_destination told ON told.id = subscription.destination_id AND told.active
    WHERE subscription.verb = leads_transition.verb
)"""
# A lead that is given to nobody: the act that returned it to the queue, or the alarm if it waited there already.
_ASKED_BY_STRANDING_ACTS = """
    SELECT act.id AS cause_id, act.lead_id, help.audience, 'email' AS medium, '' AS address, 0 AS priority
    FROM leads_transition act CROSS JOIN unnest(%(helpers)s::text[]) AS help (audience)
    WHERE act.id = ANY(%(causes)s)
"""
_ASKED_BY_STRANDED_ALARMS = """
    SELECT alarm.id AS cause_id, clock.lead_id, help.audience, 'email' AS medium, '' AS address, 0 AS priority
    FROM sla_alarm alarm
    JOIN sla_clock clock ON clock.id = alarm.clock_id
    CROSS JOIN unnest(%(helpers)s::text[]) AS help (audience)
    WHERE alarm.id = ANY(%(causes)s)
"""

# 1. place: each thing asked becomes a user, else a group, or an address; only who is asked for is looked up.
# 2. reachable: users and the members of groups become addresses, unless they are inactive.  3. one row is written per
# address; should a person and a fixed address be the same, it is the person's, in the person's time zone.
# A key is random for the statement, and counted within it.
_WRITE = """
{begin}
asked AS ({asked}),
place AS (
    SELECT asked.cause_id, asked.medium, asked.priority,
        CASE asked.audience
            WHEN 'owner' THEN lead.owner_id
            WHEN 'manager' THEN COALESCE(
                (SELECT manager_id FROM leads_team WHERE id = lead.team_id),
                (SELECT manager_id FROM leads_user owner JOIN leads_team team ON team.id = owner.team_id
                 WHERE owner.id = lead.owner_id)
            )
            WHEN 'marketing' THEN (
                SELECT marketer.id
                FROM leads_campaign campaign JOIN leads_user marketer ON marketer.id = campaign.owner_id
                WHERE campaign.id = lead.campaign_id AND marketer.is_active
            )
        END AS user_id,
        CASE asked.audience WHEN 'revops' THEN %(revops)s WHEN 'marketing' THEN %(marketing_lead)s END AS group_name,
        CASE asked.audience
            WHEN 'team' THEN COALESCE(
                (SELECT NULLIF(CASE asked.medium WHEN 'email' THEN email ELSE slack_channel END, '')
                 FROM leads_team WHERE id = lead.team_id),
                (SELECT CASE asked.medium WHEN 'email' THEN team.email ELSE slack_channel END
                 FROM leads_user owner JOIN leads_team team ON team.id = owner.team_id
                 WHERE owner.id = lead.owner_id)
            )
            WHEN 'fixed' THEN asked.address
        END AS address
    FROM asked JOIN leads_lead lead ON lead.id = asked.lead_id
),
person AS (
    SELECT cause_id, medium, priority, user_id FROM place WHERE user_id IS NOT NULL
    UNION ALL
    SELECT place.cause_id, place.medium, place.priority, member.user_id
    FROM place
    JOIN auth_group ON auth_group.name = place.group_name
    JOIN leads_user_groups member ON member.group_id = auth_group.id
    WHERE place.user_id IS NULL
),
reachable AS (
    SELECT cause_id, medium, priority, address, NULL::bigint AS user_id FROM place
    UNION ALL
    SELECT cause_id, medium, priority, CASE medium WHEN 'email' THEN told.email ELSE told.slack_member_id END, told.id
    FROM person
    JOIN leads_user told ON told.id = person.user_id AND told.is_active
),
told AS (
    INSERT INTO handoff_delivery
        (key, {cause}, recipient_id, medium, address, state, priority, attempts, next_attempt_at, digest, last_error,
        created_at)
    SELECT (%(seed)s || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid,
        cause_id, MIN(user_id), medium, address, 'pending', MIN(priority), 0, %(at)s, FALSE, '', %(at)s
    FROM reachable
    WHERE address <> ''
    GROUP BY cause_id, medium, address
    {unless_told}
    RETURNING {cause}
)
SELECT {result}
"""


def _statement(asked: str, cause: str) -> str:
    unless_told = f"ON CONFLICT ({cause}, medium, address) WHERE {cause} IS NOT NULL DO NOTHING"
    return _WRITE.format(begin="WITH", asked=asked, cause=cause, unless_told=unless_told, result=f"{cause} FROM told")


_TELL_OF_UNHEARD_BREACHES = _statement(_ASKED_BY_UNHEARD_BREACHES, "alarm_id")
_TELL_OF_ACTS = _statement(_ASKED_BY_ACTS, "transition_id")
_TELL_OF_STRANDING_ACTS = _statement(_ASKED_BY_STRANDING_ACTS, "transition_id")
_TELL_OF_STRANDED_ALARMS = _statement(_ASKED_BY_STRANDED_ALARMS, "alarm_id")
# What is due is read in its order, and joined as written: the planner knows nothing of what fell due a moment ago. It
# would sort all of it for each batch, and think about the joins for as long as they take.
_FIRE = _WRITE.format(
    begin=f"SET LOCAL enable_bitmapscan = off; SET LOCAL join_collapse_limit = 1; WITH {FIRED},",
    asked=_ASKED_BY_FIRED_ALARMS,
    cause="alarm_id",
    unless_told="",  # nobody has been told of an alarm that is written by this very statement
    result="count(*), array_agg(id) FILTER (WHERE id NOT IN (SELECT alarm_id FROM told)) FROM fired",
)
HELPERS = (Audience.MANAGER, Audience.REVOPS)


def tell_of_acts(act_ids: Sequence[int], at: datetime) -> None:
    """Write the deliveries to whom the verbs of the acts are told."""
    _write(_TELL_OF_ACTS, act_ids, at)


def fire(batch: int, due_by: datetime, at: datetime, since: datetime | None = None) -> int:
    """Fire up to `batch` alarms that are due, write the deliveries to whom the steps tell, and return how many fired.

    Of a breach, and of what follows it, somebody hears in any case.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIRE, {"batch": batch, "due_by": due_by, "since": since or "-infinity", **_words(at)})
        while cursor.nextset():
            pass
        fired, untold = cursor.fetchone()
    unheard = set(untold or ())
    for audience in HELPERS:
        if unheard:
            unheard -= _write(_TELL_OF_UNHEARD_BREACHES, unheard, at, audience=audience.value)
    return int(fired)


def tell_of_stranded(alarm_id: int, act_id: int | None, at: datetime) -> None:
    """Tell the manager and RevOps of a lead that is given to nobody, as nobody is there."""
    helpers = [helper.value for helper in HELPERS]
    if act_id is None:
        _write(_TELL_OF_STRANDED_ALARMS, [alarm_id], at, helpers=helpers)
    else:
        _write(_TELL_OF_STRANDING_ACTS, [act_id], at, helpers=helpers)


def tell_of_notice(notice: Notice) -> int:
    """Write the deliveries of a notice: to everybody of RevOps, by email or else by Slack. Return how many."""
    people = User.objects.filter(groups__name=Role.REVOPS, is_active=True).exclude(email="", slack_member_id="")
    told = [
        Delivery(
            notice=notice,
            recipient=person,
            medium=Medium.EMAIL if person.email else Medium.SLACK,
            address=person.email or person.slack_member_id,
            priority=Priority.BREACH if notice.pierces else Priority.NOTICE,
        )
        for person in people
    ]
    return len(Delivery.objects.bulk_create(told, ignore_conflicts=True))


def _write(statement: str, causes: Iterable[int], at: datetime, **words: str | list[str]) -> set[int]:
    """Write in one statement, however many they are, and return the causes that were told to somebody."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"causes": list(causes), **_words(at), **words})
        return {row[0] for row in cursor.fetchall()}


def _words(at: datetime) -> dict[str, Any]:
    """What every statement that writes deliveries is given."""
    groups = {"revops": Role.REVOPS.value, "marketing_lead": Role.MARKETING_LEAD.value}
    return {"at": at, "seed": str(uuid4())[:-12], **groups}
