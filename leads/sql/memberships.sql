-- Since when each person is in a team. A person who is new has been in the team for as long as anybody knows.
CREATE OR REPLACE FUNCTION leads_follow_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE leads_membership SET until = now() WHERE user_id = NEW.id AND until IS NULL;
    END IF;
    INSERT INTO leads_membership (user_id, team_id, since)
    VALUES (NEW.id, NEW.team_id, CASE WHEN TG_OP = 'UPDATE' THEN now() END);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER leads_membership_begins AFTER INSERT ON leads_user
    FOR EACH ROW EXECUTE FUNCTION leads_follow_membership();

CREATE OR REPLACE TRIGGER leads_membership_changes AFTER UPDATE OF team_id ON leads_user
    FOR EACH ROW WHEN (OLD.team_id IS DISTINCT FROM NEW.team_id) EXECUTE FUNCTION leads_follow_membership();
