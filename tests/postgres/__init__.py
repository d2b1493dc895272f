"""Django's PostgreSQL, except for how the tables are emptied after a test with real transactions."""
