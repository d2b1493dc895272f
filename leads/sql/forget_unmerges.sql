-- The release before knows no undone merge. Clocks may have ended with such an act, so it stays, as a comment.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE leads_transition DISABLE TRIGGER leads_transition_append_only;
UPDATE leads_transition
SET verb = 'comment', facts = facts || jsonb_build_object('text', 'The merge was undone: ' || COALESCE(facts ->> 'reason', ''))
WHERE verb = 'unmerge';
ALTER TABLE leads_transition ENABLE TRIGGER leads_transition_append_only;
SET CONSTRAINTS ALL DEFERRED;
