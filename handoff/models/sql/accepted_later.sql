-- A function, and no subquery: one that depends on a row can only be asked by one process, and not by several in parallel.
CREATE OR REPLACE FUNCTION handoff_accepted_later(bigint, integer) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM handoff_handoff WHERE lead_id = $1 AND cycle > $2 AND decision = 'accepted');
END $$;
