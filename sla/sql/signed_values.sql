-- The database itself refuses an SLA value that lacks its signatures: the handoff rules in force ask for them, and the
-- transaction does not say that it writes what was signed. So neither a bulk update nor psql goes around the drafts.
CREATE OR REPLACE FUNCTION sla_needs_signatures() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(current_setting('handoff.sla_signed', true), '') = '' AND coalesce((
        SELECT sla_changes_need_signatures FROM leads_handoffrules
        WHERE active_from IS NOT NULL ORDER BY active_from DESC, version DESC LIMIT 1
    ), false);
END $$;
CREATE OR REPLACE FUNCTION sla_refuse_unsigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF sla_needs_signatures() THEN
        RAISE EXCEPTION 'Both sides sign each change of an SLA value: % of % refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation',
            HINT = 'Draft it on the page of the policy or calendar, or by manage.py agreement apply.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER sla_policy_signed BEFORE INSERT OR UPDATE OR DELETE ON sla_policy
    FOR EACH ROW EXECUTE FUNCTION sla_refuse_unsigned();
CREATE OR REPLACE TRIGGER sla_step_signed BEFORE INSERT OR UPDATE OR DELETE ON sla_step
    FOR EACH ROW EXECUTE FUNCTION sla_refuse_unsigned();
CREATE OR REPLACE TRIGGER sla_calendar_signed BEFORE INSERT OR UPDATE OR DELETE ON sla_calendar
    FOR EACH ROW EXECUTE FUNCTION sla_refuse_unsigned();
CREATE OR REPLACE TRIGGER sla_holiday_signed BEFORE INSERT OR UPDATE OR DELETE ON sla_holiday
    FOR EACH ROW EXECUTE FUNCTION sla_refuse_unsigned();
