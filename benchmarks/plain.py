"""The limit: plain tables that hold the same promise, swept by one statement for each batch of a thousand.

A clock that is marked when it is breached, one alarm for each of its steps, one message for each alarm and address,
and what points at something points at something that exists.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from benchmarks.databases import execute

TABLES = """
CREATE TABLE plain_person (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE plain_step (id bigint PRIMARY KEY);
CREATE TABLE plain_clock (
    id bigint PRIMARY KEY, owner_id bigint NOT NULL REFERENCES plain_person,
    step_id bigint NOT NULL REFERENCES plain_step, lead_id bigint NOT NULL,
    started_at timestamptz NOT NULL, due_at timestamptz NOT NULL, breached_at timestamptz
);
CREATE TABLE plain_alarm (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, clock_id bigint NOT NULL REFERENCES plain_clock,
    step_id bigint NOT NULL REFERENCES plain_step, due_at timestamptz NOT NULL, fired_at timestamptz NOT NULL,
    UNIQUE (clock_id, step_id)
);
CREATE TABLE plain_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, alarm_id bigint NOT NULL REFERENCES plain_alarm,
    person_id bigint NOT NULL REFERENCES plain_person, address text NOT NULL, state text NOT NULL,
    next_attempt_at timestamptz NOT NULL, created_at timestamptz NOT NULL, UNIQUE (alarm_id, address)
);
INSERT INTO plain_person SELECT id, email FROM leads_user;
INSERT INTO plain_step SELECT id FROM sla_step WHERE percent = 100 AND after_seconds = 0;
INSERT INTO plain_clock SELECT clock.id, owner_id, step.id, lead_id, started_at, due_at
    FROM sla_clock clock, plain_step step ORDER BY clock.id;
CREATE INDEX ON plain_clock (due_at) WHERE breached_at IS NULL;
CREATE INDEX ON plain_message (next_attempt_at) WHERE state = 'pending';
"""
SWEEP = """
WITH due AS (
    SELECT id, owner_id, step_id, due_at FROM plain_clock WHERE breached_at IS NULL AND due_at <= %(at)s
    ORDER BY due_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
    UPDATE plain_clock clock SET breached_at = due.due_at FROM due WHERE clock.id = due.id
), alarm AS (
    INSERT INTO plain_alarm (clock_id, step_id, due_at, fired_at) SELECT id, step_id, due_at, %(at)s FROM due
    RETURNING id, clock_id
)
INSERT INTO plain_message (alarm_id, person_id, address, state, next_attempt_at, created_at)
SELECT alarm.id, person.id, person.email, 'pending', %(at)s, %(at)s
FROM alarm JOIN due ON due.id = alarm.clock_id JOIN plain_person person ON person.id = due.owner_id
RETURNING id
"""


@dataclass
class Clocks:
    """Those from an id on, each used once."""

    next_id: int

    def fall_due(self, count: int) -> None:
        last = self.next_id + count
        execute("UPDATE plain_clock SET due_at = clock_timestamp() WHERE id >= %s AND id < %s", [self.next_id, last])
        self.next_id = last


def sweep() -> int:
    fired = 0
    while True:
        with transaction.atomic():
            taken = len(execute(SWEEP, {"at": timezone.now()}))
        fired += taken
        if taken < 1000:
            return fired
