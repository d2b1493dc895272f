-- The release before knows one deal of a lead, and demands the moment when it ended. The main deal stays: an open one
-- before one that has ended, then the newest. The history refuses deletions but for this one statement.
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM leads_opportunity WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY lead_id ORDER BY state = 'open' DESC,
            COALESCE(opened_at, closed_at) DESC NULLS LAST, id DESC) AS rank
        FROM leads_opportunity
    ) ranked WHERE rank > 1
);
UPDATE leads_opportunity deal SET closed_at = lead.entered_at
FROM leads_lead lead WHERE lead.id = deal.lead_id AND deal.state <> 'open' AND deal.closed_at IS NULL;
ALTER TABLE leads_transition DISABLE TRIGGER leads_transition_append_only;
DELETE FROM leads_transition WHERE verb = 'update_deal';
ALTER TABLE leads_transition ENABLE TRIGGER leads_transition_append_only;
SET CONSTRAINTS ALL DEFERRED;
