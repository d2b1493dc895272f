-- The recipients of a step are among what both sides sign, where they sign changes of the SLA (sla/sql/signed_values.sql).
CREATE OR REPLACE TRIGGER sla_step_tells_signed BEFORE INSERT OR UPDATE OR DELETE ON sla_step_tells
    FOR EACH ROW EXECUTE FUNCTION sla_refuse_unsigned();
