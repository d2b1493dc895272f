-- What a buyer said is never changed, and goes only with the lead itself, or with the import that brought it when that is
-- undone; a merge moves it to the lead that stays. What a merge has inferred goes when that is undone.
CREATE OR REPLACE FUNCTION leads_refuse_lost_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM leads_lead WHERE id = OLD.lead_id)
        AND NOT OLD.is_inferred
        AND NOT leads_is_undone(TG_TABLE_NAME, OLD.id, OLD.lead_id)
    THEN
        RAISE EXCEPTION 'leads_consent is append-only: DELETE refused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
-- At the end of the transaction: whoever deletes a lead deletes what belongs to it first.
DROP TRIGGER IF EXISTS leads_consent_append_only ON leads_consent;
CREATE CONSTRAINT TRIGGER leads_consent_append_only AFTER DELETE ON leads_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leads_refuse_lost_consent();
CREATE OR REPLACE TRIGGER leads_consent_keeps_words BEFORE UPDATE ON leads_consent
    FOR EACH ROW WHEN (
        (OLD.id, OLD.purpose, OLD.granted, OLD.wording, OLD.at, OLD.recorded_at, OLD.source, OLD.via, OLD.by_id, OLD.is_inferred)
        IS DISTINCT FROM
        (NEW.id, NEW.purpose, NEW.granted, NEW.wording, NEW.at, NEW.recorded_at, NEW.source, NEW.via, NEW.by_id, NEW.is_inferred)
    ) EXECUTE FUNCTION leads_refuse_change();

-- By purpose, the newest word; of two at one moment, the stricter one. A consent without a moment has that of its receipt,
-- and gives back nothing: nobody knows whether it is older than what was withdrawn.
CREATE OR REPLACE VIEW leads_consents_summed_up AS
    SELECT lead_id, jsonb_object_agg(purpose, jsonb_strip_nulls(jsonb_build_object(
        'granted', granted,
        'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        'is_dated', CASE WHEN granted AND at = recorded_at THEN FALSE END,
        'is_inferred', CASE WHEN is_inferred THEN TRUE END
    ))) AS consent
    FROM (
        SELECT DISTINCT ON (lead_id, purpose) lead_id, purpose, granted, at, recorded_at, is_inferred FROM leads_consent
        ORDER BY lead_id, purpose, granted AND at = recorded_at, at DESC, granted, id DESC
    ) newest
    GROUP BY lead_id;
CREATE OR REPLACE FUNCTION leads_newest_consents(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT COALESCE((SELECT consent FROM leads_consents_summed_up WHERE lead_id = wanted), '{}'::jsonb)
$$;

-- Each lead carries them, so that lists and messages need not look for them.
CREATE OR REPLACE FUNCTION leads_sum_up_consents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE leads_lead SET consent = leads_newest_consents(id) WHERE id IN (SELECT lead_id FROM new_consents);
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        UPDATE leads_lead SET consent = leads_newest_consents(id) WHERE id IN (SELECT lead_id FROM old_consents);
        RETURN NULL;
    END IF;
    UPDATE leads_lead SET consent = leads_newest_consents(id) WHERE id IN (OLD.lead_id, NEW.lead_id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER leads_consent_sums_up AFTER INSERT ON leads_consent
    REFERENCING NEW TABLE AS new_consents FOR EACH STATEMENT EXECUTE FUNCTION leads_sum_up_consents();
CREATE OR REPLACE TRIGGER leads_consent_sums_up_left AFTER DELETE ON leads_consent
    REFERENCING OLD TABLE AS old_consents FOR EACH STATEMENT EXECUTE FUNCTION leads_sum_up_consents();
CREATE OR REPLACE TRIGGER leads_consent_sums_up_moved AFTER UPDATE OF lead_id ON leads_consent
    FOR EACH ROW EXECUTE FUNCTION leads_sum_up_consents();
