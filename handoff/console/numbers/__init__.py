"""The pages that show figures and records."""
