# ruff: noqa: N999 the name of the command
"""Import a file of any kind."""

from handoff.management.importing import Command

__all__ = ["Command"]
