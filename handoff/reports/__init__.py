"""The numbers that everyone reads the same way: one function for each, whatever shows it."""
