-- Whoever is captured, or whose identity changes through whatever door, is marked in the same transaction: a worker then
-- compares them with others. The mark waits for nobody, as a lead may have several.
CREATE OR REPLACE FUNCTION leads_mark_new_for_matching() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leads_leadtomatch (lead_id) SELECT id FROM captured;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION leads_mark_for_matching() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leads_leadtomatch (lead_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER leads_match_new AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS captured FOR EACH STATEMENT EXECUTE FUNCTION leads_mark_new_for_matching();
CREATE OR REPLACE TRIGGER leads_match_changed
    AFTER UPDATE OF email, name, company, title, phone, mobile_phone, country, merged_into_id ON leads_lead
    FOR EACH ROW WHEN (
        (OLD.email, OLD.name, OLD.company, OLD.title, OLD.phone, OLD.mobile_phone, OLD.country, OLD.merged_into_id)
        IS DISTINCT FROM
        (NEW.email, NEW.name, NEW.company, NEW.title, NEW.phone, NEW.mobile_phone, NEW.country, NEW.merged_into_id))
    EXECUTE FUNCTION leads_mark_for_matching();
