-- Wake the sweeper when an alarm is written that is due before it looks again. A NOTIFY takes a lock of the whole
-- cluster at commit, so only what is due that soon is worth one.
CREATE OR REPLACE FUNCTION sla_alarm_due_soon() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY sla_alarm_due_soon;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER sla_alarm_due_soon AFTER INSERT OR UPDATE OF due_at ON sla_pendingalarm
    FOR EACH ROW WHEN (NEW.due_at < now() + interval '2 seconds') EXECUTE FUNCTION sla_alarm_due_soon();
