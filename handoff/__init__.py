"""Moving a lead between teams, and telling people."""
