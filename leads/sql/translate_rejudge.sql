-- The release before still writes the old name of a verb while an upgrade is under way: the history keeps the new one.
CREATE OR REPLACE FUNCTION leads_translate_rejudge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.verb = 'rejudge' THEN
        NEW.verb := 'reevaluate';
    END IF;
    IF jsonb_exists(NEW.facts, 'rejudged') THEN
        NEW.facts := NEW.facts - 'rejudged' || jsonb_build_object('reevaluated', NEW.facts -> 'rejudged');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER leads_transition_translate_rejudge BEFORE INSERT ON leads_transition FOR EACH ROW
    WHEN (NEW.verb = 'rejudge' OR jsonb_exists(NEW.facts, 'rejudged')) EXECUTE FUNCTION leads_translate_rejudge();
