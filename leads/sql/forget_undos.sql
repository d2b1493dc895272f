-- The release before knows no act that is taken back. It stays, and what took it back stays as an assignment that brings the
-- lead back to where it stood; a snooze stays as a comment. rebuild_clocks and rebuild_reports then make right what counts.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE leads_transition DISABLE TRIGGER leads_transition_append_only;
UPDATE leads_transition SET verb = 'comment', facts = facts || '{"text": "Snoozed."}' WHERE verb = 'snooze';
UPDATE leads_transition SET verb = 'assign' WHERE verb = 'undo';
ALTER TABLE leads_transition ENABLE TRIGGER leads_transition_append_only;
SET CONSTRAINTS ALL DEFERRED;
