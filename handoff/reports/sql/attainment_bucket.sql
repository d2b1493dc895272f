-- An eighth of an octave, or about a second where times are short. It never falls as the seconds rise, so the buckets
-- are in the order of the times. It is strict: what has no time has no bucket.
CREATE OR REPLACE FUNCTION handoff_bucket(seconds double precision) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(8 / ln(2::double precision) * ln(seconds + 10))::int
$$;
