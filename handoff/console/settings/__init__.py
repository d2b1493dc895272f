"""The pages on which people set Handoff up."""
