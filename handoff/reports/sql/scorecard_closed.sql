-- What a closed scorecard counts, as it was when it was closed.
SELECT lead_id, at, figures FROM handoff_closeditem WHERE close_id = %(close)s
