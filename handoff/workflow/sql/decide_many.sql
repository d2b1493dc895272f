UPDATE handoff_handoff handoff
SET decision = decided.decision, decided_by_id = decided.by_id, decided_at = decided.at
FROM unnest(%(leads)s::bigint[], %(cycles)s::int[], %(decisions)s::text[], %(by)s::bigint[], %(at)s::timestamptz[])
    AS decided (lead_id, cycle, decision, by_id, at)
WHERE handoff.lead_id = decided.lead_id AND handoff.cycle = decided.cycle
