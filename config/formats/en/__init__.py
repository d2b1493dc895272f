"""The only language of Handoff."""
