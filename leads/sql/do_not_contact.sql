-- Since when a buyer must not be contacted: no writer can forget it, nor leave it behind.
CREATE OR REPLACE FUNCTION leads_date_do_not_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.do_not_contact THEN
        NEW.do_not_contact_since := clock_timestamp();
    ELSE
        NEW.do_not_contact_since := NULL;
        NEW.do_not_contact_reason := '';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER leads_lead_dates_do_not_contact BEFORE INSERT OR UPDATE ON leads_lead
    FOR EACH ROW WHEN (NEW.do_not_contact <> (NEW.do_not_contact_since IS NOT NULL))
    EXECUTE FUNCTION leads_date_do_not_contact();
