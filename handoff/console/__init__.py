"""The console: every page that a person works on. Its buttons call the verbs, and its roles are those of the domain."""
