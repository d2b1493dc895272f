-- To the cent, a half to the even one: over many deals, what is rounded up and down then cancels out.
CREATE OR REPLACE FUNCTION handoff_rounded(amount numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN $1 * 100 - floor($1 * 100) = 0.5 THEN round(2 * round($1 * 50) / 100, 2) ELSE round($1, 2) END
$$;

-- An amount in the currency that is wanted, by the rate of a set, in one of its versions, that held on a day. Without such
-- a rate it stays as it is, under a unit that says so. Where no currency is wanted, nothing is looked up.
CREATE OR REPLACE FUNCTION handoff_in_currency(
    amount numeric, currency varchar, day date, wanted varchar, rates bigint, version integer
) RETURNS TABLE (unit varchar, value numeric) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN $4 = '' OR $4 = $2 THEN $2 WHEN held.rate IS NULL THEN btrim($2 || ' (no rate)')::varchar ELSE $4 END,
        CASE WHEN $4 = '' OR $4 = $2 OR held.rate IS NULL THEN $1 ELSE handoff_rounded($1 * held.rate) END
    FROM (SELECT) always LEFT JOIN LATERAL (
        SELECT stored.rate FROM handoff_rate stored
        WHERE $4 <> '' AND $4 <> $2 AND stored.of_set_id = $5 AND stored.from_currency = $2 AND stored.to_currency = $4
            AND stored.starts_on <= $3 AND stored.since_version <= $6
            AND (stored.until_version IS NULL OR stored.until_version > $6)
        ORDER BY stored.starts_on DESC LIMIT 1
    ) held ON true
$$;
