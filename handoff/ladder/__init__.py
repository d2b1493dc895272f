"""Ladders: firing what is due, and doing what its steps do."""
