"""The people of every test."""

from tests.world import world

__all__ = ["world"]
