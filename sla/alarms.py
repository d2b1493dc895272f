"""Firing what is due."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

# One statement takes the due rows that nobody else holds, removes them and writes the alarms. A warning that a later
# step of its clock, or its stop, has overtaken by now is recorded as superseded: a late sweep must not cause a storm.
# What a step does besides telling is left to do: `handoff.ladder` does it, in transactions that lock the lead first.
_FIRE = """
WITH taken AS (
    SELECT id, clock_id, step_id, due_at FROM sla_pendingalarm
    WHERE due_at <= %(at)s ORDER BY due_at LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
), removed AS (
    DELETE FROM sla_pendingalarm pending USING taken WHERE pending.id = taken.id
), judged AS (
    SELECT taken.*, step.does <> '' OR step.out_of_rotation_seconds > 0 AS acts,
        step.percent < 100 AND (
            EXISTS (
                SELECT FROM sla_pendingalarm later
                WHERE later.clock_id = taken.clock_id AND later.due_at > taken.due_at AND later.due_at <= %(at)s
            ) OR EXISTS (
                SELECT FROM sla_alarm later WHERE later.clock_id = taken.clock_id AND later.due_at > taken.due_at
            ) OR EXISTS (
                SELECT FROM sla_clock clock WHERE clock.id = taken.clock_id AND clock.stopped_at IS NOT NULL
            )
        ) AS superseded
    FROM taken JOIN sla_step step ON step.id = taken.step_id
)
INSERT INTO sla_alarm (clock_id, step_id, due_at, fired_at, to_do, note, superseded)
SELECT clock_id, step_id, due_at, %(at)s, acts AND NOT superseded, '', superseded FROM judged
RETURNING id
"""


def fire(batch: int, at: datetime | None = None) -> list[int]:
    """Fire up to `batch` alarms that are due at a moment, and return the ids of their rows.

    Call it in a transaction, and announce them in the same one. Any number of workers may do so at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIRE, {"at": at or timezone.now(), "batch": batch})
        return [row[0] for row in cursor.fetchall()]
