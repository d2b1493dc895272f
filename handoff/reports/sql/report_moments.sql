-- The moments at which reports count something of a lead: whatever changes of it may change the figures of these days.
-- A report that counts by other moments needs them here; test_kept_figures proves that each is.
-- Touches are those that people log by hand: what is near them on that day is judged by them, of whatever lead it is.
CREATE OR REPLACE VIEW handoff_reportmoment AS
SELECT id AS lead_id, created_at AS at FROM leads_lead
UNION ALL SELECT id, entered_at FROM leads_lead
UNION ALL SELECT lead_id, offered_at FROM handoff_handoff
UNION ALL SELECT lead_id, at FROM handoff_rejection
UNION ALL SELECT lead_id, COALESCE(stopped_at, due_at) FROM sla_clock
UNION ALL SELECT lead_id, closed_at FROM leads_opportunity
UNION ALL SELECT lead_id, at FROM leads_touchpoint
UNION ALL SELECT lead_id, at FROM leads_transition WHERE verb = 'touch' AND via IN ('console', 'slack');
