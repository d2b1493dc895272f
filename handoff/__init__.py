"""Moving a lead between teams, and telling people."""

__version__ = "0.1.0"  # the same as in pyproject.toml
