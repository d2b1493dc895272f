"""Many leads at once: checked against their history, and repaired."""
