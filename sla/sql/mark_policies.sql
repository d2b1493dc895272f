-- A change of a step shows as a change of its policy's row: by those rows the cached agreement sees that it is stale.
CREATE OR REPLACE FUNCTION sla_mark_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sla_policy SET key = key WHERE id IN (NEW.policy_id, OLD.policy_id);
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER sla_step_marks_policy AFTER INSERT OR UPDATE OR DELETE ON sla_step
    FOR EACH ROW EXECUTE FUNCTION sla_mark_policy();
