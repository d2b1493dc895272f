-- A list of CTEs, so that the messages are written by the same statement (`handoff.alerts.audience`): `fired` has
-- up to `batch` alarms of those due by a moment that nobody else holds. Any number of workers may do so at once.
--
-- The due rows are removed, and the alarms written. A warning that a later step of its clock, or its stop, has overtaken
-- by now is recorded as superseded: a late sweep must not cause a storm. So is every alarm of a policy version that was
-- declared a mistake: `handoff.amending.stopping` may not have come to its clock yet. What a step does besides telling
-- is left to do: `handoff.ladder.actions` does it, in transactions that lock the lead first.
--
-- Locked rows stay where they are, so they are removed by their place (ctid). One that was moved between the snapshot
-- and its lock is not removed, nor fired: the next sweep has it. A `since` spares the index entries of what fired before
-- it, which stay until a vacuum, and longer while somebody holds an old snapshot.
taken AS (
    DELETE FROM sla_pendingalarm WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM sla_pendingalarm WHERE due_at > %(since)s AND due_at <= %(due_by)s
        ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ))
    RETURNING clock_id, step_id, due_at
), judged AS (
    SELECT taken.*, clock.lead_id, step.does <> '' OR step.out_of_rotation_seconds > 0 AS acts,
        CASE WHEN step.percent < 100 THEN 2 WHEN step.after_seconds > 0 THEN 1 ELSE 0 END AS priority,
        policy.mistake_at IS NOT NULL OR step.percent < 100 AND (
            clock.stopped_at IS NOT NULL
            OR EXISTS (
                SELECT FROM sla_pendingalarm later
                WHERE later.clock_id = taken.clock_id AND later.due_at > taken.due_at AND later.due_at <= %(due_by)s
            )
            OR EXISTS (
                SELECT FROM sla_alarm later WHERE later.clock_id = taken.clock_id AND later.due_at > taken.due_at
            )
        ) AS superseded
    FROM taken JOIN sla_step step ON step.id = taken.step_id JOIN sla_clock clock ON clock.id = taken.clock_id
        JOIN sla_policy policy ON policy.id = step.policy_id
), fired AS MATERIALIZED (
    SELECT nextval('sla_alarm_id_seq') AS id, judged.* FROM judged
), recorded AS (
    INSERT INTO sla_alarm (id, clock_id, step_id, due_at, fired_at, to_do, note, superseded)
    SELECT id, clock_id, step_id, due_at, %(due_by)s, acts AND NOT superseded, '', superseded FROM fired
)
